"""What /metrics reports, and what it never does."""

import re
from pathlib import Path
from typing import get_args

import pytest
from flask.testing import FlaskClient

from index.stages import EngineStage, SearchStage, WebStage
from search.compiled import COMPILED
from search.web.app import create_app
from tests.support.demo import demo_in, parts_in
from tests.support.writing import desk_in

GET_SEARCH = 'poisk_requests_total{operation="api.search",status="200"}'


def metrics(client: FlaskClient) -> dict[str, float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"\w+(?:{.*})? [\d.]+", line) for line in lines)
    found = {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}
    assert len(found) == len(lines), "nothing is reported twice"
    return found


@pytest.fixture
def fresh(tmp_path: Path) -> FlaskClient:
    """A client of a worker that has answered nothing yet."""
    parts = demo_in(tmp_path)
    parts.close()
    parts = parts_in(tmp_path)
    return create_app(parts.settings, parts).test_client()


def test_requests_are_counted_by_operation_and_status(fresh: FlaskClient) -> None:
    for _ in range(3):
        fresh.get("/v1/search?q=a")
    fresh.get("/v1/search?qq=x")
    fresh.get("/v1/articles/none")
    fresh.get("/none")
    found = metrics(fresh)
    assert found[GET_SEARCH] == 3
    assert found['poisk_requests_total{operation="api.search",status="400"}'] == 1
    assert found['poisk_requests_total{operation="api.article",status="404"}'] == 1
    assert found['poisk_requests_total{operation="none",status="404"}'] == 1


def test_times_fall_into_buckets_that_hold_one_another(fresh: FlaskClient) -> None:
    for _ in range(5):
        fresh.get("/v1/search?q=a")
    found = metrics(fresh)
    buckets = [value for name, value in found.items() if "_bucket" in name]
    assert buckets == sorted(buckets)
    assert buckets[-1] == found["poisk_request_seconds_count"] == 5
    assert 'poisk_request_seconds_bucket{le="+Inf"}' in found
    assert found["poisk_request_seconds_sum"] > 0


def test_every_stage_of_a_search_is_counted_with_its_time(fresh: FlaskClient) -> None:
    for q in ("школа", "щщщ"):
        assert fresh.get("/v1/search", query_string={"q": q}).status_code == 200
    fresh.get("/")
    found = metrics(fresh)
    for stage in (*get_args(EngineStage), *get_args(SearchStage)):
        assert found[f'poisk_stage_seconds_count{{stage="{stage}"}}'] == 3
    for stage in get_args(WebStage):
        assert found[f'poisk_stage_seconds_count{{stage="{stage}"}}'] == 2
    times = [value for name, value in found.items() if "stage_seconds_sum" in name]
    assert len(times) == 14
    assert 0 < sum(times) <= found["poisk_request_seconds_sum"]


def test_stages_of_refused_requests_are_not_counted(fresh: FlaskClient) -> None:
    fresh.get("/v1/search?qq=x")
    assert not [name for name in metrics(fresh) if "stage" in name]


def test_a_word_is_analysed_once_and_known_then(fresh: FlaskClient) -> None:
    before = metrics(fresh)
    assert before["poisk_word_forms_hits_total"] == 0
    fresh.get("/v1/analyze", query_string={"text": "новость новость новость"})
    after = metrics(fresh)
    assert after["poisk_word_forms_misses_total"] == 1
    assert after["poisk_word_forms_hits_total"] == 2
    assert after["poisk_word_forms_cached"] == 1
    assert after["poisk_word_forms_cached_most"] == 200_000


def test_compiled_loops_are_reported(fresh: FlaskClient) -> None:
    assert metrics(fresh)["poisk_compiled"] == COMPILED


def test_the_index_is_reported_in_numbers(fresh: FlaskClient) -> None:
    found = metrics(fresh)
    assert found["poisk_articles"] == 80
    assert found["poisk_segments"] == 1
    assert found["poisk_index_bytes"] > 10_000


def test_without_an_index_the_rest_is_reported(tmp_path: Path) -> None:
    client = create_app(parts_in(tmp_path).settings).test_client()
    client.get("/v1/search?q=a")
    found = metrics(client)
    assert found['poisk_requests_total{operation="api.search",status="503"}'] == 1
    assert "poisk_articles" not in found


def test_every_metric_says_what_it_is(fresh: FlaskClient) -> None:
    fresh.get("/v1/search?q=a")
    text = fresh.get("/metrics").text
    names = {
        re.sub("_(bucket|sum|count)$", "", re.split("[{]", name)[0]) for name in metrics(fresh)
    }
    assert (
        set(re.findall(r"^# TYPE (\w+) (?:counter|gauge|histogram|summary)$", text, re.M)) == names
    )
    assert set(re.findall(r"^# HELP (\w+) \w.+\.$", text, re.M)) == names


def test_metrics_hold_no_query_no_article_and_no_address(fresh: FlaskClient) -> None:
    sender = {"REMOTE_ADDR": "10.1.2.3"}
    fresh.get("/v1/search", query_string={"q": "тайна"}, environ_base=sender)
    fresh.get("/v1/articles/secret-id")
    fresh.get("/secret-path")
    text = fresh.get("/metrics").text
    for secret in ("тайна", "%D1", "10.1.2.3", "secret"):
        assert secret not in text


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "status"),
    [
        (0, "127.0.0.1", None, 200),
        (0, "::1", None, 200),
        (0, "::ffff:127.0.0.1", None, 200),
        (0, "127.8.0.1", None, 200),
        (0, "10.1.2.3", None, 401),
        (0, "", None, 401),  # a Unix socket: a proxy's
        (0, "127.0.0.1", "127.0.0.1", 401),  # a proxy that Poisk does not know of
        (0, "127.0.0.1", "10.1.2.3", 401),
        (1, "127.0.0.1", "10.1.2.3", 401),
        (1, "127.0.0.1", "127.0.0.1", 200),
        (1, "127.0.0.1", "127.0.0.1, 10.1.2.3", 401),  # the first was invented
        (1, "127.0.0.1", "10.1.2.3, 127.0.0.1", 401),  # two proxies, one is in the settings
        (1, "10.1.2.3", "127.0.0.1", 401),
        (1, "127.0.0.1", "", 401),
        (1, "127.0.0.1", "unknown", 401),
        (1, "127.0.0.1", None, 200),
        (2, "127.0.0.1", "10.1.2.3", 401),
    ],
)
def test_metrics_are_open_to_this_machine_alone(
    tmp_path: Path, proxies: int, peer: str, forwarded: str | None, status: int
) -> None:
    settings = parts_in(tmp_path).settings.model_copy(update={"proxies": proxies})
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    here = create_app(settings).test_client()
    response = here.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert response.status_code == status
    if status == 401:
        problem = response.get_json()
        assert response.content_type == "application/problem+json"
        assert (problem["field"], problem["status"]) == ("Authorization", 401)
        assert "--scope metrics" in problem["cure"]


def test_a_key_for_metrics_opens_them_from_elsewhere_and_nothing_else(tmp_path: Path) -> None:
    elsewhere = {"REMOTE_ADDR": "10.1.2.3"}
    with desk_in(tmp_path) as desk:
        for scope, status in (("metrics", 200), ("admin", 200), ("write", 403), ("search", 403)):
            response = desk.send("GET", "/metrics", scope, environ_base=elsewhere)
            assert response.status_code == status, scope
        assert desk.send("GET", "/v1/changes", "metrics").status_code == 403
        wrong = {"Authorization": "Bearer poisk_wrong"}
        response = desk.client.get("/metrics", headers=wrong, environ_base=elsewhere)
        assert response.status_code == 401


def test_a_setting_opens_metrics_to_everybody(tmp_path: Path) -> None:
    settings = parts_in(tmp_path).settings.model_copy(update={"metrics_open": True})
    client = create_app(settings).test_client()
    response = client.get("/metrics", environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert response.status_code == 200


def test_metrics_need_no_store_from_this_machine(tmp_path: Path) -> None:
    (tmp_path / "archive.sqlite").write_bytes(b"no database" * 1000)
    assert create_app(parts_in(tmp_path).settings).test_client().get("/metrics").status_code == 200

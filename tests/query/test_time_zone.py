"""POISK_TIME_ZONE: in whose days searches narrow, count and show."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from index.errors import SettingRefused
from search.parts import join_parts
from search.settings import Settings, read_settings
from tests.support.demo import parts_in
from tests.support.processes import ROOT, poisk
from tests.support.writing import Desk

NIGHT = {"id": "night", "title": "Ночь в Москве", "published_at": "2024-05-10T01:30:00+03:00"}
CASES = [
    ("Europe/Moscow", "2024-05-10", "10 мая 2024"),
    ("UTC", "2024-05-09", "9 мая 2024"),
    ("America/New_York", "2024-05-09", "9 мая 2024"),
    ("Asia/Kathmandu", "2024-05-10", "10 мая 2024"),
]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A store and an index that were made in UTC."""
    desk = Desk(parts_in(tmp_path))
    desk.send("PUT", "/v1/articles/night", json={**NIGHT})
    desk.index_all()
    desk.parts.close()
    return tmp_path


def desk_of(folder: Path, zone: str) -> Desk:
    settings = parts_in(folder).settings.model_copy(update={"time_zone": zone})
    return Desk(join_parts(settings))


@pytest.mark.parametrize(("zone", "day", "shown"), CASES)
def test_an_article_is_found_counted_and_shown_by_the_day_of_the_zone(
    written: Path, zone: str, day: str, shown: str
) -> None:
    desk = desk_of(written, zone)
    other = "2024-05-09" if day == "2024-05-10" else "2024-05-10"
    for asked, total in ((day, 1), (other, 0)):
        for query in ({"from": asked, "to": asked}, {"q": f"date:{asked}"}):
            answer = desk.client.get("/v1/search", query_string={**query, "histogram": "day"})
            assert answer.get_json()["total"] == total, query
    found = desk.client.get("/v1/search", query_string={"q": f"date:{day}", "histogram": "day"})
    assert found.get_json()["histogram"] == [{"from": day, "count": 1}]
    assert found.get_json()["query"]["parsed"] == f"date:{day}..{day}"
    assert found.get_json()["hits"][0]["published_at"] == "2024-05-10T01:30:00+03:00"
    for path in ("/?q=Ночь&ui=ru", "/articles/night?ui=ru"):
        page = desk.client.get(path).text
        assert f">{shown}" in re.sub(r"\s", " ", page)
        assert 'datetime="2024-05-10T01:30:00+03:00"' in page
    desk.parts.close()


def test_deleting_by_dates_goes_by_the_days_of_the_zone(written: Path) -> None:
    desk = desk_of(written, "Europe/Moscow")
    asked = {"from": "2024-05-10", "to": "2024-05-10", "dry_run": True}
    response = desk.send("POST", "/v1/articles/delete", json=asked)
    assert 1 in response.get_json().values()
    desk.parts.close()


def test_bare_dates_are_in_the_zone_by_every_way_in(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, "Europe/Moscow")
    one = {"title": "a", "published_at": "09.05.2024 10:00"}
    desk.send("PUT", "/v1/articles/put", json=one)
    desk.send("POST", "/v1/articles", json=[{"id": "list", **one}])
    lines = '{"id": "lines", "title": "a", "published_at": "9 мая 2024, 10:00"}\n'.encode()
    desk.send("POST", "/v1/articles", data=lines, content_type="application/x-ndjson")
    desk.send("PATCH", "/v1/articles/put", json={"updated_at": "May 9, 2024 10:00"})
    kept = desk.parts.store.get(["put", "list", "lines"])
    assert [str(one.published_at) for one in kept.values()] == ["2024-05-09 10:00:00+03:00"] * 3
    assert str(kept["put"].updated_at) == "2024-05-09 10:00:00+03:00"
    desk.parts.close()


def test_the_command_reads_and_shows_days_of_the_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = '{"id": "1", "title": "Ночь", "published_at": "2024-05-09T22:30:00Z"}\n'
    monkeypatch.setattr("tests.support.processes.ZONE", "Europe/Moscow")
    assert poisk(tmp_path, "load", "-", given=line).returncode == 0
    found = poisk(tmp_path, "search", "ночь", "--from", "2024-05-10", "--to", "2024-05-10").stdout
    assert "1 · ru · 2024-05-10" in found


@pytest.mark.parametrize("name", ["Москва", "Europe/Nowhere", "../../etc/passwd", "Europe", "+3"])
def test_a_wrong_zone_is_reported_with_the_setting(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POISK_TIME_ZONE", name)
    with pytest.raises(SettingRefused) as caught:
        read_settings()
    assert caught.value.field == "POISK_TIME_ZONE"
    assert "Europe/Moscow" in str(caught.value)


@pytest.mark.parametrize(
    ("machine", "zone"),
    [("Asia/Kathmandu", "Asia/Kathmandu"), (":Europe/Moscow", "Europe/Moscow"), ("UTC", "UTC")],
)
def test_without_the_setting_the_zone_is_the_machine_s(machine: str, zone: str) -> None:
    code = "from search.settings import Settings; print(Settings(_env_file=None).zone.key)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"TZ": machine}, capture_output=True, text=True,
        cwd=ROOT, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == zone


@pytest.mark.parametrize("name", [None, "Nowhere/At_All"])
def test_a_machine_without_a_zone_that_is_known_is_in_utc(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: name)
    assert Settings(time_zone="", _env_file=None).zone.key == "UTC"


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Moscow"])
def test_articles_of_the_first_and_the_last_year_are_shown_in_any_zone(
    tmp_path: Path, zone: str
) -> None:
    desk = desk_of(tmp_path, zone)
    for name, moment in (("1", "0001-01-01T00:00:00Z"), ("2", "9999-12-31T23:59:59Z")):
        desk.send("PUT", f"/v1/articles/{name}", json={"title": "край", "published_at": moment})
    desk.index_all()
    for path in ("/?q=край", "/articles/1", "/articles/2", "/?q=date:0001", "/?q=date:9999-12-31",
                 "/?from=9999-12&to=9999-12",
                 "/v1/search?q=date:0001..9999&histogram=day"):  # fmt: skip
        assert desk.client.get(path).status_code == 200, path
    desk.parts.close()

"""What /metrics tells, and what it never does."""

import re

from flask.testing import FlaskClient


def test_metrics_count_requests_forms_and_articles(client: FlaskClient) -> None:
    client.get("/v1/search", query_string={"q": "тайна"})
    client.get("/v1/search", query_string={"qq": "x"})
    response = client.get("/metrics")
    assert response.mimetype == "text/plain"
    values = dict(re.findall(r"^(\w+(?:\{.*\})?) ([\d.]+)$", response.text, re.MULTILINE))
    assert int(values['poisk_requests_total{operation="api.search",status="200"}']) >= 1
    assert int(values['poisk_requests_total{operation="api.search",status="400"}']) >= 1
    assert values["poisk_articles"] == "80"
    assert int(values["poisk_word_forms_hits_total"]) > 0
    assert int(values["poisk_word_forms_cached"]) > 0
    assert int(values["poisk_request_seconds_count"]) >= 2
    names = {re.split(r"[{ ]", line)[0] for line in response.text.splitlines() if line[0] != "#"}
    described = set(re.findall(r"^# TYPE (\w+)", response.text, re.MULTILINE))
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in names} == described


def test_metrics_hold_no_query_and_no_address(client: FlaskClient) -> None:
    client.get("/v1/search", query_string={"q": "тайна"}, environ_base={"REMOTE_ADDR": "10.1.2.3"})
    text = client.get("/metrics").text
    assert "тайна" not in text
    assert "10.1.2.3" not in text

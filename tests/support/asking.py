"""Asking the API through Flask's test client, for several files of tests."""

from typing import Any

from flask.testing import FlaskClient

PROBLEM = {"type", "title", "status", "detail", "field", "cause", "cure"}


def answer(client: FlaskClient, path: str, **arguments: Any) -> dict[str, Any]:
    """The answer to a GET that must succeed."""
    response = client.get(path, query_string=arguments or None)
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    found: dict[str, Any] = response.get_json()
    return found


def posted(client: FlaskClient, path: str, **asked: Any) -> dict[str, Any]:
    """The answer to a POST that must succeed."""
    response = client.post(path, json=asked)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def problem(
    client: FlaskClient, path: str, status: int, method: str = "GET", **how: Any
) -> dict[str, Any]:
    """The problem that a request must get; `how` is what the test client takes."""
    response = client.open(path, method=method, **how)
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    found: dict[str, Any] = response.get_json()
    assert set(found) == PROBLEM
    assert found["status"] == status
    assert found["title"]
    assert found["cause"] in found["detail"]
    assert found["cause"]
    assert found["cure"]
    assert found["type"].startswith("/docs#")
    return found

"""Searches, filters, counts and shows by the field `desk`: see test_schema.py, which adds it.

Runs alone, with the changed code before all other on its path. The arguments: a data folder.
"""

import json
import sys
from pathlib import Path

from click.testing import CliRunner
from flask.testing import FlaskClient

import index
from index.article import Article
from index.sources.markup import Markup
from index.sources.open import open_source
from search.cli.main import poisk
from search.parts import join_parts
from search.settings import Settings
from search.web.app import create_app

LINES = (
    {"id": "1", "title": "Рябков в Страсбурге", "desk": "Иностранный отдел", "source": "ТАСС"},
    {"id": "2", "title": "Матч в Страсбурге", "department": "Спорт"},
    {"id": "3", "title": "Погода в Страсбурге"},
)


def loaded(folder: Path) -> FlaskClient:
    """A client of an app that has the articles."""
    file = folder / "articles.jsonl"
    file.write_text("\n".join(map(json.dumps, LINES)))
    parts = join_parts(Settings(data_dir=folder, time_zone="UTC", _env_file=None))
    with open_source(str(file)) as reading:
        parts.loader.load([one for one in reading if isinstance(one, Article)])
    return create_app(parts.settings, parts).test_client()


def check(client: FlaskClient) -> None:
    """The field is searched, filtered, counted, stored, described and shown."""

    def ids(**asked: str) -> list[str]:
        answer = client.get("/v1/search", query_string={"sort": "id", **asked}).get_json()
        return [hit["id"] for hit in answer["hits"]]

    assert ids(q="desk:иностранного") == ids(q="отдел:иностранные") == ["1"]
    assert ids(q='desk:"Иностранный отдел"') == ids(q="desk:иностр*") == ["1"]
    assert ids(q="Страсбург", desk="Спорт") == ["2"]
    answer = client.get("/v1/search?q=отдел:спорт").get_json()
    assert answer["query"]["parsed"] == "desk:спорт"
    assert answer["hits"][0]["desk"] == "Спорт"
    counted = client.get("/v1/search?facets=desk").get_json()["facets"]
    assert {one["value"]: one["count"] for one in counted["desk"]} == {
        "Иностранный отдел": 1, "Спорт": 1,
    }  # fmt: skip
    assert client.get("/v1/articles/1").get_json()["article"]["desk"] == "Иностранный отдел"
    assert Markup().plain({"desk": "<b>Спорт</b>"}) == {"desk": "Спорт"}
    described = client.get("/openapi.json").get_json()
    parameters = described["paths"]["/v1/search"]["get"]["parameters"]
    assert "desk" in {one["name"] for one in parameters}
    assert "desk" in described["components"]["schemas"]["HitAnswer"]["properties"]
    page = client.get("/?ui=ru&q=Страсбург").text
    assert ">Отдел</h3>" in page
    assert ">Иностранный отдел</span>" in page
    assert "Иностранный отдел" in client.get("/articles/1").text
    assert "--desk" in CliRunner().invoke(poisk, ["search", "--help"]).output


if __name__ == "__main__":
    place = Path(sys.argv[1])
    assert Path(index.__file__).is_relative_to(place.parent), "the changed code was not imported"
    check(loaded(place))

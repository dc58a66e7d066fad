"""Engines by the schemes of their URLs: one that keeps no folder is served like ours."""

from pathlib import Path

import pytest

from index.article import check_article
from index.engines.open import SCHEMES, Scheme, engine_folder, open_engine
from index.errors import SettingRefused
from search.data_location import DataLocation
from search.parts import join_parts
from search.permissions import exposed_files
from search.settings import Settings
from search.web.app import create_app
from tests.support.oracle import Memory, OracleEngine

URL = "remote://user:secret@search.example/articles"


def test_an_engine_without_a_folder_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    remote = Scheme(lambda _url, analysis: OracleEngine(memory, analysis), lambda _url: None)
    monkeypatch.setitem(SCHEMES, "remote", remote)
    settings = Settings(data_dir=tmp_path, engine=URL, time_zone="UTC", _env_file=None)
    location = DataLocation(settings)
    assert location.has("index")
    assert not location.has("data")
    parts = join_parts(settings)
    parts.loader.load([check_article({"id": "1", "title": "Школа открылась"})])
    client = create_app(settings, parts).test_client()
    for path in ("/v1/search?q=школы", "/?q=школы", "/v1/articles/1/related", "/articles/1"):
        answer = client.get(path)
        assert answer.status_code == 200
    assert client.get("/v1/search?q=школы").get_json()["total"] == 1
    assert client.get("/readyz").get_json()["status"] == "ok"
    assert client.get("/metrics").status_code == 200
    assert location.has("data")
    assert str(location).endswith("; index: remote://search.example/articles")
    assert all(file.parent == tmp_path for file in exposed_files(settings))
    parts.close()


def test_the_folder_of_the_embedded_engine_is_the_path_of_its_url() -> None:
    assert engine_folder("whoosh:///srv/a%20b") == Path("/srv/a b")
    assert engine_folder("whoosh:relative/folder") == Path("relative/folder")


@pytest.mark.parametrize("url", ["whoosh:", "whoosh://host/path", "unknown:///path", "/path"])
def test_an_unknown_engine_is_refused_before_anything_is_opened(url: str) -> None:
    for use in (engine_folder, lambda one: open_engine(one, "")):
        with pytest.raises(SettingRefused, match="unknown engine URL"):
            use(url)


def test_the_error_of_an_unknown_engine_has_no_password() -> None:
    with pytest.raises(SettingRefused) as refused:
        open_engine("unknown://user:secret@search.example/articles", "")
    assert "unknown://search.example/articles" in str(refused.value)
    assert "secret" not in str(refused.value)

"""Segment files: what was written is read, and what was damaged is an error, never an answer."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engines.whoosh.engine import WhooshEngine
from index.engines.whoosh.segment import container as container_module
from index.engines.whoosh.segment.container import Container, ContainerWriter
from index.engines.whoosh.segment.term_dictionary import TermDictionary, write_terms
from index.errors import IndexUnavailable
from index.query import Everything, In, Phrase, Prefix, Terms
from index.results import EngineRequest
from index.schema import FACETS
from tests.support.plain import PLAIN, made

_ARRAYS = st.lists(st.integers(0, 2**32 - 1), max_size=50).map(lambda some: np.array(some, "<u4"))


@given(st.dictionaries(st.text(min_size=1), _ARRAYS, max_size=5))
def test_arrays_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    arrays: dict[str, np.ndarray],
) -> None:
    arrays.pop("checksums", None)
    path = tmp_path_factory.mktemp("container") / "file"
    with ContainerWriter(path) as writer:
        for name, array in arrays.items():
            writer.add(name, array)
        writer.finish({"articles": 3})
    read = Container(path)
    assert read.facts == {"articles": 3}
    for name, array in arrays.items():
        assert read.array(name).tolist() == array.tolist()
        assert read.part(name, 1, 3).tolist() == array[1:3].tolist()


def test_a_part_is_checked_where_it_stands_and_nowhere_else(tmp_path: Path) -> None:
    numbers = np.arange(70_000, dtype=np.uint32)  # each section goes over several blocks
    path = tmp_path / "file"
    with ContainerWriter(path) as writer:
        for name in ("first", "second"):
            writer.add(name, numbers)
        writer.finish({})
    whole = path.read_bytes()
    for name, at in (("first", 0), ("first", 69_999), ("second", 40_000), ("second", 69_999)):
        start = whole.index(numbers.tobytes(), 0 if name == "first" else 280_000) + 4 * at
        path.write_bytes(whole[:start] + bytes([whole[start] ^ 1]) + whole[start + 1 :])
        for part in ((at, at + 1), (max(0, at - 30_000), at + 1), (at, 70_000)):
            with pytest.raises(IndexUnavailable):
                Container(path).part(name, *part)
        read = Container(path)
        other = "second" if name == "first" else "first"
        apart = range(at - 60_000, at - 40_000) if at > 60_000 else range(at + 20_000, at + 29_000)
        assert read.part(name, apart.start, apart.stop).tolist() == list(apart)
        assert read.part(other, 20_000, 30_000).tolist() == list(range(20_000, 30_000))


@given(st.sets(st.binary(max_size=6), max_size=40), st.binary(max_size=3), st.sampled_from([0, 9]))
def test_a_table_of_strings_finds_each_and_the_range_of_a_beginning(
    tmp_path_factory: pytest.TempPathFactory, terms: set[bytes], start: bytes, long: int
) -> None:
    terms = {term * 500 * long or term for term in terms}  # as headlines and ids may be, too
    path = tmp_path_factory.mktemp("terms") / "file"
    ordered = sorted(terms)
    with ContainerWriter(path) as writer:
        write_terms(writer, "terms", [ordered[:5], ordered[5:]])
        writer.finish({})
    table = TermDictionary(Container(path), "terms")
    assert [table[place] for place in range(len(table))] == ordered
    assert [table.find(term) for term in ordered] == list(range(len(ordered)))
    assert table.find(b"not there") == -1
    assert [table[place] for place in table.starting(start)] == [
        term for term in ordered if term.startswith(start)
    ]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """An index of a few hundred articles in one file; its path."""
    random.seed(5)
    words = ["мир", "школа", "форум", "peace", "school", "forum", "слово", "word"]
    engine = WhooshEngine(tmp_path / "index", PLAIN)
    engine.write(
        made(
            str(number), " ".join(random.choices(words, k=60)), title=f"t {number}",
            subjects=random.sample(words, 2), published_at=f"20{number % 20 + 10}-01-02",
        )
        for number in range(300)
    )  # fmt: skip
    (path,) = (tmp_path / "index").glob("g*/*.poisk")
    return path


def everything(root: Path) -> object:
    """Answers that read every section of a segment."""
    engine = WhooshEngine(root, PLAIN)
    fields = (In("title"), In("body"), In("subjects"))
    questions = [
        EngineRequest(Everything(), facets=FACETS, histogram="day"),
        EngineRequest(Terms(("мир", "форум"), fields)),
        EngineRequest(Phrase((("мир",), ("школа",)), fields)),
        EngineRequest(Prefix("шк", ("body_exact", "title_exact"))),
        EngineRequest(Terms(("t 5",), (In("headline"),))),
    ]
    answers = [engine.reader().search(one) for one in questions]
    ids = [str(number) for number in range(300)]
    every = [
        engine.reader().frequencies(name, ["мир", "t"]) for name in ("opening", "names", "title")
    ]
    return answers, engine.reader().articles(ids), every, engine.stats().articles


def checked(engine: WhooshEngine) -> str:
    """What a check says first."""
    try:
        return next(engine.check())
    except IndexUnavailable as error:
        return str(error)


def error_of(root: Path, good: object) -> str:
    """The error that the damage causes; a bit that no answer reads is found by the whole check."""
    try:
        assert everything(root) == good
    except IndexUnavailable as error:
        return str(error)
    return checked(WhooshEngine(root, PLAIN))


def _flipped(data: bytes, seed: int) -> Iterator[bytes]:
    chosen = random.Random(seed)
    for _ in range(200):
        place = chosen.randrange(len(data))
        yield data[:place] + bytes([data[place] ^ 1 << chosen.randrange(8)]) + data[place + 1 :]


def _cut(data: bytes, seed: int) -> Iterator[bytes]:
    chosen = random.Random(seed)
    yield b""
    for _ in range(19):
        yield data[: chosen.randrange(len(data))]


@pytest.mark.parametrize("name", ["*.poisk", "*.toc", "poisk.json", "../CURRENT"])
@pytest.mark.parametrize("damage", [_flipped, _cut], ids=["a flipped bit", "a cut"])
def test_damage_is_noticed_every_time_and_never_changes_an_answer(
    written: Path, damage: Callable[[bytes, int], Iterator[bytes]], name: str
) -> None:
    root = written.parent.parent
    (path,) = written.parent.glob(name)
    whole, good = path.read_bytes(), everything(root)
    for damaged in damage(whole, 7):
        path.unlink()
        path.write_bytes(damaged)
        assert path.name in error_of(root, good)
    path.unlink()
    path.write_bytes(whole)
    assert everything(root) == good


@pytest.mark.parametrize("name", ["*.poisk", "*.toc", "poisk.json"])
def test_a_check_reads_what_an_open_index_has_in_memory_already(written: Path, name: str) -> None:
    engine = WhooshEngine(written.parent.parent, PLAIN)
    assert engine.reader().count() == 300
    assert not list(engine.check())
    (path,) = written.parent.glob(name)
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-3])
    assert path.name in checked(engine)


@pytest.mark.parametrize("name", ["*.poisk", "*.toc", "poisk.json"])
def test_a_missing_file_is_an_index_that_cannot_be_used(written: Path, name: str) -> None:
    (path,) = written.parent.glob(name)
    path.unlink()
    with pytest.raises(IndexUnavailable):
        everything(written.parent.parent)
    with pytest.raises(IndexUnavailable):
        WhooshEngine(written.parent.parent, PLAIN).write([made("new")])


def test_another_format_is_refused_with_both_versions(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_module, "FORMAT_VERSION", 99)
    with pytest.raises(IndexUnavailable, match="has format 1, but this Poisk reads format 99"):
        Container(written)

"""The measures of bench.relevance, bench.related and others, on sets that fit on a page."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.judged.comparison import paired
from bench.judged.indexes import indexed
from bench.judged.outcomes import Outcome, as_text, from_text, means, outcome
from bench.judged.sets import JudgedSet, read_set
from bench.related import Pair, auc
from bench.relevance import SetRun, before, hits
from bench.spelling import is_kept_out, measure

STORM = {"id": "storm", "title": "Шторм над Одессой", "text": "Ветер сорвал крыши домов."}
FROST = {"id": "frost", "title": "Мороз в Якутске", "text": "Школы закрыты, автобусы стоят."}


def judged_set(folder: Path, articles: list[dict[str, str]], queries: dict[str, str]) -> JudgedSet:
    """A set whose queries ask for the articles that they name."""
    folder.mkdir()
    with gzip.open(folder / "articles.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in articles)
    asked = [json.dumps({"id": f"q-{article}", "text": text}) for article, text in queries.items()]
    (folder / "queries.jsonl").write_text("\n".join(asked), encoding="utf-8")
    rows = [f"q-{article}\t{article}\t1" for article in queries]
    (folder / "qrels.tsv").write_text("query\tarticle\trelevance\n" + "\n".join(rows))
    return read_set(folder)


def test_the_measures_are_those_of_the_textbooks() -> None:
    one = outcome(["x", "a", "y", "b"], {"a": 1, "b": 1, "c": 1})
    assert one.found == ((2, 1), (4, 1))
    assert one.ndcg() == pytest.approx((0.6309 + 0.4307) / (1 + 0.6309 + 0.5), abs=1e-4)
    assert one.reciprocal_rank() == 0.5
    assert one.recall() == pytest.approx(2 / 3)
    assert one.first() == 0.0
    graded = outcome(["a", "b"], {"a": 1, "b": 2})
    assert graded.ndcg() == pytest.approx((1 + 3 * 0.6309) / (3 + 0.6309), abs=1e-4)
    assert set(means([one, graded])) == {"ndcg@10", "mrr@10", "recall@100", "r@1"}
    assert means([]) == dict.fromkeys(("ndcg@10", "mrr@10", "recall@100", "r@1"), 0)


def test_a_relevant_article_after_the_first_ten_is_worth_nothing() -> None:
    one = outcome([*map(str, range(10)), "a"], {"a": 1})
    assert (one.ndcg(), one.reciprocal_rank(), one.recall()) == (0, 0, 1)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(1, 3))))
def test_saved_ranks_are_read_as_they_were(found: list[tuple[int, int]]) -> None:
    text = as_text(found)
    assert from_text(text) == tuple(found)
    assert " " not in text


def test_a_difference_has_an_interval_that_holds_it() -> None:
    worse = paired([([1.0] * 50, [1.0] * 40 + [0.5] * 10)])
    assert worse.mean == pytest.approx(-0.1)
    assert worse.low < -0.1 < worse.high < 0
    assert (worse.better, worse.worse) == (0, 10)
    same = paired([([1.0, 0.0], [1.0, 0.0])])
    assert (same.mean, same.low, same.high) == (0, 0, 0)


def test_the_mean_of_sets_counts_each_set_alike() -> None:
    both = paired([([0.0], [1.0]), ([0.0] * 99, [0.0] * 99)])
    assert both.mean == 0.5


def test_a_set_knows_whether_its_queries_are_headlines(tmp_path: Path) -> None:
    headlines = {"storm": "шторм над  Одессой", "frost": "Мороз в Якутске"}
    assert judged_set(tmp_path / "a", [STORM, FROST], headlines).asks_headlines()
    questions = {"storm": "Где был шторм?", "frost": "Мороз в Якутске"}
    assert not judged_set(tmp_path / "b", [STORM, FROST], questions).asks_headlines()


def test_an_index_is_kept_until_its_articles_change(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = judged_set(tmp_path / "set", [STORM], {"storm": "крыша"})
    for _ in range(2):
        with indexed(first.articles, kept, hide_title=True) as index:
            assert hits(index.parts.searcher, "крыша") == ["storm"]
            assert hits(index.parts.searcher, "Одесса") == []
    assert len([*kept.iterdir()]) == 1
    with indexed(first.articles, kept) as index:
        assert hits(index.parts.searcher, "Одесса") == ["storm"]
    assert len([*kept.iterdir()]) == 2


def test_rejected_articles_are_counted_by_cause(tmp_path: Path) -> None:
    dated = [{**STORM, "id": str(number), "date": "26-FEB-1987 15:01:01.79"} for number in range(3)]
    judged = judged_set(tmp_path / "set", [*dated, FROST], {"frost": "мороз"})
    with indexed(judged.articles, tmp_path / "kept") as index:
        assert index.rejected == {"published_at: not a date": 3}
        assert index.articles == 4
        assert index.mostly_rejected()


def test_a_saved_run_is_compared_only_while_the_queries_are_the_same(tmp_path: Path) -> None:
    judged = judged_set(tmp_path / "a", [STORM, FROST], {"storm": "шторм", "frost": "мороз"})
    outcomes = (Outcome(((2, 1),), (1,)), Outcome((), (1,)))
    run = SetRun(judged, outcomes, 2, {}, False)
    assert before(run, {"a": run.saved()}) == [*outcomes]
    other = judged_set(tmp_path / "b", [STORM, FROST], {"storm": "буря", "frost": "мороз"})
    changed = SetRun(other, outcomes, 2, {}, False)
    assert before(changed, {"b": run.saved()}) is None
    assert before(run, {}) is None


def test_the_area_is_the_chance_that_one_story_is_more_similar() -> None:
    pairs = [Pair("a", is_one, similarity, 0) for is_one, similarity in [
        (True, 0.9), (True, 0.5), (False, 0.5), (False, 0.1),
    ]]  # fmt: skip
    assert auc(pairs) == 3.5 / 4
    assert auc([]) == 0


def test_a_form_of_the_right_word_finds_it_and_a_typo_does_not_yet(tmp_path: Path) -> None:
    path = tmp_path / "ru.tsv.gz"
    assert not any(map(is_kept_out, ["школа", "министр"]))
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("школами\tшкола\t0.5\nминитр\tминистр\t0.5\n")
    figures = measure(path, 10)
    assert (figures["typos"], figures["top-1"], figures["wrong"]) == (2, 0.5, 0)

"""Related articles: across languages, by time, near-duplicates apart, and why."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from index.analysed import analyse_article
from index.analysis.analyzer import Analyzer
from index.article import Article, check_article
from index.engines.base import Engine
from index.engines.whoosh.engine import WhooshEngine
from search.fair_lock import FairLock
from search.parts import Parts
from search.related import DIFFERENT, Related
from search.request import RelatedOptions, RelatedRequest
from tests.support.demo import demo_articles, parts_in

PAIRS = [
    (one.id, other.id)
    for one in demo_articles()
    for other in demo_articles()
    if one.id.startswith("ru-story") and other.id.startswith("en" + one.id[2:10] + "-")
]
TWINS = [
    (one, other)
    for left, right in (("ru-0107", "ru-0108"), ("en-0203", "en-0204"))
    for one in (article.id for article in demo_articles() if article.id.startswith(left))
    for other in (article.id for article in demo_articles() if article.id.startswith(right))
]


def related(demo: Parts, article_id: str, **options: object) -> list[str]:
    asked = RelatedOptions.model_validate(options)
    return [
        hit.id for hit in demo.related.to_article(demo.searcher.article(article_id), asked).hits
    ]


def test_there_are_pairs_and_twins_to_look_at() -> None:
    assert len(PAIRS) == 19
    assert len(TWINS) == 2


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
def test_the_same_story_in_the_other_language_is_among_the_first(
    demo: Parts, pair: tuple[str, str]
) -> None:
    one, other = pair
    assert other in related(demo, one, lang="other")[:3]
    assert one in related(demo, other, lang="other")[:3]


def test_most_halves_of_a_story_are_the_very_first(demo: Parts) -> None:
    first = [related(demo, one, lang="other")[:1] == [other] for one, other in PAIRS]
    assert sum(first) >= 15


@pytest.mark.parametrize("pair", TWINS, ids=lambda pair: pair[0])
def test_the_same_text_again_is_a_duplicate_and_no_related_article(
    demo: Parts, pair: tuple[str, str]
) -> None:
    for one, other in (pair, pair[::-1]):
        answer = demo.related.to_article(demo.searcher.article(one), RelatedOptions())
        assert other in [hit.id for hit in answer.duplicates]
        assert other not in [hit.id for hit in answer.hits]


def test_an_article_is_not_related_to_itself(demo: Parts) -> None:
    for article in demo_articles()[:20]:
        answer = demo.related.to_article(article, RelatedOptions(limit=50))
        assert article.id not in [hit.id for hit in (*answer.hits, *answer.duplicates)]


@pytest.mark.parametrize("lang", ["same", "other", "any"])
def test_the_language_is_as_asked(demo: Parts, lang: str) -> None:
    languages = {
        demo.searcher.article(one).language
        for one in related(demo, PAIRS[0][0], lang=lang, limit=30)
    }
    assert languages == {"same": {"ru"}, "other": {"en"}, "any": {"ru", "en"}}[lang]


def test_only_earlier_articles_where_it_is_asked(demo: Parts) -> None:
    def moment(article: Article) -> float:
        return article.published_at.timestamp() if article.published_at else 0.0

    article = demo.searcher.article(PAIRS[8][0])
    found = related(demo, article.id, time="earlier", limit=30)
    assert found
    assert all(moment(demo.searcher.article(one)) < moment(article) for one in found)
    latest = related(demo, article.id, time="latest", limit=30)
    moments = [moment(demo.searcher.article(one)) for one in latest]
    assert moments == sorted(moments, reverse=True)


def test_it_is_said_why_with_words_of_the_article_found(demo: Parts) -> None:
    answer = demo.related.to_article(demo.searcher.article(PAIRS[0][0]), RelatedOptions())
    for hit in answer.hits:
        article = demo.searcher.article(hit.id)
        assert hit.because
        text = f"{article.title} {article.lead} {article.body}"
        assert all(word in text for word in hit.because)


def test_a_pasted_draft_has_related_articles(demo: Parts) -> None:
    article = demo.searcher.article(PAIRS[0][0])
    draft = RelatedRequest(title="", text=article.body)
    answer = demo.related.to_text(draft)
    assert article.id in [hit.id for hit in answer.duplicates], "it was already published"
    without = draft.model_copy(update={"exclude": (article.id,)})
    assert article.id not in [hit.id for hit in demo.related.to_text(without).duplicates]


def test_a_draft_finds_the_story_in_the_other_language(demo: Parts) -> None:
    for one, other in PAIRS[:5]:
        article = demo.searcher.article(one)
        draft = RelatedRequest(title=article.title, text=article.body, lang="other")
        assert other in [hit.id for hit in demo.related.to_text(draft).hits[:3]]


def test_of_a_draft_only_its_own_language_where_it_is_asked(demo: Parts) -> None:
    article = demo.searcher.article(PAIRS[0][1])
    draft = RelatedRequest(text=article.body, lang="same", limit=50)
    assert {hit.language for hit in demo.related.to_text(draft).hits} == {"en"}


def test_what_is_left_out_makes_room_for_others(tmp_path: Path) -> None:
    parts = parts_in(tmp_path)
    parts.engine.write(
        parts.analyse(check_article({"id": str(n), "title": "Пожар в порту " + "и снова " * n}))
        for n in range(90)
    )
    best = [str(n) for n in range(85)]
    draft = RelatedRequest(text="Пожар в порту", limit=5, exclude=tuple(best))
    found = {hit.id for hit in parts.related.to_text(draft).hits}
    assert found == {"85", "86", "87", "88", "89"}
    parts.close()


def test_hits_stand_by_falling_score_and_as_many_as_asked(demo: Parts) -> None:
    article = demo.searcher.article(PAIRS[0][0])
    for limit in (1, 7, 40):
        hits = demo.related.to_article(article, RelatedOptions(limit=limit)).hits
        scores = [hit.score for hit in hits]
        assert len(hits) == limit
        assert scores == sorted(scores, reverse=True)


def test_the_same_text_has_a_resemblance(demo: Parts) -> None:
    for one, other in TWINS:
        (twin,) = demo.related.to_article(demo.searcher.article(one), RelatedOptions()).duplicates
        assert twin.id == other
        assert 0.5 <= twin.resemblance < 1
    article = demo.searcher.article(TWINS[0][0])
    draft = RelatedRequest(text=f"{article.lead}\n{article.body}")
    itself = demo.related.to_text(draft).duplicates[0]
    assert (itself.id, itself.resemblance) == (article.id, 1.0)


def test_articles_that_are_headlines_only_are_related_by_them(tmp_path: Path) -> None:
    texts = ["Пожар в порту", "Порт после пожара", "Выставка котов", "Коты на выставке"]
    parts = parts_in(tmp_path)
    parts.engine.write(
        parts.analyse(check_article({"id": str(n), "title": one})) for n, one in enumerate(texts)
    )
    for one, other in (("0", "1"), ("1", "0"), ("2", "3"), ("3", "2")):
        assert related(parts, one) == [other]
    parts.close()


def test_an_article_without_a_date_comes_last_among_the_latest(tmp_path: Path) -> None:
    dates = [None, "1960-05-09", "2024-01-01", "1990-01-01"]
    parts = parts_in(tmp_path)
    parts.engine.write(
        parts.analyse(check_article({"id": str(n), "title": "Пожар в порту", "published_at": one}))
        for n, one in enumerate([*dates, "2000-01-01"])
    )
    assert related(parts, "4", time="latest") == ["2", "3", "1", "0"]
    assert set(related(parts, "4", time="earlier")) == {"1", "3"}
    parts.close()


@pytest.mark.parametrize("text", ["!!!", "и в на", "щщщщщ", "🙂", "the of"])
def test_a_draft_without_known_words_has_none(demo: Parts, text: str) -> None:
    assert demo.related.to_text(RelatedRequest(text=text)).hits == ()


STORY = " ".join(f"Слово{n} пожара дошло до порта{n}." for n in range(40))
OTHERS = [f"{STORY[: len(STORY) // 3]} {f'Иное{at} событие у порта. ' * 40}" for at in range(45)]


class Counted(Analyzer):
    """Counts the texts that are compared."""

    compared = 0

    def forms(self, text: str) -> Iterator[str]:
        self.compared += 1
        return super().forms(text)


@pytest.fixture
def told_often(tmp_path: Path) -> Iterator[Engine]:
    """One story thirty times and forty-five others that share some of its words."""
    engine, analyzer = WhooshEngine(tmp_path, "test"), Analyzer(20_000)
    copies = [check_article({"id": f"copy-{at}", "title": "Пожар", "body": STORY})
              for at in range(30)]  # fmt: skip
    others = [check_article({"id": f"other-{at}", "title": "Пожар", "body": body})
              for at, body in enumerate(OTHERS)]  # fmt: skip
    engine.write([analyse_article(article, analyzer.read) for article in (*others, *copies)])
    yield engine
    engine.close()


@pytest.mark.parametrize("order", ["any", "latest"])
def test_all_copies_of_a_story_are_duplicates_however_many(told_often: Engine, order: str) -> None:
    asked = RelatedRequest.model_validate({"text": STORY, "time": order})
    answer = Related(told_often, Analyzer(20_000)).to_text(asked)
    assert {hit.id for hit in answer.duplicates} == {f"copy-{at}" for at in range(30)}
    assert all(hit.id.startswith("other") for hit in answer.hits)


def test_only_the_best_articles_are_compared_with_the_text(told_often: Engine) -> None:
    analyzer = Counted(20_000)
    Related(told_often, analyzer).to_text(RelatedRequest(text=STORY, limit=50))
    assert analyzer.compared == 1 + 30 + DIFFERENT


def test_others_search_while_related_articles_are_sought(told_often: Engine) -> None:
    clock = iter(range(1_000_000))  # each time it is read, a second has passed
    turn = FairLock(lambda: float(next(clock)))
    compared, meanwhile = list[int](), list[int]()

    class Comparing(Analyzer):
        def forms(self, text: str) -> Iterator[str]:
            compared.append(1)
            if len(compared) == 2:
                other.start()
                while not turn._waiting:  # until it asks for its turn
                    time.sleep(0.001)
            return super().forms(text)

    def search() -> None:
        with turn:
            meanwhile.append(len(compared))

    other = Thread(target=search)
    Related(told_often, Comparing(20_000), turn).to_text(RelatedRequest(text=STORY))
    other.join(5)
    assert meanwhile == [2]
    assert len(compared) > 30

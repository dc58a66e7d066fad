"""Related articles: across languages, by time, near-duplicates apart, and why."""

import pytest

from index.article import Article
from search.parts import Parts
from search.request import RelatedOptions, RelatedRequest
from tests.demo import demo_articles

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


@pytest.mark.parametrize("text", ["!!!", "и в на", "щщщщщ", "🙂", "the of"])
def test_a_draft_without_known_words_has_none(demo: Parts, text: str) -> None:
    assert demo.related.to_text(RelatedRequest(text=text)).hits == ()

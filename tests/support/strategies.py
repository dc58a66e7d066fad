"""Random articles over a tiny vocabulary, random histories of an index, random Query trees."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from index import query as q
from index.analysed import AnalysedArticle
from index.analysis.names import named
from index.article import Article, check_article
from index.results import EngineRequest, Page, Sort
from index.schema import EXACT, FACETS, STORY
from tests.support.plain import plain, plain_tokens

WORDS = ("мир", "война", "войны", "сталь", "Рябков", "war", "peace", "peaceful", "run", "Ryabkov")
TERMS = sorted(
    {
        *(term for token in plain_tokens(" ".join(WORDS)) for term in token.lemmas),
        *(key for key, _ in named(plain_tokens("Рябков"))),
        "nowhere",
    }
)
LABELS = ("Спорт", "Наука", "Sports", "sports")
IDS = tuple("abcdefgh")
FIELDS = ("title", "lead", "body", "body_exact", "subjects", "opening", "names")
SPACES = (*STORY, *map(EXACT.__getitem__, STORY))
HALF_DAY = 43_200

moments = st.one_of(
    st.none(),
    st.integers(-3, 3).map(lambda days: datetime(2020, 3, 1, tzinfo=UTC) + timedelta(days=days)),
    st.sampled_from([datetime(1969, 12, 31, 23, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)]),
)
since_or_until = st.one_of(
    st.none(), moments.map(lambda moment: int(moment.timestamp()) if moment else 0)
)
texts = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
labels = st.lists(st.sampled_from(LABELS), max_size=3)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """An article whose every field may be missing but its title."""
    return check_article(
        {
            "id": draw(st.sampled_from(IDS)),
            "title": draw(st.sampled_from(WORDS)) + " " + draw(texts),
            "lead": draw(st.one_of(st.just(""), texts)),
            "body": draw(texts) + draw(st.sampled_from(["", " мир" * 40, " war peace" * 20])),
            "subjects": draw(labels),
            "rubric": draw(st.sampled_from(["", *LABELS])),
            "source": draw(st.sampled_from(["", *LABELS])),
            "authors": draw(labels),
            "published_at": draw(moments),
        }
    )


@dataclass(frozen=True)
class Commit:
    """One write: articles put, ids deleted."""

    put: tuple[AnalysedArticle, ...]
    delete: tuple[str, ...]


@dataclass(frozen=True)
class Rebuild:
    """A new generation from the stored articles."""


commits = st.builds(
    Commit,
    st.lists(articles().map(plain), max_size=6).map(tuple),
    st.lists(st.sampled_from(IDS), max_size=3).map(tuple),
)
histories = st.tuples(
    commits, st.lists(st.one_of(commits, commits, st.just(Rebuild())), max_size=3)
).map(lambda steps: (steps[0], *steps[1]))

weights = st.sampled_from([0.2, 1.0, 3.0])
places = st.lists(
    st.builds(q.In, st.sampled_from(FIELDS), weights, st.sampled_from([0.0, 0.75, 1.0])),
    max_size=3,
    unique_by=lambda place: place.field,
).map(tuple)
variants = st.lists(st.sampled_from(TERMS), max_size=3, unique=True).map(tuple)


def weighted(some: st.SearchStrategy[q.Terms]) -> st.SearchStrategy[q.Terms]:
    """The same words, of which some have weights."""

    def with_weights(word: q.Terms) -> st.SearchStrategy[q.Terms]:
        weights_of = st.tuples(*[st.sampled_from([0.1, 0.5, 1.0, 2.0])] * len(word.variants))
        return st.one_of(st.just(word), weights_of.map(lambda some: replace(word, weights=some)))

    return some.flatmap(with_weights)


saturations = st.sampled_from([0.5, 1.2])

filters = st.builds(
    q.Filter, st.sampled_from(FACETS), st.lists(st.sampled_from([*LABELS, "ru", "en"])).map(tuple)
)
ranges = st.builds(q.Range, since_or_until, since_or_until)
leaves: st.SearchStrategy[q.Query] = st.one_of(
    weighted(st.builds(q.Terms, variants, places, st.just(""), saturations)),
    st.builds(
        q.Phrase,
        st.lists(variants, max_size=3).map(tuple),
        places,
        st.integers(0, 2),
        st.just(""),
        saturations,
    ),
    st.builds(
        q.Prefix,
        st.sampled_from(["", "в", "вой", "p", "peac", "q"]),
        st.lists(st.sampled_from(FIELDS), max_size=2).map(tuple),
    ),
    ranges,
    filters,
    st.just(q.Everything()),
)


def _above(below: st.SearchStrategy[q.Query]) -> st.SearchStrategy[q.Query]:
    some = st.lists(below, max_size=3).map(tuple)
    return st.one_of(
        st.builds(q.And, some),
        st.builds(q.Or, some, st.integers(1, 3)),
        st.builds(q.Not, below),
        st.builds(q.Boost, below, st.sampled_from([0.0, 0.5, 2.0])),
        st.builds(q.Constant, below, st.sampled_from([0.0, 1.5])),
        st.builds(q.Prefer, below, some),
        st.builds(
            q.Fresh,
            below,
            st.sampled_from([0.3, 1.0]),
            st.sampled_from([HALF_DAY, 30 * HALF_DAY]),
            st.just(int(datetime(2020, 3, 2, tzinfo=UTC).timestamp())),
        ),
    )


queries: st.SearchStrategy[q.Query] = st.recursive(leaves, _above, max_leaves=6)
engine_requests = st.builds(
    EngineRequest,
    query=queries,
    filters=st.lists(filters, max_size=2).map(tuple),
    dates=st.one_of(st.none(), ranges),
    sort=st.sampled_from(Sort),
    page=st.just(Page(limit=100)),
    facets=st.lists(st.sampled_from(FACETS), max_size=3, unique=True).map(tuple),
    facet_limit=st.sampled_from([1, 2, 100]),
    histogram=st.sampled_from([None, "year", "month", "day"]),
    zone=st.sampled_from(["UTC", "Europe/Moscow", "America/New_York", "Asia/Kathmandu"]),
    highlight_terms=st.lists(
        st.tuples(
            st.sampled_from((*STORY, *map(EXACT.__getitem__, STORY))), st.sampled_from(TERMS)
        ),
        max_size=6,
    ).map(tuple),
    highlight_prefixes=st.lists(
        st.tuples(
            st.sampled_from((*STORY, *map(EXACT.__getitem__, STORY))),
            st.sampled_from(TERMS).flatmap(lambda term: st.sampled_from((term, term[:1]))),
        ),
        max_size=2,
    ).map(tuple),
    rescoring_window=st.sampled_from([None, 1, 2, 3]),
)

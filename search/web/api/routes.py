"""The table of all routes of /v1: serving, describing and documenting them start here."""

from index.article import Article
from index.errors import (
    ArticleRefused,
    ArticleUnknown,
    ChangeUnknown,
    IndexBusy,
    IndexUnavailable,
    RebuildRunning,
)
from index.store.keys import Scope
from search.answer import (
    AnalyzeAnswer,
    ArticleAnswer,
    ChangeAnswer,
    ChangesAnswer,
    DeleteAnswer,
    MultiSearchAnswer,
    RebuildAnswer,
    RelatedAnswer,
    SearchAnswer,
    WriteAnswer,
)
from search.request import (
    AnalyzeRequest,
    ChangeRequest,
    DeleteRequest,
    MultiSearchRequest,
    RelatedOptions,
    RelatedRequest,
    SearchRequest,
)
from search.web.api import reading, writing
from search.web.api.inputs import (
    ARGUMENTS,
    ARTICLES,
    JSON,
    NOTHING,
    ONE_ARTICLE,
    Articles,
    Fields,
    NoParameters,
)
from search.web.api.route import Limit, Route

_SITE = "http://127.0.0.1:8000"
_KEY = "-H 'Authorization: Bearer KEY'"

READING = (
    Route(
        method="GET", path="/v1/search", name="search", summary="Search.",
        input=ARGUMENTS, request=SearchRequest, answer=SearchAnswer, handler=reading.search,
        errors=(IndexUnavailable,),
        example=f"curl -G {_SITE}/v1/search --data-urlencode 'q=встреча министров' -d per_page=3",
    ),
    Route(
        method="POST", path="/v1/search", name="searchByBody",
        summary="Search, with the query as JSON.",
        input=JSON, request=SearchRequest, answer=SearchAnswer, handler=reading.search,
        errors=(IndexUnavailable,),
        example=f'curl {_SITE}/v1/search --json \'{{"q": "школа", "lang": ["ru"]}}\'',
    ),
    Route(
        method="POST", path="/v1/multi-search", name="multiSearch", summary="Run several searches.",
        input=JSON, request=MultiSearchRequest, answer=MultiSearchAnswer,
        handler=reading.multi_search,
        errors=(IndexUnavailable,),
        example=f"curl {_SITE}/v1/multi-search "
        '--json \'{"searches": [{"q": "школа"}, {"q": "school"}]}\'',
    ),
    # Before the article's own path: the id of an article may have slashes.
    Route(
        method="GET", path="/v1/articles/{id}/related", name="relatedToArticle",
        summary="List articles related to an article.",
        input=ARGUMENTS, request=RelatedOptions, answer=RelatedAnswer,
        handler=reading.related_to_article,
        errors=(ArticleUnknown, IndexUnavailable),
        example=f"curl '{_SITE}/v1/articles/ru-0107-noch-bibliotek/related?lang=other'",
    ),
    Route(
        method="GET", path="/v1/articles/{id}", name="article", summary="Return an article.",
        input=NOTHING, request=NoParameters, answer=ArticleAnswer, handler=reading.article,
        errors=(ArticleUnknown, IndexUnavailable),
        example=f"curl {_SITE}/v1/articles/ru-0107-noch-bibliotek",
    ),
    Route(
        method="POST", path="/v1/related", name="relatedToText",
        summary="List articles related to a text.",
        input=JSON, request=RelatedRequest, answer=RelatedAnswer, handler=reading.related_to_text,
        errors=(IndexUnavailable,),
        example=f'curl {_SITE}/v1/related --json \'{{"text": "Форум русских школ…"}}\'',
    ),
    Route(
        method="GET", path="/v1/analyze", name="analyze",
        summary="Show the tokens and terms of a text.",
        input=ARGUMENTS, request=AnalyzeRequest, answer=AnalyzeAnswer, handler=reading.analyze,
        example=f"curl -G {_SITE}/v1/analyze --data-urlencode 'text=Рябковым'",
    ),
)  # fmt: skip
"""What only reads."""

WRITING = (
    Route(
        method="POST", path="/v1/articles", name="putArticles", summary="Add or replace articles.",
        input=ARTICLES, request=Articles, answer=WriteAnswer, handler=writing.put_articles,
        status=202, scope=Scope.WRITE, limit=Limit.WRITE, idempotent=True,
        example=f"curl {_SITE}/v1/articles {_KEY} "
        '--json \'[{"id": "1", "title": "Школа открылась"}]\'',
    ),
    Route(
        method="POST", path="/v1/articles/delete", name="deleteArticles",
        summary="Delete articles by filter.",
        input=JSON, request=DeleteRequest, answer=DeleteAnswer, handler=writing.delete_articles,
        status=202, other_status=200, scope=Scope.WRITE, limit=Limit.WRITE, idempotent=True,
        errors=(IndexBusy, IndexUnavailable),
        example=f"curl {_SITE}/v1/articles/delete {_KEY} --json '{{\"subject\": [\"Спорт\"]}}'",
    ),
    Route(
        method="PUT", path="/v1/articles/{id}", name="putArticle",
        summary="Add or replace one article.",
        input=ONE_ARTICLE, request=Article, answer=WriteAnswer, handler=writing.put_article,
        status=202, scope=Scope.WRITE, limit=Limit.WRITE, idempotent=True,
        errors=(ArticleRefused,),
        example=f"curl -X PUT {_SITE}/v1/articles/1 {_KEY} "
        '--json \'{"title": "Школа открылась"}\'',
    ),
    Route(
        method="PATCH", path="/v1/articles/{id}", name="patchArticle",
        summary="Change some fields of an article.",
        input=ONE_ARTICLE, request=Fields, answer=WriteAnswer, handler=writing.patch_article,
        status=202, scope=Scope.WRITE, limit=Limit.WRITE, idempotent=True,
        errors=(ArticleUnknown, ArticleRefused),
        example=f"curl -X PATCH {_SITE}/v1/articles/1 {_KEY} "
        '--json \'{"title": "Лицей открылся"}\'',
    ),
    Route(
        method="DELETE", path="/v1/articles/{id}", name="deleteArticle",
        summary="Delete an article.",
        input=NOTHING, request=NoParameters, answer=WriteAnswer, handler=writing.delete_article,
        status=202, scope=Scope.WRITE, limit=Limit.WRITE, idempotent=True,
        errors=(ArticleUnknown,),
        example=f"curl -X DELETE {_SITE}/v1/articles/1 {_KEY}",
    ),
    Route(
        method="GET", path="/v1/changes", name="changes", summary="Show the progress of the index.",
        input=NOTHING, request=NoParameters, answer=ChangesAnswer, handler=writing.changes,
        scope=Scope.WRITE, limit=Limit.CHANGES,
        example=f"curl {_SITE}/v1/changes {_KEY}",
    ),
    Route(
        method="GET", path="/v1/changes/{number}", name="change",
        summary="Show the state of a change.",
        input=ARGUMENTS, request=ChangeRequest, answer=ChangeAnswer, handler=writing.change,
        scope=Scope.WRITE, limit=Limit.CHANGES,
        errors=(ChangeUnknown,),
        example=f"curl '{_SITE}/v1/changes/80?wait=2' {_KEY}",
    ),
    Route(
        method="POST", path="/v1/rebuild", name="rebuild", summary="Rebuild the index.",
        input=NOTHING, request=NoParameters, answer=RebuildAnswer, handler=writing.rebuild,
        status=202, scope=Scope.ADMIN, limit=Limit.WRITE, idempotent=True,
        errors=(RebuildRunning,),
        example=f"curl -X POST {_SITE}/v1/rebuild {_KEY}",
    ),
)  # fmt: skip
"""What needs a key of scope write or admin."""

ROUTES = READING + WRITING
"""Every route, in the order of its description."""

"""The one place where the parts are joined: settings in, everything that answers out."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from zoneinfo import ZoneInfo

from index.analysed import AnalysedArticle, analyse_article
from index.analysis.analyzer import Analyzer, analysis_version
from index.article import Article
from index.engines.base import Engine
from index.engines.open import open_engine
from index.errors import PoiskError
from index.ingest.indexer import Indexer
from index.ingest.intake import Intake
from index.ingest.loading import Loader
from index.store.articles import ArticleStore
from index.store.keys import Keys
from search.answer_cache import AnswerCache
from search.fair_lock import FairLock
from search.related import Related
from search.searcher import Searcher, SearchObserver
from search.settings import Settings
from search.stage_totals import StageTotals
from search.writing import Writing

_OPENING = Lock()


@dataclass(frozen=True)
class Parts:
    """What the pages, the API and the command line are made of."""

    settings: Settings
    engine: Engine
    analyzer: Analyzer
    searcher: Searcher
    related: Related
    started: datetime
    zone: ZoneInfo
    stages: StageTotals

    @cached_property
    def store(self) -> ArticleStore:
        """The store, opened when it is first asked for: a fork must not share it."""
        with _OPENING:
            return self.__dict__.get("store") or ArticleStore(self.settings.database_url)

    @cached_property
    def indexer(self) -> Indexer:
        """The one that brings the engine up to date with the store."""
        return Indexer(self.store, self.engine, self.analyse)

    @cached_property
    def intake(self) -> Intake:
        """What takes articles into the store."""
        settings = self.settings
        return Intake(self.store, settings.data_dir, settings.min_free_bytes, self.zone)

    @cached_property
    def loader(self) -> Loader:
        """What takes articles in and makes them searchable, in this process."""
        return Loader(self.intake, self.indexer, self.read_dictionaries)

    @cached_property
    def writing(self) -> Writing:
        """What deletes by filter, and tells what became of a change."""
        waiting = self.settings.threads // 2  # the other threads go on searching
        return Writing(self.store, self.engine, self.zone, waiting)

    @cached_property
    def keys(self) -> Keys:
        """Who may do what."""
        return Keys(self.store.database)

    def analyse(self, article: Article) -> AnalysedArticle:
        """The article, ready for the engine."""
        return analyse_article(article, self.analyzer.read)

    def read_dictionaries(self) -> None:
        """Before processes are forked, so that they share the pages and nobody waits."""
        self.analyzer("поиск search")

    def tell_damage(self) -> None:
        """The indexer mends what a search could not read; without a store it cannot."""
        with suppress(PoiskError):
            self.writing.met_damage()

    def close(self) -> None:
        """Lets go of the index's files, and of the store."""
        self.engine.close()
        if "indexer" in self.__dict__:
            self.indexer.close()
        if "store" in self.__dict__:
            self.store.close()


def join_parts(settings: Settings, observer: SearchObserver | None = None) -> Parts:
    """Everything that answers, for these settings. Opens no file until it is asked.

    `observer` is called with the answer of each search: to log queries, for example.
    """
    engine = open_engine(settings.engine_url, analysis_version())
    analyzer = Analyzer(settings.cached_forms)
    turn, zone, stages = FairLock(), settings.zone, StageTotals()
    searcher = Searcher(
        engine,
        analyzer,
        turn,
        zone,
        observer=observer,
        answers=AnswerCache(settings.cached_answer_bytes),
        stages=stages,
        snippet_seconds=settings.snippets_ms / 1_000,
    )
    return Parts(
        settings=settings,
        engine=engine,
        analyzer=analyzer,
        searcher=searcher,
        related=Related(engine, analyzer, turn),
        started=datetime.now(UTC),
        zone=zone,
        stages=stages,
    )

"""The one place where the parts are joined: settings in, everything that answers out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from index.analysed import AnalysedArticle, analyse_article
from index.analysis.analyzer import Analyzer, analysis_version
from index.article import Article
from index.engines.base import Engine
from index.engines.open import open_engine
from search.related import Related
from search.searcher import Searcher
from search.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages, the API and the command line are made of."""

    settings: Settings
    engine: Engine
    analyzer: Analyzer
    searcher: Searcher
    related: Related
    started: datetime

    def analyse(self, article: Article) -> AnalysedArticle:
        """The article, ready for the engine."""
        return analyse_article(article, self.analyzer.words)

    def close(self) -> None:
        """Lets go of the index's files."""
        self.engine.close()


def join_parts(settings: Settings) -> Parts:
    """Everything that answers, for these settings. Opens no file until it is asked."""
    engine = open_engine(settings.engine_url, analysis_version())
    analyzer = Analyzer(settings.cached_forms)
    return Parts(
        settings=settings,
        engine=engine,
        analyzer=analyzer,
        searcher=Searcher(engine, analyzer),
        related=Related(engine, analyzer),
        started=datetime.now(UTC),
    )

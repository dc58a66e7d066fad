"""How long the stages of a search take: a stopwatch that is stopped between two stages."""

from collections.abc import Mapping
from time import perf_counter
from typing import Literal

EngineStage = Literal["match", "rank", "facets", "positions", "fetch"]
"""match: which articles match the query and the filters; rank: the scores and the hits of the page;
facets: their counts and the histogram; positions: where the matched words are in the hits;
fetch: reading the stored articles of the hits."""
SearchStage = Literal["wait", "open", "parse", "rewrite", "suggestions", "snippets", "answer"]
"""wait: until other searches of the process are done; open: the newest commit of the index;
parse: the query text; rewrite: its readings, boosts and bonuses; suggestions: less strict queries,
if nothing matches; snippets: titles and passages with highlighted words, and explanations of
scores; answer: the models."""
WebStage = Literal["validate", "json"]
"""validate: reading and checking the request; json: writing the answer. They are measured at every
route of scope search, also where no search is asked for."""


class Stopwatch:
    """The seconds of each stage so far. Not safe for threads: each search has its own.

    Reading the clock costs about a tenth of a microsecond.
    """

    def __init__(self) -> None:
        """Starts with the first stage."""
        self.times: dict[str, float] = {}
        self._since = perf_counter()

    def end(self, stage: EngineStage | SearchStage | WebStage) -> None:
        """Adds the time since the last end to this stage; the next stage starts."""
        now = perf_counter()
        self.times[stage] = self.times.get(stage, 0.0) + now - self._since
        self._since = now

    def restart(self, times: Mapping[str, float] | None = None) -> None:
        """Starts the next stage now; `times` were measured elsewhere since the last end."""
        for stage, seconds in (times or {}).items():
            self.times[stage] = self.times.get(stage, 0.0) + seconds
        self._since = perf_counter()

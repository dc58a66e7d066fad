"""Whether this installation has all its kernels: the innermost loops, compiled."""

from typing import Final

from index.analysis import kernels as of_analysis
from index.engines.whoosh import kernels as of_engine
from search.rendering import kernels as of_rendering

COMPILED: Final = of_analysis.COMPILED and of_engine.COMPILED and of_rendering.COMPILED

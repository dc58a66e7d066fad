"""Whether the compiled loops are there."""

import os
import shlex
import subprocess

import pytest

from index.analysis import kernels as of_analysis
from index.engines.whoosh import kernels as of_engine
from search.rendering import kernels as of_rendering


def _has_compiler() -> bool:
    compiler = shlex.split(os.environ.get("CC", "cc"))
    try:
        ran = subprocess.run([*compiler, "--version"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return ran.returncode == 0


@pytest.mark.skipif(not _has_compiler(), reason="there is no C compiler")
def test_every_loop_is_compiled_where_there_is_a_compiler() -> None:
    assert of_engine.COMPILED, "install Poisk again: `make .venv/installed-test`"
    assert of_analysis.COMPILED
    assert of_rendering.COMPILED

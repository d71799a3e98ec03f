"""Both twins of the hit path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import native
from tests.resolver.core import world

NEEDS_NATIVE = pytest.mark.skipif(native.MODULE is None, reason="the C extension is not built: make native")


@pytest.fixture(
    scope="module", params=[pytest.param(None, id="pure"), pytest.param("C", id="native", marks=NEEDS_NATIVE)]
)
def twin(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every world of a module that uses this has its hit path from one twin, then from the other."""
    before = world.TWIN[0]
    world.TWIN[0] = native.MODULE if request.param else None
    yield
    world.TWIN[0] = before

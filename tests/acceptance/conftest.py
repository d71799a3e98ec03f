"""What the acceptance tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.upstream import Upstream


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """A validating unbound before knotd, once for each file of tests."""
    upstream = Upstream(tmp_path_factory.mktemp("upstream"))
    yield upstream
    upstream.stop()

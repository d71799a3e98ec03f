"""Fixtures of the list body's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blocklist.publish.support import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An open desk of three editors."""
    made = Office.open(tmp_path)
    yield made
    made.desk.close()

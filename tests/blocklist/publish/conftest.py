"""Fixtures of the list body's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blocklist.publish.support import Office


@pytest.fixture(scope="session")
def fresh_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A desk of three editors as `init` leaves it."""
    made = Office.make(tmp_path_factory.mktemp("fresh"))
    made.desk.close()
    return made


@pytest.fixture
def office(fresh_office: Office, tmp_path: Path) -> Iterator[Office]:
    """An open desk of three editors, this test's own."""
    made = fresh_office.copied(tmp_path)
    yield made
    made.desk.close()

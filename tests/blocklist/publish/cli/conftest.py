"""Fixtures of the command's tests."""

from __future__ import annotations

import pytest

from tests.blocklist.publish.cli.shell import Shell
from tests.blocklist.publish.support import Office


@pytest.fixture
def shell(office: Office) -> Shell:
    """A shell in front of a fresh desk."""
    return Shell(office.folder)

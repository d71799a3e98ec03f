"""A terminal for every test here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolver.cli.at_terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)

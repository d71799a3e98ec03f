"""Tests of one group share one process, or each process would start the group's daemons and browsers again."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("together")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    """Spread over processes by group, a test carries its group's name: without it xdist takes each one for itself."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@together")

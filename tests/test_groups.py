"""Tests that share a daemon stay in one process."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("groups")
def test_a_group_is_told_to_those_who_distribute_tests(request: pytest.FixtureRequest) -> None:
    """With `--dist loadgroup` the name of the group stands in the test's id; without it daemons would start twice."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("tests are not distributed by groups in this run: see `make test`")
    assert request.node.nodeid.endswith("@groups")

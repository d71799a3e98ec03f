"""What the tests of secrecy share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.secrecy.local_world import Asker, LocalWorld


@pytest.fixture(scope="session")
def local_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorld]:
    """One resolver for all tests of the xdist group "secrecy-local"; asked for listed names from before its start."""
    world = LocalWorld(tmp_path_factory.mktemp("local-world"))
    with Asker(world) as asker:
        world.daemon.start()
        asker.goes_on()
    world.first_moments = asker
    yield world
    world.stop()

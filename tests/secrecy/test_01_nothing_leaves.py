"""Statement 1: nothing that the product writes, shows or sends holds a name that was asked or an address that asked.

But for the answer to that client, and the query that is forwarded. It holds at every level of logging: there is none.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.secrecy import drive
from tests.secrecy.search import leaks, running_leaks
from tests.secrecy.stage import Stage

pytestmark = [
    pytest.mark.daemon,
    pytest.mark.long,
    pytest.mark.xdist_group("secrecy-stage"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("s")) as stage:
        drive.full(stage)
        yield stage


def test_nothing_leaves(stage: Stage) -> None:
    """After everything was asked and everything went wrong, no marker stands anywhere, running or ended."""
    told = running_leaks(stage)
    assert stage.daemon.stop() == 0, stage.daemon.text()
    told |= leaks(stage)
    assert sorted(map(str, told)) == []

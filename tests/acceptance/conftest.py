"""What the acceptance tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.rows import EXEMPT, entries
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody
from tests.support.transports import Clients
from tests.support.upstream import Upstream


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """A validating unbound before knotd, once for each file of tests."""
    upstream = Upstream(tmp_path_factory.mktemp("upstream"))
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def table_upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """The upstream of `table_daemon`."""
    upstream = Upstream(tmp_path_factory.mktemp("table-upstream"))
    yield upstream
    upstream.stop()


@pytest.fixture(scope="session")
def table_daemon(tmp_path_factory: pytest.TempPathFactory, table_upstream: Upstream) -> Iterator[Daemon]:
    """The real daemon with the list the answer table stands on: one for all files of the xdist group "table"."""
    folder = tmp_path_factory.mktemp("table")
    daemon = Daemon(folder / "isp", table_upstream.address, []).encrypt()
    body = ListBody(folder, daemon.public_key(), entries())
    daemon.settings["lists"] = [listing(body.root, body.url)]
    daemon.write_config()
    for name, match in EXEMPT:
        daemon.exempt(name, match)
    daemon.start()
    yield daemon
    assert daemon.stop() == 0, daemon.text()
    body.stop()


@pytest.fixture(scope="session")
def table_clients(table_daemon: Daemon) -> Iterator[Clients]:
    """Clients of `table_daemon`, one a transport."""
    with Clients(table_daemon) as clients:
        yield clients

"""A list that is signed by all who must sign, and too much for the process that takes it up."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.checks import notice, real
from tests.acceptance.test_life import holds, until
from tests.blocklist.trust.faulty_server import serving
from tests.blocklist.trust.list_body import ListBody
from tests.support.daemon import Daemon, listing
from tests.support.listbody import now
from tests.support.upstream import Upstream

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("life")]

LISTED = ("blk.example", *(f"filler{number}.example" for number in range(20)))
HUGE = 1_200_000  # records: 22 MB, several times over


@pytest.fixture
def resolver(tmp_path: Path, upstream: Upstream) -> Iterator[tuple[Daemon, ListBody]]:
    """A resolver that enforces version 1 of a body that can sign anything."""
    daemon = Daemon(tmp_path / "isp", upstream.address, [])
    body = ListBody((daemon.public_key(),), born=now())
    body.publish(LISTED, now())
    root = tmp_path / "root.json"
    root.write_bytes(body.pinned)
    with serving(body.files) as mirror:
        daemon.settings["lists"] = [listing(root, mirror.url)]
        daemon.start()
        yield daemon, body
        assert daemon.stop() == 0, daemon.text()


def test_list_that_kills_the_updater_leaves_the_resolver_its_list(resolver: tuple[Daemon, ListBody]) -> None:
    """No memory for a crafted list, then no updater: what was enforced stays so, and the next good version is taken."""
    daemon, body = resolver
    (updater,) = daemon.children("updater")
    updater.rlimit(resource.RLIMIT_AS, (updater.memory_info().vms,) * 2)  # what it has, and nothing for a huge list
    tokens = sorted(os.urandom(16) for _ in range(HUGE))
    body.publish((), now(), records=b"".join(token + b"\x1e\x10" for token in tokens))
    daemon.command("list", "refresh", "demo")
    until(lambda: daemon.metric(_FAILURES) > 0 or not updater.is_running(), "the crafted list is too much", 60)
    _still_enforced(daemon)
    updater.kill()  # as the kernel does with whoever takes its last memory
    body.publish((*LISTED, "second.example"), now())
    _still_enforced(daemon)
    until(lambda: daemon.status()["lists"][0]["version"] == 3, "the good version, by a new updater", 60)
    holds(daemon.port, "udp", notice(), "second.example")


_FAILURES = 'mamori_list_update_failures_total{list_id="demo",reason="internal"}'


def _still_enforced(daemon: Daemon) -> None:
    holds(daemon.port, "udp", notice(), "blk.example")
    holds(daemon.port, "tcp", real("www.example. A 198.51.100.10"), "www.example")
    assert daemon.metric('mamori_enforcing{list_id="demo"}') == 1

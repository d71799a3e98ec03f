"""Cookies that another maker's server takes and makes: a knotd with the same secret, as on nodes of one address."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import dns.edns
import dns.message
import dns.rcode
import pytest

from resolver.core.access import packed_address
from resolver.core.cookies import Cookies
from resolver.core.limits import Limits
from tests.support.asking import exchange
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.tools import require

pytestmark = pytest.mark.peers

SECRET = "00112233445566778899aabbccddeeff"
CLIENT = b"8 bytes."
ZONE = "@ 60 SOA ns a 1 60 60 60 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
OURS = Cookies([bytes.fromhex(SECRET)], time.time, Limits())


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A knotd that answers nobody without a good cookie."""
    knotd, folder, port = require("knotd")["knotd"], tmp_path_factory.mktemp("knot"), free_port()
    knot = Child([knotd, "-c", str(config(folder, port))], folder / "knotd.out")
    knot.wait_for(lambda: exchange(query(), port, "udp", timeout=0.3) is not None, "knotd")
    yield port
    knot.stop()


def config(folder: Path, port: int) -> Path:
    (folder / "zone").write_text(ZONE)
    path = folder / "knot.conf"
    path.write_text(
        f"server:\n  listen: 127.0.0.1@{port}\n  rundir: {folder}\ndatabase:\n  storage: {folder / 'db'}\n"
        f"mod-cookies:\n  - id: shared\n    secret: 0x{SECRET}\n    badcookie-slip: 1\n"
        "template:\n  - id: default\n    zonefile-sync: -1\n    journal-content: none\n"
        f"    global-module: mod-cookies/shared\nzone:\n  - domain: c.example\n    file: {folder / 'zone'}\n"
    )
    return path


def query(server: bytes = b"") -> bytes:
    option = dns.edns.CookieOption(CLIENT, server)
    return dns.message.make_query("c.example", "SOA", use_edns=0, options=[option]).to_wire()


def asked(port: int, server: bytes = b"") -> dns.message.Message:
    answer = exchange(query(server), port, "udp")
    assert answer is not None
    return dns.message.from_wire(answer)


def test_it_believes_ours(port: int) -> None:
    """And nothing else: a cookie for another address, or of nobody, is refused."""
    assert asked(port, OURS.fresh(CLIENT, packed_address("127.0.0.1"))[len(CLIENT) :]).rcode() == dns.rcode.NOERROR
    assert asked(port, OURS.fresh(CLIENT, packed_address("127.0.0.2"))[len(CLIENT) :]).rcode() == dns.rcode.BADCOOKIE
    assert asked(port, bytes(16)).rcode() == dns.rcode.BADCOOKIE


def test_we_believe_its(port: int) -> None:
    """For the address it was given to."""
    (option,) = asked(port).options
    assert OURS.holds(option.to_wire(), packed_address("127.0.0.1"))
    assert not OURS.holds(option.to_wire(), packed_address("127.0.0.2"))

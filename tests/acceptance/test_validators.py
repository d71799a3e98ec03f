"""Validators behind the resolver: a validating unbound and delv use it as their forwarder.

Row 6: a signed listed name is bogus for them, as documented; every other name keeps its chain of trust.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import pytest

from tests.acceptance.checks import records
from tests.support.asking import ask
from tests.support.daemon import NOTICE_V4, Daemon
from tests.support.tools import require
from tests.support.upstream import Upstream, Validator

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("table")]


@pytest.fixture(scope="module", params=["udp", "dot"])
def validator(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    table_daemon: Daemon,
    table_upstream: Upstream,
) -> Iterator[Validator]:
    """An unbound that validates what it gets from the resolver under test, its only forwarder; over DoT verified."""
    folder, anchor = tmp_path_factory.mktemp("validator"), table_upstream.anchor
    if request.param == "dot":
        address = f"127.0.0.1@{table_daemon.dot_port}#{table_daemon.tls_name}"
        validator = Validator(folder, address, anchor, table_daemon.ca.pem)
    else:
        validator = Validator(folder, f"127.0.0.1@{table_daemon.port}", anchor)
    yield validator
    validator.stop()


@pytest.mark.parametrize("name", ["www.signed.test", "ex.blk.signed.test", "any.wild.signed.test", "big.signed.test"])
def test_unbound_finds_other_names_secure(validator: Validator, name: str) -> None:
    """What is not listed arrives with signatures, wildcard proof and chain: beside a listing, cut and asked again."""
    answer = ask(validator.port, "tcp", name, "TXT" if name.startswith("big") else "A", do=True)
    assert answer.rcode() == dns.rcode.NOERROR and answer.answer
    assert answer.flags & dns.flags.AD, answer


@pytest.mark.parametrize(("name", "rcode"), [("nothing.signed.test", "NXDOMAIN"), ("www.signed.test", "NOERROR")])
def test_unbound_finds_denials_secure(validator: Validator, name: str, rcode: str) -> None:
    """NXDOMAIN and NODATA arrive with their proof."""
    answer = ask(validator.port, "udp", name, "LOC", do=True)
    assert dns.rcode.to_text(answer.rcode()) == rcode and not answer.answer
    assert answer.flags & dns.flags.AD, answer


@pytest.mark.parametrize("rdtype", ["DNSKEY", "TXT", "NS"])
def test_unbound_finds_other_types_of_a_listed_name_secure(validator: Validator, rdtype: str) -> None:
    """Types that lead to no Web site are forwarded truthfully, so they validate."""
    answer = ask(validator.port, "udp", "blk.signed.test", rdtype, do=True)
    assert answer.answer and answer.flags & dns.flags.AD, answer


def test_unbound_finds_a_signed_listed_name_bogus(validator: Validator) -> None:
    """The documented limit of row 6: never the real address, never the notice address as if it were signed."""
    for name in ("blk.signed.test", "alias.signed.test"):
        answer = ask(validator.port, "udp", name)
        assert (answer.rcode(), answer.answer) == (dns.rcode.SERVFAIL, [])


def test_unbound_passes_on_the_notice_of_an_unsigned_listed_name(validator: Validator) -> None:
    """Where nothing is signed a validator behind us changes nothing."""
    assert records(ask(validator.port, "udp", "blk.example").answer) == {f"blk.example. A {NOTICE_V4}"}
    assert records(ask(validator.port, "udp", "www.example").answer) == {"www.example. A 198.51.100.10"}


@pytest.mark.parametrize(
    ("name", "rdtype", "said"),
    [
        ("www.signed.test", "A", "; fully validated"),
        ("ex.blk.signed.test", "A", "; fully validated"),
        ("any.wild.signed.test", "A", "; fully validated"),
        ("nothing.signed.test", "A", "; negative response, fully validated"),
        ("blk.signed.test", "TXT", "; fully validated"),
        ("blk.signed.test", "A", "resolution failed"),
    ],
)
def test_delv(table_daemon: Daemon, table_upstream: Upstream, name: str, rdtype: str, said: str) -> None:
    """BIND's validator, asking the resolver directly, says the same."""
    anchors = table_upstream.folder / "delv.keys"
    anchors.write_text(_trust_anchors(table_upstream))
    command = [
        require("delv")["delv"],
        "@127.0.0.1",
        "-p",
        str(table_daemon.port),
        "-a",
        str(anchors),
        "+root=signed.test",
        "-4",
    ]
    done = subprocess.run([*command, name, rdtype], capture_output=True, text=True, timeout=30, check=False)
    assert said in done.stdout + done.stderr, done.stdout + done.stderr


def _trust_anchors(upstream: Upstream) -> str:
    flags, protocol, algorithm, key = upstream.anchor.to_text().split(" ", 3)
    return f'trust-anchors {{ signed.test. static-key {flags} {protocol} {algorithm} "{key}"; }};\n'

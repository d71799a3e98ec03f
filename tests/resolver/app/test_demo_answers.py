"""How the demo's upstream answers."""

from __future__ import annotations

from pathlib import Path

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.app.demo_answers import answer
from resolver.app.demo_zone import Zone

ZONE = Zone.from_text((Path(__file__).parents[3] / "resolver" / "app" / "demo.zone").read_text())


def ask(name: str, kind: str = "A", *, udp: bool = False, **options: object) -> dns.message.Message:
    query = dns.message.make_query(name, kind, **({"use_edns": 0} | options))  # type: ignore[arg-type]
    data = answer(ZONE, query.to_wire(), udp=udp)
    assert data is not None
    reply = dns.message.from_wire(data)
    assert query.is_response(reply)
    return reply


def texts(section: list[object]) -> list[str]:
    return [f"{rrset.name} {rdata}" for rrset in section for rdata in rrset]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "kind", "answers"),
    [
        ("www.example", "A", ["www.example. 198.51.100.10"]),
        ("wWw.ExAmPlE", "A", ["wWw.ExAmPlE. 198.51.100.10"]),
        ("blk.example", "TYPE65280", ["blk.example. \\# 4 0a000001"]),
        ("blk.example", "SVCB", ['blk.example. 1 . alpn="h2"']),
        ("clean-alias.example", "A", ["clean-alias.example. www.example.", "www.example. 198.51.100.10"]),
        ("clean-alias.example", "CNAME", ["clean-alias.example. www.example."]),
        (
            "x.tree.example",
            "A",
            ["tree.example. blk.example.", "x.tree.example. x.blk.example.", "x.blk.example. 203.0.113.69"],
        ),
        ("loop1.example", "A", ["loop1.example. loop2.example.", "loop2.example. loop1.example."]),
    ],
)
def test_answers_follow_aliases(name: str, kind: str, answers: list[str]) -> None:
    """CNAME and DNAME chains are given whole, as a resolver gives them; the owner keeps the asker's case."""
    reply = ask(name, kind)
    assert texts(reply.answer) == answers
    assert reply.flags & dns.flags.RA
    assert not reply.flags & dns.flags.AD


@pytest.mark.parametrize(
    ("name", "rcode"),
    [("gone.example", dns.rcode.NXDOMAIN), ("ns.example", dns.rcode.NOERROR), ("elsewhere.test", dns.rcode.NXDOMAIN)],
)
def test_what_is_not_there_is_denied_with_a_soa(name: str, rcode: int) -> None:
    """NXDOMAIN or no data, inside the zone and outside."""
    reply = ask(name, "AAAA")
    assert reply.rcode() == rcode
    assert not reply.answer
    assert len(reply.authority) == 1


def test_hosts_of_mail_come_with_their_addresses() -> None:
    """The additional section the resolver has to clean (rows 4 and 13)."""
    assert "blk.example. 203.0.113.66" in texts(ask("mailer.example", "MX").additional)
    assert "blk.example. 203.0.113.66" in texts(ask("_imap._tcp.mailer.example", "SRV").additional)


def test_a_large_answer_is_cut_over_udp_only() -> None:
    """TC over UDP with and without EDNS, whole over TCP."""
    for options in ({}, {"use_edns": False}):
        cut = ask("big.example", "TXT", udp=True, **options)
        assert cut.flags & dns.flags.TC
        assert not cut.answer
    assert len(ask("big.example", "TXT").answer) == 1


def test_other_opcodes_are_not_implemented() -> None:
    """Only questions are answered."""
    query = dns.message.make_query("www.example", "A")
    query.set_opcode(dns.opcode.NOTIFY)
    data = answer(ZONE, query.to_wire(), udp=True)
    assert data is not None
    assert dns.message.from_wire(data).rcode() == dns.rcode.NOTIMP


def test_an_answer_is_not_answered() -> None:
    """Two servers can never talk to each other without end."""
    query = dns.message.make_query("www.example", "A")
    query.flags |= dns.flags.QR
    assert answer(ZONE, query.to_wire(), udp=True) is None


@given(st.binary(max_size=80))
def test_junk_is_dropped_or_answered(data: bytes) -> None:
    """No packet stops the upstream."""
    assert isinstance(answer(ZONE, data, udp=True), bytes | None)

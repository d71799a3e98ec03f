"""The EDNS probes of the ISC compliance tester, each named by what must come back."""

from __future__ import annotations

from collections.abc import Callable

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest

from tests.support.asking import exchange
from tests.support.daemon import Daemon

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.xdist_group("table")]

UNKNOWN_OPTION = dns.edns.GenericOption(100, b"")
UNKNOWN_FLAG = 0x0080  # of the EDNS flags: the last but DO are reserved
RESERVED_FLAG = 0x0040  # of the header: Z, the only bit without a meaning
EVERY_OPTION = [
    dns.edns.GenericOption(dns.edns.OptionType.NSID, b""),
    dns.edns.ECSOption("192.0.2.0", 24),
    dns.edns.GenericOption(9, b""),  # EXPIRE
    dns.edns.CookieOption(b"8 bytes.", b""),
]
ADDRESS = "198.51.100.20"  # of www.signed.test
OPT = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
Probe = tuple[str, bytes, Callable[[bytes, dns.message.Message], None], str]


def ask(name: str = "www.signed.test", rdtype: str = "A", **edns: object) -> dns.message.QueryMessage:
    message = dns.message.make_query(name, rdtype)
    if edns:
        message.use_edns(**edns)  # type: ignore[arg-type]
    return message


def with_version_1(**edns: object) -> bytes:
    return ask(edns=1, **edns).to_wire()


def with_header(flags: int) -> bytes:
    message = ask()
    message.flags |= flags
    return message.to_wire()


def with_two_opts() -> bytes:
    wire = bytearray(ask(edns=0).to_wire() + OPT)
    wire[11] = 2
    return bytes(wire)


def no_error(*, opt: bool, do: bool = False) -> Callable[[bytes, dns.message.Message], None]:
    """The answer, with our OPT exactly if theirs was there; nothing of theirs in it but DO; RRSIG exactly with DO."""

    def check(wire: bytes, answer: dns.message.Message) -> None:
        assert answer.rcode() == dns.rcode.NOERROR
        assert ADDRESS in {rrset[0].to_text() for rrset in answer.answer}
        assert (answer.edns == 0) == opt
        assert answer.ednsflags & 0xFFFF == (dns.flags.DO if do else 0)
        assert not {option.otype for option in answer.options} & {100, 8, 9}, "an option of the query came back"
        assert any(rrset.rdtype == dns.rdatatype.RRSIG for rrset in answer.answer) == do
        assert not answer.flags & RESERVED_FLAG

    return check


def bad_version(wire: bytes, answer: dns.message.Message) -> None:
    """BADVERS says which version we speak (0) and answers nothing (RFC 6891, 6.1.3)."""
    assert (answer.rcode(), answer.edns) == (dns.rcode.BADVERS, 0)
    assert not answer.answer and not answer.options


def cut_at(size: int, *, opt: bool) -> Callable[[bytes, dns.message.Message], None]:
    """TC, and not one byte above the size."""

    def check(wire: bytes, answer: dns.message.Message) -> None:
        assert answer.flags & dns.flags.TC and answer.rcode() == dns.rcode.NOERROR
        assert len(wire) <= size
        assert (answer.edns == 0) == opt

    return check


def whole(wire: bytes, answer: dns.message.Message) -> None:
    """Over TCP the buffer size of the query bounds nothing."""
    assert answer.rcode() == dns.rcode.NOERROR and not answer.flags & dns.flags.TC
    assert len(wire) > 1232 and answer.edns == 0


def only(code: dns.rcode.Rcode) -> Callable[[bytes, dns.message.Message], None]:
    def check(wire: bytes, answer: dns.message.Message) -> None:
        assert answer.rcode() == code and not answer.answer

    return check


PROBES: list[Probe] = [
    ("1 no EDNS -> answer without OPT", ask().to_wire(), no_error(opt=False), "udp"),
    ("2 EDNS 0 -> answer with OPT", ask(edns=0).to_wire(), no_error(opt=True), "udp"),
    ("3 EDNS 1 -> BADVERS", with_version_1(), bad_version, "udp"),
    ("4 unknown option -> ignored", ask(options=[UNKNOWN_OPTION]).to_wire(), no_error(opt=True), "udp"),
    ("5 EDNS 1 + unknown option -> BADVERS", with_version_1(options=[UNKNOWN_OPTION]), bad_version, "udp"),
    ("6 unknown EDNS flag -> cleared", ask(ednsflags=UNKNOWN_FLAG).to_wire(), no_error(opt=True), "udp"),
    ("7 EDNS 1 + unknown flag -> BADVERS", with_version_1(ednsflags=UNKNOWN_FLAG), bad_version, "udp"),
    ("8 DO -> DO and RRSIG", ask(ednsflags=dns.flags.DO).to_wire(), no_error(opt=True, do=True), "udp"),
    ("9 NSID, ECS, EXPIRE, COOKIE -> answer", ask(options=EVERY_OPTION).to_wire(), no_error(opt=True), "udp"),
    ("10 512 bytes -> TC", ask("big.example", "TXT", payload=512).to_wire(), cut_at(512, opt=True), "udp"),
    ("11 1232 bytes -> TC", ask("big.example", "TXT", payload=1232).to_wire(), cut_at(1232, opt=True), "udp"),
    ("12 EDNS over TCP -> whole", ask("big.example", "TXT", payload=512).to_wire(), whole, "tcp"),
    ("13 opcode 15 -> NOTIMP", with_header(15 << 11), only(dns.rcode.NOTIMP), "udp"),
    # beyond the tester's thirteen
    ("14 two OPT -> FORMERR", with_two_opts(), only(dns.rcode.FORMERR), "udp"),
    ("15 no EDNS, large answer -> TC at 512", ask("big.example", "TXT").to_wire(), cut_at(512, opt=False), "udp"),
    ("16 reserved header bit -> cleared", with_header(RESERVED_FLAG), no_error(opt=False), "udp"),
]


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe[0])
def test_probe(table_daemon: Daemon, probe: Probe) -> None:
    """The probe gets what its name says, from the upstream and from the cache."""
    _, question, check, transport = probe
    for _ in range(2):
        wire = exchange(question, table_daemon.port, transport)
        assert wire is not None, "no answer"
        answer = dns.message.from_wire(wire)
        assert answer.id == int.from_bytes(question[:2], "big")
        check(wire, answer)

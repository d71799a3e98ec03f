"""Options in, options out; dnspython reads what is said."""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from resolver.core import codes
from resolver.core.access import packed_address
from resolver.core.answer import Answer, record
from resolver.core.cookies import Cookies
from resolver.core.edns import COOKIE_OPTION, KEEPALIVE_OPTION, NSID_OPTION, OPT_BYTES, PADDING_OPTION, make_option
from resolver.core.extras import Extras, OptionFault, Options
from resolver.core.limits import Limits
from resolver.core.query import read_query
from tests.resolver.core.world import CLIENT, CONFIG, World, records

EVERY = ((NSID_OPTION, b""), (KEEPALIVE_OPTION, b""), (COOKIE_OPTION, b"12345678"), (PADDING_OPTION, bytes(9)))
OPTIONS = Options("ns1", Cookies([bytes(16)], lambda: 1_790_000_000.0, Limits()), Limits())
UDP, TCP, DOT, DOH = range(4)
EMPTY_KEEPALIVE = dns.edns.GenericOption(KEEPALIVE_OPTION, b"")


def world(upstream: str = "an ok.example. 60 A 203.0.113.5") -> World:
    here = World(records(upstream), config=evolve(CONFIG, nsid="ns1"))
    here.forwarder.use_cookie_secrets([bytes(16)])
    return here


def wire(name: str = "ok.example", rtype: str = "A", payload: int = 1232, **more: object) -> bytes:
    options = [dns.edns.option_from_wire(code, content, 0, len(content)) for code, content in EVERY]
    return dns.message.make_query(name, rtype, use_edns=0, options=options, payload=payload).to_wire()


def told(answer: bytes) -> list[int]:
    """The codes of its options but EDE, in order."""
    return [int(option.otype) for option in dns.message.from_wire(answer).options if option.otype != 15]


@pytest.mark.parametrize(
    ("transport", "codes_told"),
    [(UDP, [3, 10]), (TCP, [3, 11, 10]), (DOT, [3, 11, 10, 12]), (DOH, [3, 10, 12])],
)
def test_each_transport_has_its_options(transport: int, codes_told: list[int]) -> None:
    """Keepalive on TCP and DoT, padding on DoT and DoH and last; at once, late, cached and blocked alike."""
    here = world()
    for name in ("ok.example", "ok.example", "blk.example", "x.home.arpa"):
        answer = here.raw(wire(name), transport=transport)
        assert answer is not None
        assert told(answer) == codes_told


def test_nothing_is_said_unasked() -> None:
    """A query without options gets an OPT without options; one without OPT gets none."""
    here = world()
    for transport in range(4):
        assert not here.ask("ok.example", transport=transport).options
        assert here.ask("ok.example", edns=False, transport=transport).edns == -1


def test_what_is_off_is_passed_over() -> None:
    """Without NSID and secrets those two options are as any unknown one."""
    off = Options("", None, Limits())
    assert off.read((*EVERY[:3], (65001, b"x")), packed_address(CLIENT), UDP) == Extras()
    assert off.read((), packed_address(CLIENT), DOT) is None


def test_the_idle_time_is_told_in_tenths() -> None:
    """RFC 7828 section 3.1: the core's limit, which the connection keeps to."""
    data = dns.message.make_query("ok.example", "A", options=[EMPTY_KEEPALIVE]).to_wire()
    (option,) = dns.message.from_wire(world().raw(data, transport=TCP) or b"").options
    assert option.to_wire() == int(Limits().tcp_idle_seconds * 10).to_bytes(2)


def test_a_client_may_not_tell_a_time() -> None:
    """FORMERR over TCP and DoT; over UDP, and where it means nothing, it is ignored (RFC 7828 section 3)."""
    for transport in (TCP, DOT):
        with pytest.raises(OptionFault):
            OPTIONS.read([(KEEPALIVE_OPTION, bytes(2))], packed_address(CLIENT), transport)
    for transport in (UDP, DOH):
        assert OPTIONS.read([(KEEPALIVE_OPTION, bytes(2))], packed_address(CLIENT), transport) == Extras()


@given(st.binary(max_size=600), st.integers(12, 66_000))
def test_padding_fills_whole_blocks(own: bytes, others: int) -> None:
    """The message ends at a multiple of 468, or at the largest size there is; never beyond it."""
    extras = OPTIONS.read(EVERY, packed_address(CLIENT), DOT)
    assert extras is not None
    options = extras.close(own, others)
    size = others + OPT_BYTES + len(options)
    bare = others + OPT_BYTES + len(own) + len(extras.options)
    assert options.startswith(own + extras.options)
    if bare + 4 > codes.MESSAGE_BYTES_MAX:
        assert size == bare
    else:
        assert bare + 4 <= size < bare + 4 + 468
        assert size % 468 == 0 or size == codes.MESSAGE_BYTES_MAX


@pytest.mark.parametrize("transport", [DOT, DOH])
@pytest.mark.parametrize("rtype", ["A", "AAAA", "HTTPS"])
def test_a_blocked_answer_is_as_long_as_any_other(transport: int, rtype: str) -> None:
    """Padded, both fill one block: the size on the wire does not tell them apart."""
    here = world()
    sizes = {len(here.raw(wire(name, rtype), transport=transport) or b"") for name in ("ok.example", "blk.example")}
    assert sizes == {468}


@given(st.integers(512, 1232), st.integers(0, 80), st.integers(0, 300))
def test_an_answer_over_udp_is_cut_with_its_options_counted(payload: int, count: int, text: int) -> None:
    """Never larger than the client takes; where records had to go TC says so, and what the client asked for stays."""
    query = read_query(wire(payload=payload))
    assert query is not None
    query.extras = Options("n" * 100, Cookies([bytes(16)], lambda: 0.0, Limits()), Limits()).read(
        EVERY, packed_address(CLIENT), UDP
    )
    address = record(codes.A, 60, bytes(4))
    answer = Answer(codes.QR, 0, (count, 0, 0), address * count, make_option(15, bytes(2) + b"x" * text))
    data = answer.reply(query, UDP)
    read = dns.message.from_wire(data)
    assert len(data) <= payload
    assert told(data) == [3, 10]
    assert bool(read.flags & dns.flags.TC) is (len(answer.reply(query, TCP)) > payload)
    assert sum(map(len, read.answer)) == (0 if read.flags & dns.flags.TC else min(count, 1))


HERE = world()
ANY_OPTION = st.tuples(st.sampled_from([3, 8, 10, 11, 12, 15, 65_001]), st.binary(max_size=45))


@given(st.lists(ANY_OPTION, max_size=6), st.integers(0, 3))
def test_whatever_options_come_the_answer_is_a_sound_one(options: list[tuple[int, bytes]], transport: int) -> None:
    """Or FORMERR, exactly where a cookie or a keepalive is malformed; and no option of the client comes back."""
    rdata = b"".join(make_option(code, content) for code, content in options)
    plain = wire()[:28]  # header and question; its count of additional records is 1
    data = plain + b"\0\0\x29\x04\xd0" + bytes(4) + len(rdata).to_bytes(2) + rdata
    answer = HERE.raw(data, transport=transport)
    assert answer is not None
    read = dns.message.from_wire(answer)
    first = dict(reversed(options))
    bad_cookie = len(first.get(COOKIE_OPTION, bytes(8))) not in {8, *range(16, 41)}
    bad_time = transport in (TCP, DOT) and bool(first.get(KEEPALIVE_OPTION))
    assert read.rcode() == (codes.FORMERR if bad_cookie or bad_time else codes.NOERROR)
    assert set(told(answer)) <= {code for code, _ in options} & {3, 10, 11, 12}

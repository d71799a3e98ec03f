"""The compiled index."""

import contextlib
import mmap
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklist.attributes import Attributes
from blocklist.compiling import ListImage, compile_index
from blocklist.errors import IndexFault
from blocklist.index import Index, IndexedList, Match
from blocklist.matchfile import build
from blocklist.names import to_wire
from blocklist.tokens import domain_token, host_token

BASE = date(2026, 10, 1)
NOW = datetime(2026, 10, 10, tzinfo=UTC).timestamp()
Rule = tuple[str, str]  # "host" or "domain", and a name


def tokens(key: bytes, rules: Iterable[Rule]) -> list[bytes]:
    return [(host_token if kind == "host" else domain_token)(key, to_wire(name)) for kind, name in rules]


def image(
    listed: Iterable[Rule],
    exempt: Iterable[Rule] = (),
    *,
    list_id: str = "demo",
    attributes: Attributes = Attributes(30, 0),  # noqa: B008  (frozen)
    fresh: Iterable[Rule] = (),
) -> ListImage:
    key = list_id.encode().ljust(32, b"k")
    items = [(token, attributes) for token in tokens(key, listed)]
    young = b"".join(sorted(set(tokens(key, fresh))))
    return ListImage(list_id, key, BASE, build(items) if items else b"", frozenset(tokens(key, exempt)), young)


def index(*images: ListImage) -> Index:
    return Index(compile_index(images, clock_offset=NOW))


def verdict(found: Match | None) -> str | None:
    return None if found is None else "exempt" if found.exempt else found.list_id


LISTED = [
    ("domain", "blk.example"),
    ("host", "exact.example"),
    ("domain", "deep.ex.blk.example"),
    ("host", "both.test"),
]
EXEMPT = [("domain", "ex.blk.example"), ("host", "both.test"), ("host", "one.blk.example"), ("domain", "free.example")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("blk.example", "demo"),
        ("www.blk.example", "demo"),
        ("a.b.c.blk.example", "demo"),
        ("notblk.example", None),
        ("blk.example.example", None),
        ("example", None),
        ("exact.example", "demo"),
        ("child.exact.example", None),
        ("ex.blk.example", "exempt"),
        ("x.ex.blk.example", "exempt"),
        ("deep.ex.blk.example", "demo"),
        ("x.deep.ex.blk.example", "demo"),
        ("both.test", "exempt"),
        ("one.blk.example", "exempt"),
        ("x.one.blk.example", "demo"),
        ("x.free.example", "exempt"),
    ],
)
def test_the_most_specific_wins_and_at_equal_depth_the_exemption(name: str, expected: str | None) -> None:
    """Rows 1, 9, 10 and 11 of the answer table, decided by depth."""
    assert verdict(index(image(LISTED, EXEMPT)).match(to_wire(name), 0.0)) == expected


def test_the_root_is_never_listed() -> None:
    """A query for the root finds nothing."""
    assert index(image(LISTED, EXEMPT)).match(b"\0", 0.0) is None
    assert Index.empty().match(to_wire("blk.example"), 0.0) is None


def test_the_first_list_in_order_that_no_exemption_beats_wins() -> None:
    """Lists are a union; an exemption beats a list by depth, each list on its own."""
    exempt = [("domain", "ex.blk.example")]
    first = image([("domain", "blk.example")], exempt, list_id="first")
    second = image([("host", "x.ex.blk.example"), ("domain", "blk.example")], exempt, list_id="second")
    both = index(first, second)
    assert both.lists == (IndexedList("first", 1), IndexedList("second", 2))
    found = both.match(to_wire("x.ex.blk.example"), 0.0)
    assert found is not None
    assert (found.list_number, found.list_id) == (1, "second")
    assert verdict(both.match(to_wire("y.ex.blk.example"), 0.0)) == "exempt"
    assert verdict(both.match(to_wire("blk.example"), 0.0)) == "first"


def test_a_match_says_its_attributes() -> None:
    """all_types, test and the end of the last day, in POSIX seconds of trusted time."""
    found = index(image([("host", "a.test")], attributes=Attributes(30, 2, True, True))).match(to_wire("a.test"), 0.0)
    assert found == Match(False, 0, "demo", True, True, datetime(2026, 11, 1, tzinfo=UTC).timestamp())


def test_an_expired_record_never_matches() -> None:
    """It matches until the last moment of its day, and then a less specific live record decides."""
    key = b"k" * 32
    short, long = tokens(key, [("host", "a.blk.test"), ("domain", "blk.test")])
    items = [(short, Attributes(9, 0)), (long, Attributes(30, 0, True))]
    lookup = index(ListImage("demo", key, BASE, build(items), frozenset()))
    last = datetime(2026, 10, 11, tzinfo=UTC).timestamp() - NOW
    before, after = (lookup.match(to_wire("a.blk.test"), now) for now in (last - 0.001, last))
    assert before is not None and not before.all_types
    assert after is not None and after.all_types
    assert lookup.match(to_wire("a.blk.test"), last + 30 * 86400) is None


def test_a_match_says_which_fresh_record_it_is() -> None:
    """Fresh records are numbered through all lists; others, exempt names and tokens no longer enforced have none."""
    first = image(LISTED, fresh=[("host", "exact.example"), ("domain", "gone.example")], list_id="first")
    second = image([("host", "new.test"), ("domain", "free.example")], EXEMPT, fresh=[("host", "new.test")])
    both = index(first, second)
    assert both.fresh_counts == (1, 1)
    found = {name: both.match(to_wire(name), 0.0) for name in ("exact.example", "new.test", "blk.example")}
    assert {name: each and each.fresh for name, each in found.items()} == {
        "exact.example": 0,
        "new.test": 1,
        "blk.example": -1,
    }
    assert both.match(to_wire("gone.example"), 0.0) is None
    exempt = both.match(to_wire("free.example"), 0.0)
    assert exempt is not None and exempt.fresh == -1


@settings(max_examples=30)
@given(st.data())
def test_every_fresh_record_has_a_number_of_its_own(data: st.DataObject) -> None:
    """For arbitrary subsets the numbers are 0, 1, … in the order of the tokens, list after list."""
    names = [("host", f"n{number}.test") for number in range(40)]
    images: list[ListImage] = []
    numbers: dict[Rule, int] = {}
    for list_id in ("first", "second"):
        fresh = data.draw(st.sets(st.sampled_from(names)))
        rules = [("host", f"{name}.{list_id}") for _, name in names]
        young = [("host", f"{name}.{list_id}") for _, name in fresh]
        images.append(image(rules, list_id=list_id, fresh=young))
        by_token = dict(zip(tokens(list_id.encode().ljust(32, b"k"), young), young, strict=True))
        numbers |= {by_token[token]: len(numbers) + at for at, token in enumerate(sorted(by_token))}
    lookup = index(*images)
    for list_id in ("first", "second"):
        for _, name in names:
            found = lookup.match(to_wire(f"{name}.{list_id}"), 0.0)
            assert found is not None and found.fresh == numbers.get(("host", f"{name}.{list_id}"), -1)


def test_bytes_views_and_maps_serve_alike() -> None:
    """The same bytes answer the same from memory and from a mapping."""
    packed = compile_index([image(LISTED)], clock_offset=NOW)
    mapped = mmap.mmap(-1, len(packed))
    mapped.write(packed)
    for buffer in (packed, memoryview(packed), mapped):
        assert verdict(Index(buffer).match(to_wire("x.blk.example"), 0.0)) == "demo"


@settings(max_examples=30)
@given(st.sets(st.tuples(st.sampled_from(["host", "domain"]), st.from_regex(r"[a-c](\.[a-c]){0,3}", fullmatch=True))))
def test_the_index_agrees_with_a_plain_search(rules: set[Rule]) -> None:
    """For arbitrary small lists the buckets find exactly what reading the rules finds."""
    lookup = index(image(rules))
    for name in ("a", "b.a", "c.b.a", "a.c.b.a", "a.a.a.a.a"):
        parents = {name.split(".", depth)[-1] for depth in range(name.count(".") + 1)}
        listed = ("host", name) in rules or any(kind == "domain" and rule in parents for kind, rule in rules)
        assert (lookup.match(to_wire(name), 0.0) is not None) == listed


def test_records_of_one_bucket_are_told_apart() -> None:
    """Tokens that share all but their last byte are each found."""
    key = b"k" * 32
    token = domain_token(key, to_wire("blk.test"))
    near = [(token[:15] + bytes((last,)), Attributes(30, 0)) for last in range(256)]
    lookup = index(ListImage("demo", key, BASE, build(near), frozenset()))
    assert verdict(lookup.match(to_wire("blk.test"), 0.0)) == "demo"


def test_a_token_across_two_records_is_no_match() -> None:
    """A forger who lays a token over the end of one record and the start of the next lists nothing."""
    key = b"k" * 32
    wires = (to_wire(f"n{number}.test") for number in count())
    # The second record must fall into the bucket of the first: look for a token that ends as it starts.
    wire, token = next((w, t) for w in wires if (t := host_token(key, w))[:2] == t[14:])
    forged = token[:2] + b"\0\0" + token + b"\xff" * 14 + b"\x7f\x80"
    lookup = index(ListImage("demo", key, BASE, forged, frozenset()))
    assert len(forged) == 36 and forged[18:20] == token[:2]
    assert lookup.match(wire, 0.0) is None


PACKED = compile_index([image(LISTED, EXEMPT)], clock_offset=NOW)


@pytest.mark.parametrize(
    "buffer",
    [
        b"",
        bytes(len(PACKED)),
        PACKED[:-1],
        PACKED + b"\0",
        PACKED[:16] + (2**60).to_bytes(8, sys.byteorder) + PACKED[24:],
        PACKED[:32] + (2**40).to_bytes(8, sys.byteorder) + PACKED[40:],
        PACKED[:32] + (1).to_bytes(8, sys.byteorder) + PACKED[40:],
    ],
)
def test_a_buffer_that_is_no_index_is_refused(buffer: bytes) -> None:
    """Magic, length and bounds are checked before anything is asked."""
    with pytest.raises(IndexFault):
        Index(buffer)


@pytest.mark.parametrize("bucket", [0, 30_000, 65_536])
def test_a_directory_out_of_order_is_refused(bucket: int) -> None:
    """A directory that would read outside its list is found when the index is opened."""
    at = int.from_bytes(PACKED[32:40], sys.byteorder) + bucket * 4
    with pytest.raises(IndexFault) as caught:
        Index(PACKED[:at] + b"\xff\xff\xff\x7f" + PACKED[at + 4 :])
    assert caught.value.code == "directory"


@pytest.mark.parametrize("number", [0, 2**31])
def test_fresh_records_out_of_order_or_bounds_are_refused(number: int) -> None:
    """A number that would be searched in vain, or reads outside the list, is found when the index is opened."""
    packed = compile_index([image(LISTED, fresh=LISTED)], clock_offset=NOW)
    at = int.from_bytes(packed[32:40], sys.byteorder) + 65_537 * 4 + 3 * 4
    with pytest.raises(IndexFault) as caught:
        Index(packed[:at] + number.to_bytes(4, sys.byteorder) + packed[at + 4 :])
    assert caught.value.code == "fresh"


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_damage_of_the_header_breaks_the_reader(noise: bytes, position: int) -> None:
    """Damaged descriptors make an index or an IndexFault, nothing else."""
    damaged = PACKED[:position] + noise + PACKED[position + len(noise) :]
    with contextlib.suppress(IndexFault):
        Index(damaged)


def test_no_name_is_in_the_index() -> None:
    """Neither text nor wire form of a listed or exempt name is in the buffer."""
    for _, name in (*LISTED, *EXEMPT):
        label = name.split(".")[0].encode()
        assert len(label) < 4 or label not in PACKED
        assert to_wire(name)[:-1] not in PACKED


def test_a_part_decides_by_some_lists_alone() -> None:
    """A list left out is as if it were not there, with its exemptions; numbers stay those of the whole."""
    first = image(LISTED, EXEMPT, list_id="first", fresh=[("host", "exact.example")])
    second = image([("domain", "blk.example"), ("host", "two.test")], list_id="second", fresh=[("host", "two.test")])
    whole = index(first, second)
    part, nothing = whole.only({"second", "unknown"}), whole.only(())
    for name, by_whole, by_part in (
        ("x.blk.example", "first", "second"),
        ("ex.blk.example", "second", "second"),
        ("exact.example", "first", None),
        ("free.example", "exempt", None),
        ("two.test", "second", "second"),
    ):
        assert verdict(whole.match(to_wire(name), 0.0)) == by_whole
        assert verdict(part.match(to_wire(name), 0.0)) == by_part
        assert nothing.match(to_wire(name), 0.0) is None
    assert part.match(to_wire("two.test"), 0.0) == whole.match(to_wire("two.test"), 0.0)
    assert part.fresh_counts == whole.fresh_counts

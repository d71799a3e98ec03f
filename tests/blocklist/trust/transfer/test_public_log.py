"""The public record, as a subscriber follows it from visit to visit."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from blocklist import merkle
from blocklist.errors import BlocklistError
from blocklist.manifest import FileRef, LogHead, Manifest, full_path
from blocklist.public_log import LogLine
from blocklist.trust.limits import SizeLimits
from blocklist.trust.transfer.public_log import LogSeen, PublicRecord
from tests.blocklist.trust.conftest import MIRROR
from tests.blocklist.trust.list_body import BASIS, LIST_ID, NOW, PURPOSE, ListBody, MemoryTransport, names

STEP = 300  # bytes of the record at a time: less than two lines


@define
class Witness:
    """A body that keeps a public record, and a subscriber that follows it."""

    body: ListBody
    alarms: list[str] = field(factory=list)
    seen: LogSeen = field(factory=LogSeen)
    transport: MemoryTransport = field(init=False)
    record: PublicRecord = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.body.with_log = True
        self.transport = MemoryTransport({MIRROR: self.body.files})
        self.record = PublicRecord(self.transport, LIST_ID, self._alarm, SizeLimits(log_step_bytes=STEP))

    def _alarm(self, error: Exception) -> None:
        assert isinstance(error, BlocklistError)
        self.alarms.append(error.code)

    def look(self, manifest: Manifest) -> LogSeen:
        self.seen = self.record.follow(MIRROR, manifest, self.seen)
        return self.seen

    def publish(self, times: int = 1) -> Manifest:
        for _ in range(times):
            manifest = self.body.publish(names(1))
        return manifest

    def sign(self, head: LogHead) -> Manifest:
        """The newest index with another head."""
        assert self.body.manifest is not None
        return evolve(self.body.manifest, log=head)


@pytest.fixture
def witness(body: ListBody) -> Witness:
    return Witness(body)


def test_whole_record_is_taken_at_first_sight(witness: Witness) -> None:
    """A new subscriber reads it from the first line, in steps, and has the root that the editors signed."""
    manifest = witness.publish(10)
    seen = witness.look(manifest)
    assert manifest.log is not None
    assert (seen.size, seen.root, seen.offset) == (10, manifest.log.root, len(witness.body.files["/log.jsonl"]))
    assert (seen.version, seen.count, seen.contradiction, witness.alarms) == (10, 1, "", [])
    assert len(witness.transport.asked) > 5


def test_only_what_is_new_is_fetched(witness: Witness) -> None:
    """Later visits go on from the known end; the same head asks for nothing."""
    witness.look(witness.publish(3))
    witness.transport.asked.clear()
    witness.look(witness.publish())
    assert (len(witness.transport.asked), witness.seen.size) == (1, 4)
    witness.look(witness.body.manifest or pytest.fail())
    assert (len(witness.transport.asked), witness.alarms) == (1, [])


def test_lines_of_versions_still_to_come_wait(witness: Witness) -> None:
    """A record published ahead of the index that signs it is read as far as is signed."""
    first = witness.publish()
    witness.publish(2)
    assert witness.look(first).size == 1
    assert witness.look(witness.publish()).size == 4
    assert witness.alarms == []


def test_list_without_a_record_has_nothing_to_follow(witness: Witness) -> None:
    """A body that keeps none is no fault; one that kept one and stops is."""
    witness.body.with_log = False
    assert witness.look(witness.publish()) == LogSeen()
    witness.body.with_log = True
    witness.look(witness.publish())
    witness.body.with_log = False
    assert witness.look(witness.publish()).contradiction
    assert witness.alarms == ["log_inconsistent"]


def _shorter(witness: Witness) -> Manifest:
    witness.body.log_lines.pop()
    return witness.sign(witness.body.put_log())


def _same_size(witness: Witness) -> Manifest:
    witness.body.log_lines[1] = witness.body.log_lines[1].replace(b'"adds":0', b'"adds":7')
    return witness.sign(witness.body.put_log())


def _longer(witness: Witness) -> Manifest:
    _same_size(witness)
    return witness.publish(2)


def _longer_elsewhere(witness: Witness) -> Manifest:
    """Lines of another length, so that reading on starts within one."""
    witness.body.log_lines[1] = witness.body.log_lines[1].replace(b'"adds":0', b'"adds":77777')
    witness.body.put_log()
    return witness.publish(2)


@pytest.mark.parametrize("rewrite", [_shorter, _same_size, _longer, _longer_elsewhere])
def test_rewritten_record_is_told_for_good(witness: Witness, rewrite: object) -> None:
    """A record that shrank or was changed is told at every visit from then on, and what was seen is kept."""
    before = witness.look(witness.publish(3))
    manifest = rewrite(witness)  # type: ignore[operator]
    after = witness.look(manifest)
    assert manifest.log.root in after.contradiction
    assert before.root in after.contradiction
    assert (after.size, after.root) == (before.size, before.root)
    witness.look(witness.publish())
    assert witness.alarms == ["log_inconsistent"] * 2


@pytest.mark.parametrize("change", [{"version": 9}, {"count": 5}])
def test_record_that_says_something_else_than_the_index(witness: Witness, change: dict[str, int]) -> None:
    """The last line must be about the version that signs it, and tell its true number of records."""
    seen = witness.look(evolve(witness.publish(2), **change))
    assert "number of records" in seen.contradiction
    assert witness.alarms == ["log_inconsistent"]


def test_version_without_a_line_of_its_own_is_told(witness: Witness) -> None:
    """A head signed once more under a higher version would keep that version out of the public record."""
    manifest = witness.publish(2)
    assert witness.look(manifest).contradiction == ""
    assert "number of records" in witness.look(evolve(manifest, version=3)).contradiction
    assert witness.alarms == ["log_inconsistent"]


def _gone(files: dict[str, bytes]) -> None:
    del files["/log.jsonl"]


def _late(files: dict[str, bytes]) -> None:
    files["/log.jsonl"] = files["/log.jsonl"][:-10]


def _bent(files: dict[str, bytes]) -> None:
    files["/log.jsonl"] = files["/log.jsonl"].replace(b'"removals":0', b'"removals":9')


def _no_lines(files: dict[str, bytes]) -> None:
    files["/log.jsonl"] = b"x" * 100_000


def _twice(files: dict[str, bytes]) -> None:
    files["/log.jsonl"] *= 2


def _of_another_list(files: dict[str, bytes]) -> None:
    files["/log.jsonl"] = files["/log.jsonl"].replace(b'"list_id":"demo"', b'"list_id":"omed"')


@pytest.mark.parametrize("spoil", [_gone, _late, _bent, _no_lines, _of_another_list])
@pytest.mark.parametrize("first", [True, False])
def test_badly_served_record_is_no_accusation_and_heals(witness: Witness, spoil: object, first: bool) -> None:
    """What a mirror serves is unsigned: it is told from the second time on, and a good mirror ends it."""
    if not first:
        witness.look(witness.publish())
    before, manifest = witness.seen, witness.publish(2)
    good = dict(witness.body.files)
    spoil(witness.body.files)  # type: ignore[operator]
    assert witness.look(manifest) == before
    assert (witness.record.lags, witness.alarms) == (True, [])
    assert witness.look(manifest) == before
    assert (witness.record.lags, witness.alarms) == (False, ["log"])
    witness.body.files.update(good)
    assert witness.look(manifest).matches(manifest.log or pytest.fail())
    assert witness.alarms == ["log"]


def test_mirror_that_bends_the_tail_only_once_does_no_harm(witness: Witness) -> None:
    """When the whole record still has what was seen, it is the mirror that was wrong, and nobody is accused."""
    witness.look(witness.publish())
    manifest = witness.publish()

    class Once(MemoryTransport):
        def get(self, url: str, max_bytes: int, **how: object) -> object:  # type: ignore[override]
            reply = super().get(url, max_bytes, **how)  # type: ignore[arg-type]
            return evolve(reply, body=b"x" + reply.body[1:]) if len(self.asked) == 1 else reply

    witness.record.transport = Once({MIRROR: witness.body.files})
    assert witness.look(manifest).size == 2
    assert witness.alarms == []


def test_lines_after_the_signed_ones_are_not_looked_at(witness: Witness) -> None:
    """Whatever a mirror appends has no part in it."""
    manifest = witness.publish(2)
    _twice(witness.body.files)
    assert witness.look(manifest).size == 2


def test_record_beyond_its_limit_is_not_read_to_the_end(witness: Witness) -> None:
    """A head that claims any number of lines does not make this host read without end."""
    witness.publish(20)
    witness.record.sizes = SizeLimits(log_step_bytes=STEP, log_bytes=1000)
    for _ in range(2):
        witness.look(witness.sign(LogHead(2**40, "ab" * 32)))
    assert witness.alarms == ["log"]
    assert len(witness.transport.asked) == 8


def _line(version: int, adds: int) -> bytes:
    line = LogLine(
        list_id=LIST_ID, version=version, signed_at=NOW, count=1, adds=adds, removals=0, commitment="cd" * 32
    )
    return line.to_bytes()


def _record(adds: list[int]) -> tuple[bytes, LogHead]:
    lines = [_line(version, count) for version, count in enumerate(adds, 1)]
    root = merkle.root(map(merkle.leaf_hash, lines)).hex()
    return b"".join(line + b"\n" for line in lines), LogHead(len(lines), root)


INDEX = Manifest(
    list_id=LIST_ID,
    purpose=PURPOSE,
    version=1,
    signed_at=NOW,
    epoch=1,
    base_date=date(2026, 11, 1),
    count=1,
    set_sha256="0" * 64,
    full=FileRef(full_path(1, 1), 1),
    basis=BASIS,
    criteria_set="demo-1",
)
COUNTS = st.integers(0, 3) | st.integers(0, 2**40)


@given(
    st.lists(COUNTS, min_size=1, max_size=9),
    st.lists(COUNTS, max_size=9),
    st.integers(0, 9),
    st.none() | st.binary(max_size=4000),
)
def test_accused_is_exactly_who_rewrote(before: list[int], after: list[int], shared: int, served: bytes | None) -> None:
    """Whatever two histories a body signs in turn, and whatever a mirror serves: an accusation is always true.

    A good mirror hides no rewriting, and a record that only grew is taken.
    """
    later = before[:shared] + after or [0]
    rewritten = later[: len(before)] != before
    files = {}
    record = PublicRecord(
        MemoryTransport({MIRROR: files}), LIST_ID, lambda error: None, SizeLimits(log_step_bytes=STEP)
    )
    seen = LogSeen()
    for adds, bent in ((before, None), (later, served)):
        files["/log.jsonl"], head = _record(adds)
        if bent is not None:
            files["/log.jsonl"] = bent
        manifest = evolve(INDEX, version=len(adds), full=FileRef(full_path(1, len(adds)), 1), log=head)
        seen = record.follow(MIRROR, manifest, seen)
    if served is None:
        assert bool(seen.contradiction) == rewritten
        assert rewritten or seen.size == len(later)
    assert rewritten or not seen.contradiction
    assert seen.size >= len(before)

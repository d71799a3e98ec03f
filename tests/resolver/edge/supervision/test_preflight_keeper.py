"""What the report is worth while the resolver runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from blocklist.trust.local.preflight import REPORT_NAME, Finding, Standing, State, keep_report, make_report
from blocklist.trust.storage import host_key
from resolver.edge.supervision.preflight_keeper import LOOK_SECONDS, PreflightFault, PreflightKeeper, require_vouched
from resolver.settings import Settings
from resolver.settings.fingerprint import fingerprint
from tests.resolver.edge.settings_for_edge import changed, settings

DAY = 86_400.0
ON = {"preflight": {"required": True}}


class Bench:
    """A keeper with a real file and a fake clock."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.folder = folder
        self.settings = settings(folder, **ON | more)
        self.clock, self.began = Clock(), time.time()
        self.changes = 0
        self.said: list[str] = []
        reactor: Any = self.clock
        self.keeper = PreflightKeeper(reactor, self.now, self.settings.state, self.count, self.said.append)

    def now(self) -> float:
        return self.began + self.clock.seconds()

    def count(self) -> None:
        self.changes += 1

    def write(self, given: Settings | None = None, state: State = State.PASSED) -> None:
        write_report(given or self.settings, self.now(), state)


def write_report(given: Settings, now: float, state: State = State.PASSED) -> None:
    """A report of this host, as the command makes it, of one check."""
    key = host_key.load_or_create(given.state)
    finding = Finding("swap", state, "スワップ", "swap", "…", "…")
    lists = [each.id for each in given.lists]
    facts: dict[str, Any] = {"host": "r1", "version": "1", "settings": fingerprint(given), "lists": lists}
    keep_report(given.state, make_report(key, now=now, findings=[finding], before=None, **facts), key)


def test_a_report_made_while_we_run_is_found_within_a_minute(tmp_path: Path) -> None:
    """No restart, no command: promises begin, and are told of once."""
    bench = Bench(tmp_path)
    bench.keeper.configure(bench.settings)
    assert (bench.keeper.standing, bench.keeper.promised) == (Standing.MISSING, False)
    bench.write()
    bench.clock.advance(LOOK_SECONDS)
    assert (bench.keeper.standing, bench.changes) == (Standing.PASSED, 1)
    bench.clock.advance(LOOK_SECONDS)
    assert bench.changes == 1
    assert [each.split(":")[0] for each in bench.said] == [
        "the preflight report is missing",
        "the preflight report is valid",
    ]


def test_it_ends_on_time_and_withdraws_its_promises(tmp_path: Path) -> None:
    """At its end, not a minute later; an alarm and no more."""
    bench = Bench(tmp_path)
    bench.write()
    bench.keeper.configure(bench.settings)
    assert bench.keeper.promised
    until = bench.keeper.view().not_after
    assert until is not None
    bench.began += 90 * DAY - 2 * LOOK_SECONDS  # the days before, without their looks
    bench.clock.pump([LOOK_SECONDS] * int((until - bench.now()) // LOOK_SECONDS))
    assert bench.keeper.promised
    bench.clock.advance(until - bench.now())
    assert (bench.keeper.standing, bench.changes) == (Standing.EXPIRED, 1)


def test_a_wall_clock_that_is_set_is_noticed(tmp_path: Path) -> None:
    """The timer runs on the steady clock, what it looks at is the other."""
    bench = Bench(tmp_path)
    bench.write()
    bench.keeper.configure(bench.settings)
    bench.began += 100 * DAY
    bench.clock.advance(LOOK_SECONDS)
    assert bench.keeper.standing is Standing.EXPIRED


def test_other_settings_need_another_report(tmp_path: Path) -> None:
    """The old one promises nothing about them."""
    bench = Bench(tmp_path)
    bench.write()
    other = changed(bench.settings, tmp_path, answer={"ttl": 5})
    bench.keeper.configure(other)
    assert bench.keeper.standing is Standing.OTHER_SETTINGS
    bench.write(other)
    assert bench.keeper.look() is Standing.PASSED
    assert bench.changes == 1


def test_a_failed_examination_withdraws_promises(tmp_path: Path) -> None:
    """What was found last counts, also when what was found before was better."""
    bench = Bench(tmp_path)
    bench.write()
    bench.keeper.configure(bench.settings)
    key = host_key.load_or_create(bench.settings.state)
    before = bench.keeper._read
    finding = Finding("swap", State.FAILED, "", "", "", "")
    facts: dict[str, Any] = {"host": "r1", "version": "1", "settings": fingerprint(bench.settings), "lists": ["demo"]}
    report = make_report(key, now=bench.now(), findings=[finding], before=before, **facts)
    keep_report(bench.settings.state, report, key)
    assert bench.keeper.look() is Standing.FAILED
    require_vouched(bench.settings)  # nothing ends by it


def test_where_none_is_required_none_is_looked_for(tmp_path: Path) -> None:
    """No alarm, no promise, no file; nor where there is no list to answer for."""
    for more in ({"preflight": {"required": False}}, {"lists": []}):
        bench = Bench(tmp_path, **more)
        bench.keeper.configure(bench.settings)
        require_vouched(bench.settings)
        assert (bench.keeper.standing, bench.keeper.promised, bench.said) == (Standing.NOT_REQUIRED, False, [])
        assert bench.keeper.view().not_after is None
        assert not bench.settings.state.exists()


def test_a_damaged_report_is_told_once_and_is_none(tmp_path: Path) -> None:
    """Not once a minute."""
    bench = Bench(tmp_path)
    bench.write()
    bench.keeper.configure(bench.settings)
    (bench.settings.state / REPORT_NAME).write_bytes(b"{}")
    bench.clock.pump([LOOK_SECONDS] * 3)
    assert bench.keeper.standing is Standing.MISSING
    assert len([each for each in bench.said if "cannot be used" in each]) == 1


def test_no_look_after_the_end(tmp_path: Path) -> None:
    """Stopped is stopped."""
    bench = Bench(tmp_path)
    bench.keeper.configure(bench.settings)
    bench.keeper.stop()
    assert not bench.clock.getDelayedCalls()


def test_a_list_nobody_vouches_for_may_not_begin(tmp_path: Path) -> None:
    """The sentence names the list and the command; a damaged report says so; lists that go on need nothing."""
    given = settings(tmp_path, **ON)
    with pytest.raises(PreflightFault, match=r"list demo may not be enforced .* has passed: run `mamori preflight"):
        require_vouched(given)
    require_vouched(given, given)
    write_report(given, time.time(), State.FAILED)
    with pytest.raises(PreflightFault):
        require_vouched(given)
    write_report(given, time.time() - 100 * DAY)
    require_vouched(given)
    (given.state / REPORT_NAME).write_bytes(b"{}")
    with pytest.raises(PreflightFault, match="not signed by this host"):
        require_vouched(given)
    with pytest.raises(PreflightFault):  # nothing was required of what runs
        require_vouched(given, changed(given, tmp_path, preflight={"required": False}))


def test_no_start_is_refused_for_a_list_that_was_taken_here_before(tmp_path: Path) -> None:
    """After an upgrade from a release without preflight, or with a damaged report: customers keep their DNS."""
    given = settings(tmp_path, **ON)
    held = given.state / "lists" / given.lists[0].id / "versions"
    held.mkdir(parents=True)
    with pytest.raises(PreflightFault):  # a folder alone is no list
        require_vouched(given)
    (held / "7.sealed").write_bytes(b"")
    require_vouched(given)
    (given.state / REPORT_NAME).write_bytes(b"{}")
    require_vouched(given)
    with pytest.raises(PreflightFault, match=r"\(to try it out only: .*\)$"):  # a change leaves what was there
        require_vouched(given, changed(given, tmp_path, lists=[]))
    more = changed(given, tmp_path, lists=[*given.raw["lists"], given.raw["lists"][0] | {"id": "more"}])
    with pytest.raises(PreflightFault, match="list more may"):
        require_vouched(more)
    with pytest.raises(PreflightFault, match="a restart with this file would be refused, too"):
        require_vouched(more, given)


def test_a_new_list_beside_one_that_goes_on_needs_a_report(tmp_path: Path) -> None:
    """Only the new one is named."""
    given = settings(tmp_path, **ON)
    more = changed(given, tmp_path, lists=[*given.raw["lists"], given.raw["lists"][0] | {"id": "more"}])
    with pytest.raises(PreflightFault, match="list more may"):
        require_vouched(more, given)

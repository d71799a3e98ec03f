"""No list is enforced before the preflight has passed, and nothing that is enforced ends by what becomes of it later.

It is one life of a real daemon: each step begins where the one before has left the resolver.
"""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blocklist.trust.local.preflight import REPORT_NAME
from resolver.edge.supervision import control_client
from tests.acceptance.test_life import is_notice, until
from tests.resolver.edge.fake_upstream import FakeUpstream
from tests.support.daemon import Daemon, listing
from tests.support.listbody import ListBody, entry
from tests.support.markers import found
from tests.support.preflight import NOTICE_HOST

pytestmark = [pytest.mark.daemon, pytest.mark.xdist_group("preflight"), pytest.mark.timeout(400)]

DAY = 86_400.0
NEVER = "mail.isp.example"
RELEASE = {"enabled": True, "lines_served": 200_000}
NO_RECORD = "開いた記録は残していません"


class World:
    """A resolver for customers, not for trying it out, and its list body."""

    def __init__(self, folder: Path) -> None:
        self.upstream = FakeUpstream()
        self.daemon = Daemon(folder / "isp", self.upstream.address, [], release=RELEASE)
        self.daemon.settings["preflight"] = {"required": True}
        self.daemon.settings["access"] = {"allow": ["127.0.0.1/32", "::1/128"]}
        self.daemon.settings["notices"]["default"]["listen"] = [f"{NOTICE_HOST}:{self.daemon.notice_port}"]
        self.body = ListBody(folder, self.daemon.public_key(), [entry("blk.example", "domain")])
        self.daemon.settings["lists"] = [listing(self.body.root, self.body.url, never=[NEVER])]

    def stop(self) -> None:
        self.daemon.stop()
        self.body.stop()
        self.upstream.close()

    def standing(self) -> str:
        return str(self.status()["preflight"]["standing"])

    def status(self) -> dict[str, Any]:
        """As `mamori status --json` gets it, without a process for each."""
        document: dict[str, Any] = control_client.ask(self.daemon.state, "status")["status"]
        return document

    def blocks(self) -> bool:
        return is_notice(self.daemon.port, "blk.example")

    def promised(self) -> tuple[bool, float, float]:
        """The sentence on the page, the release, the metric."""
        request = urllib.request.Request(
            f"http://{NOTICE_HOST}:{self.daemon.notice_port}/", headers={"Accept": "text/html"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                page = answer.read().decode()
        except urllib.error.HTTPError as refusal:
            page = refusal.read().decode()
        series = ("mamori_block_release_enabled", "mamori_preflight_valid")
        return NO_RECORD in page, *(self.daemon.metric(each) for each in series)  # type: ignore[return-value]

    def waits_for(self, promised: tuple[bool, float, float]) -> None:
        """A notice process is renewed, which takes long where much else is done."""
        until(lambda: self.promised() == promised, f"{promised}", 60.0)

    def reload(self) -> tuple[int, str]:
        self.daemon.write_config()
        done = self.daemon.command("reload")
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.stop()


def nothing_begins_without_a_report(world: World) -> None:
    """Exit code 1 and the command to type; a report that did not pass is none."""
    done = world.daemon.command("run")
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "list demo may not be enforced before the preflight of this host has passed" in said
    assert "mamori preflight --config" in said


def the_command_says_what_is_wrong_with_this_machine(world: World) -> None:
    """Typed as an operator does: what a developer's machine lacks fails, with what to do."""
    world.daemon.write_config()
    done = world.daemon.command("preflight", "--language", "en")
    assert done.returncode == 1
    failed = set(re.findall(r"^\[FAILED\] .*? \((\w+)\): ", done.stdout, re.MULTILINE))
    assert failed > {"laptop", "trial_settings", "notice_address", "flow_export", "decision"}
    assert done.stdout.count("    To do: ") == done.stdout.count("[FAILED]")


def a_report_begins_enforcement_and_gives_promises(world: World) -> None:
    """The notice says that no record is kept, totals are released, status and metrics say until when."""
    report = world.daemon.pass_preflight()
    world.daemon.start()
    assert world.blocks()
    assert world.standing() == "passed"
    world.waits_for((True, 1, 1))
    until_when = world.daemon.metric("mamori_preflight_not_after_timestamp_seconds")
    assert until_when == report.not_after.timestamp()
    assert f"preflight passed, valid until {report.not_after:%Y-%m-%d}" in world.daemon.command("status").stdout


def another_list_does_not_begin_by_a_reload(world: World) -> None:
    """Refused with nothing changed, and the command to type."""
    before = world.daemon.settings["lists"]
    world.daemon.settings["lists"] = [*before, before[0] | {"id": "more"}]
    code, said = world.reload()
    assert (code, "list more may not be enforced" in said, "nothing was changed" in said) == (1, True, True)
    world.daemon.settings["lists"] = before
    assert (world.standing(), [each["list_id"] for each in world.status()["lists"]]) == ("passed", ["demo"])


def other_settings_withdraw_the_promises_only(world: World) -> None:
    """Blocking goes on; the page says nothing about records any more, and release pauses."""
    world.daemon.settings["answer"] = {"ttl": 5}
    assert world.reload()[0] == 0
    assert world.standing() == "other_settings"
    world.waits_for((False, 0, 0))
    assert world.blocks()


def a_new_report_gives_them_again_without_a_restart(world: World) -> None:
    """The running resolver is told by the command's own question."""
    world.daemon.pass_preflight()
    assert world.daemon.tell_preflight()["ok"]
    world.waits_for((True, 1, 1))


def new_code_knows_it(world: World) -> None:
    """An upgrade does not lose the report."""
    done = world.daemon.command("upgrade")
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.standing() == "passed"
    world.waits_for((True, 1, 1))


def an_expired_report_alarms_and_stops_nothing(world: World) -> None:
    """Not the running resolver, not `mamori status`."""
    world.daemon.pass_preflight(now=time.time() - 91 * DAY)
    assert not world.daemon.tell_preflight()["ok"]
    world.waits_for((False, 0, 0))
    assert world.blocks()
    status = world.daemon.command("status")
    assert (status.returncode, world.standing()) == (0, "expired"), status.stderr
    assert "PREFLIGHT ENDED on" in status.stdout


def a_lost_report_stops_no_start(world: World) -> None:
    """As after an upgrade from a release without preflight: what was in force here is, with an alarm and no promise."""
    world.daemon.stop()
    (world.daemon.state / REPORT_NAME).unlink()
    world.daemon.start()
    assert world.blocks()
    assert world.standing() == "missing"
    world.waits_for((False, 0, 0))


def a_failed_examination_withdraws_the_promises_at_once(world: World) -> None:
    """The command itself, beside the running resolver, which refused its question as a stranger's."""
    world.daemon.pass_preflight()
    assert world.daemon.tell_preflight()["ok"]
    done = world.daemon.command("preflight", "--language", "en")
    assert (done.returncode, "[passed] Open resolver" in done.stdout) == (1, True)
    assert "the running resolver: the preflight report says that a check failed" in done.stderr
    world.waits_for((False, 0, 0))
    assert (world.blocks(), world.standing()) == (True, "failed")


def no_trace_of_customers_in_the_report(world: World) -> None:
    """What is listed, was asked, or must never be blocked is nowhere in it, in no form."""
    data = (world.daemon.state / REPORT_NAME).read_bytes()
    assert found(data, ["blk.example", NEVER]) == set()
    assert found(world.daemon.config.read_bytes(), [NEVER])  # the search does find it where it is


LIFE = (
    the_command_says_what_is_wrong_with_this_machine,
    nothing_begins_without_a_report,
    a_report_begins_enforcement_and_gives_promises,
    another_list_does_not_begin_by_a_reload,
    other_settings_withdraw_the_promises_only,
    a_new_report_gives_them_again_without_a_restart,
    new_code_knows_it,
    an_expired_report_alarms_and_stops_nothing,
    a_lost_report_stops_no_start,
    a_failed_examination_withdraws_the_promises_at_once,
    no_trace_of_customers_in_the_report,
)


def test_a_life_with_the_preflight(world: World) -> None:
    """Each step says what it proves; none of them ends what is enforced."""
    for step in LIFE:
        step(world)

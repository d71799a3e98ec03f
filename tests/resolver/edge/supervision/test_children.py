"""One child kept alive."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.task import Clock

from native import REQUIRE, SWITCH
from resolver.edge.supervision.children import Keeper, KeeperLimits, environment_of_children
from tests.resolver.edge.fake_children import FakeLauncher, memfd


class Kept:
    """A keeper of a fake updater."""

    def __init__(self) -> None:
        self.clock, self.launcher = Clock(), FakeLauncher()
        self.heard: list[dict[str, Any]] = []
        self.deaths: list[tuple[str, str]] = []
        self.keeper = Keeper(
            "updater",
            self.clock,  # type: ignore[arg-type]
            self.launcher,
            lambda child: child.send({"type": "start"}),
            lambda message, _fds: self.heard.append(message),
            lambda kind, reason: self.deaths.append((kind, reason)),
            KeeperLimits(first_delay=1, longest_delay=4, settled_after=60, stop_within=3),
        )
        self.keeper.start()


def test_dead_child_is_replaced_later_and_later() -> None:
    """Each quick death doubles the pause up to the longest; each death is counted."""
    kept = Kept()
    for pause in (1, 2, 4, 4):
        kept.launcher.newest("updater").die("exit_error")
        assert not kept.keeper.send({"type": "command"})
        kept.clock.advance(pause - 0.01)
        assert not kept.launcher.living("updater")
        kept.clock.advance(0.01)
        assert kept.launcher.newest("updater").sent == [{"type": "start"}]
    assert kept.deaths == [("updater", "exit_error")] * 4


def test_long_life_makes_the_next_restart_quick() -> None:
    """A child that settled is restarted after the first pause again."""
    kept = Kept()
    kept.launcher.newest("updater").die()
    kept.clock.advance(1)
    kept.clock.advance(60)
    kept.launcher.newest("updater").die()
    kept.clock.advance(1)
    assert kept.keeper.send({"type": "command"})


def test_renewed_child_replaces_the_old_one_silently() -> None:
    """The old one is stopped, unheard from then on, killed if it lingers, and counted nowhere."""
    kept = Kept()
    old = kept.launcher.newest("updater")
    kept.keeper.renew()
    assert old.told("stop")
    old.say({"type": "status"}, [memfd()])
    kept.launcher.newest("updater").say({"type": "result"})
    kept.clock.advance(3)
    assert old.killed
    assert (kept.heard, kept.deaths) == ([{"type": "result"}], [])
    assert len(kept.launcher.living("updater")) == 1


@pytest.mark.parametrize("obeys", [True, False])
def test_stop_waits_for_the_end(obeys: bool) -> None:
    """The child is asked, then made to end; no new one follows."""
    kept, done = Kept(), []
    child = kept.launcher.newest("updater")
    kept.keeper.stop(lambda: done.append(True))
    assert not done
    if obeys:
        child.die("exit_0")
    else:
        kept.clock.advance(3)
    assert (done, child.killed, kept.deaths) == ([True], not obeys, [])
    kept.clock.advance(100)
    assert not kept.launcher.living("updater")


def test_stop_between_two_children_is_immediate() -> None:
    """While a restart is pending there is nothing to wait for, and it is called off."""
    kept, done = Kept(), []
    kept.launcher.newest("updater").die()
    kept.keeper.stop(lambda: done.append(True))
    kept.clock.advance(100)
    assert done == [True]
    assert not kept.launcher.living("updater")


def test_children_are_given_nothing_of_our_environment_but_the_choice_of_the_extension() -> None:
    """Where the extension is required, or left aside, it is so in each process; a secret in a variable goes nowhere."""
    given = environment_of_children({"SECRET": "x", "PATH": "/home", REQUIRE: "1"})
    assert given == {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", REQUIRE: "1"}
    assert environment_of_children({SWITCH: "off"})[SWITCH] == "off"
    assert set(environment_of_children({})) == {"PATH", "LANG"}

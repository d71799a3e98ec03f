"""`mamori run`: one resolver in the foreground, from its settings file to its exit code.

SIGTERM and SIGINT end it cleanly (queries in flight are answered), SIGHUP does what `mamori reload` does. Standard
output gets one line, READY; everything else goes to standard error.
"""

import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from resolver.app.signals import on_stop_signal
from resolver.app.successor import ExecSuccessor
from resolver.edge import fault_log
from resolver.edge.hardening import HardeningFault, harden_process, require_no_swap
from resolver.edge.steady_time import use_steady_time
from resolver.edge.supervision.handover import Handed, HandOverFault
from resolver.edge.supervision.launcher import ProcessLauncher
from resolver.edge.supervision.notify import ServiceManager
from resolver.edge.supervision.outside import Outside
from resolver.edge.supervision.preflight_keeper import PreflightFault, require_vouched
from resolver.edge.supervision.proof import ChildProof
from resolver.edge.supervision.sockets import ListenFault
from resolver.edge.supervision.state_folder import StateFault
from resolver.edge.supervision.supervisor import Supervisor
from resolver.settings import Settings, SettingsFault, load, parse

EXIT_DONE, EXIT_CANNOT_START = 0, 1


def run(config: Path) -> int:
    """Run until told to stop. SettingsFault comes before anything was started; exit code 1 says why on stderr."""
    missed = ""  # why new settings were not taken up by an upgrade
    try:
        handed = Handed.of(os.environ)
        if handed is None:
            settings = load(config)
        else:
            settings, missed = settings_after_upgrade(config, handed)
        fault_log.install("supervisor")
        harden(settings)
    except (HardeningFault, HandOverFault) as fault:
        fault_log.write(f"mamori: refuses to run: {fault}")
        return EXIT_CANNOT_START
    from twisted.internet import reactor  # only now: importing it chooses and makes the reactor

    use_steady_time(reactor)
    return Run(reactor, config, settings, handed, missed).run()


class Run:
    """The supervisor between the reactor and the terminal."""

    def __init__(
        self, reactor: Any, config: Path, settings: Settings, handed: Handed | None = None, fault: str = ""
    ) -> None:
        self._reactor = reactor
        self._outside = outside(reactor, config)
        self._supervisor = self._supervising(settings)
        self._handed = handed
        self._fault = fault
        self._code = EXIT_DONE

    def _supervising(self, settings: Settings) -> Supervisor:
        return Supervisor(
            *(self._reactor, settings, self._outside),
            on_ready=lambda: _write_ready(settings),
            on_failure=self._cannot_start,
        )

    def run(self) -> int:
        """Start, and return the exit code when all children have ended."""
        self._reactor.callWhenRunning(self._start)
        self._reactor.addSystemEventTrigger("before", "shutdown", lambda: self._supervisor.stop())
        self._reactor.run()
        return self._code

    def reload(self) -> None:
        """Take up the settings file as it stands now; a fault leaves everything as it was."""
        self._supervisor.hang_up(lambda reply: fault_log.write(f"mamori: {reply['text']}"))

    def _start(self) -> None:
        signal.signal(signal.SIGHUP, lambda *_: self._reactor.callFromThread(self.reload))
        on_stop_signal(self._reactor, self._reactor.stop)
        self._outside.successor.release_signals()  # those that came while the code changed
        try:
            self._begin()
        except (ListenFault, StateFault, PreflightFault) as fault:
            self._cannot_start(str(fault))
        except Exception as error:  # noqa: BLE001 - a resolver that could not start must not stay, whatever it was
            self._cannot_start(f"unexpected {fault_log.describe(error)}: please report this line")

    def _begin(self) -> None:
        if self._handed is None:
            self._supervisor.start()
            return
        try:
            self._supervisor.go_on(self._handed, self._fault)
        except ListenFault as fault:
            self._supervisor = self._supervising(_settings_before(self._handed))
            self._supervisor.go_on(self._handed, str(fault))

    def _cannot_start(self, why: str) -> None:
        fault_log.write(f"mamori: cannot start: {why}")
        self._code = EXIT_CANNOT_START
        self._reactor.stop()


def settings_after_upgrade(config: Path, handed: Handed) -> tuple[Settings, str]:
    """The settings file as it stands now, or those from before, and why.

    It may have been damaged since it was proven, or name a list that no preflight of this host vouches for.
    """
    before = _settings_before(handed)
    try:
        settings = load(config)
        require_vouched(settings, before)
    except (SettingsFault, PreflightFault) as fault:
        return before, str(fault)
    return settings, ""


def _settings_before(handed: Handed) -> Settings:
    return parse(handed["settings"], base=Path("/"))


def outside(reactor: Any, config: Path) -> Outside:
    """The real world around a supervisor with this settings file."""
    config = config.absolute()
    return Outside(
        version("mamori"),
        ProcessLauncher(reactor),
        lambda: load(config),
        ChildProof(reactor, [sys.executable, "-I", "-m", "resolver.app.prove", str(config)]),
        ServiceManager.of(os.environ, os.getpid(), reactor.seconds),
        ExecSuccessor(),
    )


def harden(settings: Settings) -> None:
    """Secrecy of communications: nothing of this process may reach a disk; `laptop` makes it a warning."""
    try:
        harden_process()
        require_no_swap()
    except HardeningFault as fault:
        if not settings.laptop:
            raise
        fault_log.write(f"mamori: on a laptop, so going on: {fault}")


def ready_line(settings: Settings) -> str:
    """READY and where everything answers; the first address of each kind, `notice` only where a page is served."""
    parts = [
        f"dns={settings.listen[0]}",
        *(f"dot={place}" for place in settings.dot.listen[:1]),
        *(f"doh=https://{place}{settings.doh.path}" for place in settings.doh.listen[:1]),
        *(f"notice=http://{place}/" for _name, place in settings.notice_places[:1]),
        f"metrics=http://{settings.metrics.listen}/metrics",
    ]
    return "READY " + " ".join(parts)


def _write_ready(settings: Settings) -> None:
    sys.stdout.write(ready_line(settings) + "\n")
    sys.stdout.flush()

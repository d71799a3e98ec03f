"""The drill's chapters: what is typed, what must follow, how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from blocklist.keyring import Keyring
from drill.isps import Isp
from drill.looking import Watch, accepts, asked, opens
from drill.mistake import Mistake
from drill.stage import DrillFault, Stage, seconds_until
from drill.theft import slip
from tests.support.ports import free_port
from tests.support.tools import require

ADDED_SHARE = 0.04  # of the base list: 1,000 of 25,000, which the size guard lets pass
MISTAKEN_SHARE = 0.32  # 8,000 of 25,000, which must be announced
ADD_MOST = 60.0  # seconds from the second signature until both ISPs enforce
WITHDRAW_MOST = 35.0  # seconds from the duty officer's key until both ISPs answer the truth, before the answer's TTL
SETTLE_MOST = 120.0  # seconds in which an ordinary version reaches both ISPs
SAMPLE = 9  # names of a kind asked of each ISP: with 20 new entries asked in 10 s the circuit breaker would trip
TRUTH = "198.51.100.7"  # what the upstream answers for every name
FEW = 3  # names asked before they are listed
SETTLED = 20.0  # seconds after which an ISP would long have taken up what was published
PAUSE = 3.0  # seconds between two withdrawals: each meets the ISPs at another moment of their rounds


class Drill:
    """One run; `run` returns the figures."""

    def __init__(self, stage: Stage, entries: int) -> None:
        self.stage, self.entries = stage, entries
        self.isps = [Isp(stage, "a"), Isp(stage, "b")]
        self.base = [f"b{number}.base.example" for number in range(entries)]
        self.added = [f"a{number}.added.example" for number in range(int(ADDED_SHARE * entries))]
        self.figures: dict[str, object] = {"entries": entries}

    def run(self, repeats: int) -> dict[str, object]:
        """Go through the tutorial. DrillFault or AssertionError when something is not as promised."""
        self._open()
        self._add()
        self._withdraw(self.added[:: len(self.added) // repeats][:repeats])
        self._confirm()
        self._rekey()
        self._leave()
        self._stolen()
        self._slipped()
        self._mistake()
        return self.figures

    def _open(self) -> None:
        """The body, its mirrors, two ISPs, the base list in force."""
        stage = self.stage
        (stage.folder / "base.txt").write_text("".join(f"{name}\n" for name in self.base))
        (stage.folder / "added.txt").write_text("".join(f"{name}\n" for name in self.added))
        stage.environment["UPSTREAM"] = self._upstream()
        stage.type("isps")
        stage.type("body")
        stage.start("signer", lambda child: "ready" in child.text())
        stage.type("web")
        for place in ("mirror-a", "mirror-b", "front-a", "front-b"):
            port = stage.ports[place.replace("-", "_").upper()]
            stage.start(place, lambda _child, port=port: accepts(port))  # type: ignore[misc]
        stage.type("base")
        for isp in self.isps:
            stage.start(f"isp-{isp.name}", lambda child: "READY " in child.text())
        self._everywhere(lambda isp: isp.blocks(_sample(self.base)), SETTLE_MOST, "the base list in force")
        self._check(isp.status()["entries"] == self.entries + 1 for isp in self.isps)

    def _upstream(self) -> str:
        """A real unbound that knows every name; its address."""
        folder = self.stage.folder / "upstream"
        folder.mkdir()
        port = free_port()
        config = folder / "unbound.conf"
        config.write_text(
            f'server:\n  interface: 127.0.0.1\n  port: {port}\n  username: ""\n  chroot: ""\n  pidfile: ""\n'
            f'  directory: "{folder}"\n  use-syslog: no\n  num-threads: 1\n  local-zone: "example." redirect\n'
            f'  local-data: "example. 300 A {TRUTH}"\nremote-control:\n  control-enable: no\n'
        )
        command = [require("unbound")["unbound"], "-d", "-p", "-c", str(config)]
        self.stage.run("unbound", command, lambda _child: asked(port, "www.example") == TRUTH)
        return f"127.0.0.1:{port}"

    def _add(self) -> None:
        """Many names at once: how long from the second signature to both ISPs."""
        self.stage.type("add")
        few = self.added[:FEW]  # more names in use would be over-blocking to the dry canary
        self._check(isp.passes(few) for isp in self.isps)
        self.stage.type("add-signed")
        seconds = self._everywhere(lambda isp: isp.blocks([self.added[-1]]), ADD_MOST, "the additions in force")
        self._check(isp.blocks([*_sample(self.added), *_sample(self.base)]) for isp in self.isps)
        self.figures["add_s"] = seconds

    def _withdraw(self, names: list[str]) -> None:
        """One name after the other, each watched until both ISPs answer the truth."""
        watches = []
        for name in names:
            watch = Watch(name, self.isps)
            self.stage.type("withdraw", NAME=name)
            watches.append(watch)
            watch.start()
            time.sleep(PAUSE)
        for watch in watches:
            watch.join()
        took = sorted(watch.seconds for watch in watches)
        if took[-1] > WITHDRAW_MOST:
            raise DrillFault(f"a withdrawal took {took[-1]:.1f} s; at most {WITHDRAW_MOST:.0f} s are promised")
        kept = sorted(set(self.added) - set(names))
        self._check(isp.blocks(_sample(kept)) for isp in self.isps)
        self.figures |= {"withdraw_s": took[-1], "withdraw_median_s": took[len(took) // 2], "withdrawals": len(took)}
        self.added, self.withdrawn = kept, names

    def _confirm(self) -> None:
        """The editors' next version leaves the withdrawn names out for good."""
        before = self._versions()
        self.stage.type("confirm")
        self._newer(before)
        self._check(isp.passes(self.withdrawn) and isp.blocks(_sample(self.added)) for isp in self.isps)
        self._check(isp.status()["withdrawn"] == 0 for isp in self.isps)

    def _rekey(self) -> None:
        """New keys: every answer stays what it was."""
        asked_names = [*_sample(self.base), *_sample(self.added), *self.withdrawn, "www.example"]
        before = [[isp.address(name) for name in asked_names] for isp in self.isps]
        version, epoch, entries = self._versions(), self._facts("epoch"), self._facts("entries")
        self.stage.type("rekey")
        self._newer(version)
        after = [[isp.address(name) for name in asked_names] for isp in self.isps]
        self._check([before == after, self._facts("entries") == entries])
        self._check(new == old + 1 for new, old in zip(self._facts("epoch"), epoch, strict=True))
        self.figures["rekey_changed_answers"] = 0

    def _leave(self) -> None:
        """The ISP that left stays at what it had; the other goes on."""
        stays, leaves = self.isps
        version, epoch = self._versions(), self._facts("epoch")
        self.stage.type("leave")
        self._newer(version[:1], self.isps[:1])
        self._check([stays.blocks(_sample(self.base)), stays.status()["epoch"] == epoch[0] + 1])
        seconds_until(
            lambda: leaves.status()["last_reason"] == "not_subscribed", SETTLE_MOST, "the word not_subscribed"
        )
        self._check([leaves.status()["version"] == version[1], leaves.blocks(_sample(self.base))])
        self.figures["removed_subscriber_reads"] = self._readable_by(leaves, epoch[1] + 1)

    def _readable_by(self, isp: Isp, first_epoch: int) -> int:
        """Try this ISP's key on every wrap of later epochs that any mirror ever served; return how many open."""
        private = isp.private_key()
        opened = 0
        for path in self.stage.folder.glob("mirror-*/targets/keys/*.current"):
            ring = Keyring.from_bytes(path.read_bytes())
            for key in ring.keys:
                if key.epoch >= first_epoch:
                    opened += opens(key, ring.list_id, private)
        if opened:
            raise DrillFault("the removed subscriber can open a later epoch")
        return opened

    def _stolen(self) -> None:
        """One editor's keys alone: nothing is added anywhere."""
        version, refused = self._versions()[:1], self._refused()
        outcome = self.stage.attempt("stolen")
        if outcome.returncode == 0:
            seconds_until(lambda: self._refused() > refused, SETTLE_MOST, "the refusal of the online signer")
        time.sleep(SETTLED)
        self._check([self.isps[0].passes(["stolen.example"]), self._versions()[:1] == version])
        self.figures["stolen_key_added"] = 0

    def _slipped(self) -> None:
        """An entry in the built file that nobody approved: the second editor's tool refuses."""
        slip(self.stage.folder / "desk", (self.stage.folder / "passphrase").read_bytes().strip(), "slipped.example")
        outcome = self.stage.attempt("slipped")
        if outcome.returncode != 1 or "did not approve" not in outcome.stdout:
            raise DrillFault(f"the second editor's tool said: {outcome.stdout}")
        self.figures["slipped_entry"] = "refused"

    def _mistake(self) -> None:
        """Eight thousand entries, announced and added an hour ago, withdrawn at once."""
        mistake = Mistake.prepare(self.stage.folder / "mistake", self.entries)
        try:
            self.figures |= mistake.run(int(MISTAKEN_SHARE * self.entries))
        finally:
            mistake.stop()

    # --- looking ------------------------------------------------------------------------------------------

    def _everywhere(self, seen: Callable[[Isp], bool], most: float, what: str) -> float:
        return seconds_until(lambda: all(seen(isp) for isp in self.isps), most, what)

    def _facts(self, key: str) -> list[int]:
        return [isp.status()[key] for isp in self.isps]

    def _versions(self) -> list[int]:
        return self._facts("version")

    def _newer(self, before: list[int], isps: list[Isp] | None = None) -> None:
        asked_isps = isps or self.isps
        newer = lambda: all(isp.status()["version"] > old for isp, old in zip(asked_isps, before, strict=True))  # noqa: E731
        seconds_until(newer, SETTLE_MOST, "a newer version")

    def _refused(self) -> int:
        return len(list((self.stage.folder / "drop" / "refused").glob("*/reason.json")))

    def _check(self, facts: Iterable[bool]) -> None:
        if not all(facts):
            raise DrillFault("not as promised: see the last step above")


def _sample(names: list[str]) -> list[str]:
    return names[:: max(1, len(names) // SAMPLE)]

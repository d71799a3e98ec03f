"""The certificate follows its files, and a broken pair changes nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from resolver.edge.supervision.certificate_keeper import LOOK_SECONDS, CertificateKeeper
from resolver.edge.supervision.sockets import ListenFault
from resolver.settings.transports import Tls
from tests.support.certificates import Authority

NAME = "resolver.isp.example"


class Bench:
    """A keeper with real files and a fake clock."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.clock = Authority(folder), Clock()
        issued = self.authority.issue(NAME)
        self.tls = Tls(certificate=issued.certificate, key=issued.key, name=NAME)
        self.shown: list[dict[str, Any]] = []
        self.reports: list[str] = []
        self.keeper = CertificateKeeper(self.clock, time.time, self.shown.append, self.reports.append)

    def look(self) -> None:
        self.clock.advance(LOOK_SECONDS)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_it_is_handed_over_at_the_start_and_not_again(bench: Bench) -> None:
    """Both files in one message; looking at the same files changes nothing."""
    bench.keeper.start(bench.tls)
    bench.look()
    bench.look()
    assert bench.shown == [
        {"type": "certificate", "certificate": bench.tls.certificate.read_text(), "key": bench.tls.key.read_text()}
    ]
    assert bench.keeper.not_after is not None
    assert 0 < bench.keeper.not_after - time.time() < 7200
    assert not bench.reports


def test_a_pair_that_cannot_be_used_stops_the_start(bench: Bench) -> None:
    """A resolver that promises TLS must not start without it."""
    bench.tls.key.unlink()
    with pytest.raises(ListenFault, match=r"tls\.key: cannot read"):
        bench.keeper.start(bench.tls)
    assert not bench.shown


def test_one_that_has_ended_does_not_keep_the_resolver_down(bench: Bench) -> None:
    """It is shown, and said; but never in place of a good one."""
    bench.authority.issue(NAME, expired=True)
    bench.keeper.start(bench.tls)
    assert len(bench.shown) == 1
    assert "is shown all the same: tls.certificate: ended on " in bench.reports[0]
    bench.authority.issue(NAME)
    bench.look()
    assert len(bench.shown) == 2
    bench.authority.issue(NAME, expired=True)
    bench.look()
    assert len(bench.shown) == 2
    assert "the one before stays: tls.certificate: ended on " in bench.reports[-1]


def test_words_around_the_certificate_may_be_in_any_encoding(bench: Bench) -> None:
    """`openssl x509 -text` writes names as they stand in it; workers are sent what they need."""
    pem = bench.tls.certificate.read_bytes()
    bench.tls.certificate.write_bytes("Subject: Müller\n".encode("latin-1") + pem)
    bench.keeper.start(bench.tls)
    assert bench.shown[0]["certificate"] == "Subject: Mller\n" + pem.decode()


def test_a_fault_of_ours_does_not_stop_the_looks(bench: Bench) -> None:
    """The certificate of the day after is taken up all the same."""
    bench.keeper.start(bench.tls)
    take, bench.keeper.hand_over = bench.keeper.hand_over, lambda _message: 1 / 0  # type: ignore[assignment, return-value]
    bench.authority.issue(NAME)
    with pytest.raises(ZeroDivisionError):
        bench.look()
    bench.keeper.hand_over = take
    bench.authority.issue(NAME)
    bench.look()
    assert len(bench.shown) == 2


def test_a_renewed_pair_is_taken_up_by_itself(bench: Bench) -> None:
    """Within a minute, without a word from anybody."""
    bench.keeper.start(bench.tls)
    bench.authority.issue(NAME)  # writes both files anew
    bench.clock.advance(LOOK_SECONDS - 1)
    assert len(bench.shown) == 1
    bench.clock.advance(1)
    assert [each["certificate"] for each in bench.shown][1] == bench.tls.certificate.read_text()
    assert bench.reports[0].startswith("the certificate was taken up; it ends on ")


def test_a_broken_pair_is_told_once_and_the_old_one_stays(bench: Bench) -> None:
    """Half a renewal lasts no longer than the other half takes; another fault is told again."""
    bench.keeper.start(bench.tls)
    key = bench.tls.key.read_bytes()
    bench.authority.issue(NAME)
    whole = bench.tls.key.read_bytes()
    bench.tls.key.write_bytes(key)
    bench.look()
    bench.look()
    assert len(bench.shown) == len(bench.reports) == 1
    assert "tls.key: does not belong" in bench.reports[0]
    assert "the one before stays" in bench.reports[0]
    bench.tls.key.unlink()
    bench.look()
    assert len(bench.reports) == 2
    bench.tls.key.write_bytes(whole)
    bench.look()
    assert len(bench.shown) == 2


def test_a_reload_looks_at_once_and_may_name_other_files(bench: Bench) -> None:
    """There is one clock, whatever was reloaded how often."""
    bench.keeper.start(bench.tls)
    other = bench.authority.issue("second.example")
    bench.keeper.renew(Tls(certificate=other.certificate, key=other.key, name="second.example"))
    assert bench.shown[1]["key"] == other.key.read_text()
    assert len(bench.clock.getDelayedCalls()) == 1


def test_without_tls_nothing_is_shown_or_looked_at(bench: Bench) -> None:
    """From the start, or after a reload."""
    bench.keeper.start(None)
    assert bench.keeper.not_after is None
    assert not bench.clock.getDelayedCalls()
    bench.keeper.renew(bench.tls)
    assert len(bench.shown) == 1
    bench.keeper.renew(None)
    assert bench.keeper.not_after is None
    bench.keeper.stop()
    assert not bench.clock.getDelayedCalls()

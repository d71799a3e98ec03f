"""DNS over QUIC by a front end (docs/operators/doq.md): kdig asks knotd over QUIC, knotd asks the resolver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.daemon import NOTICE_V4, NOTICE_V6, Daemon
from tests.support.quic import QuicFront

pytestmark = [pytest.mark.daemon, pytest.mark.peers, pytest.mark.root, pytest.mark.xdist_group("table")]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, table_daemon: Daemon) -> Iterator[QuicFront]:
    front = QuicFront(tmp_path_factory.mktemp("doq"), table_daemon.port)
    yield front
    front.stop()


ANSWERS = {
    "www.example A": ("NOERROR", "A\t198.51.100.10"),
    "blk.example A": ("NOERROR", f"A\t{NOTICE_V4}", "EDE: 4 (Forged Answer)"),
    "blk.example AAAA": ("NOERROR", f"AAAA\t{NOTICE_V6}"),
    "blk.example HTTPS": ("NOERROR", "EDE: 15 (Blocked)", "SOA\t. . 1 3600 600 86400 30"),
    "alias8.example A": ("NOERROR", f"A\t{NOTICE_V4}"),
    "www.signed.test A +dnssec": ("NOERROR", "A\t198.51.100.20", "RRSIG\tA"),
    "nothing.example A": ("NXDOMAIN",),
    "www.example ANY": ("NOERROR", "RFC8482"),
}


@pytest.mark.parametrize("question", ANSWERS)
def test_answers_over_quic(front: QuicFront, question: str) -> None:
    """A real DoQ client gets the resolver's answers, the policy's and everybody's."""
    status, *said = ANSWERS[question]
    for _ in range(2):
        text = front.kdig(*question.split())
        assert ";; QUIC session (QUICv1)-(TLS1.3)" in text and f"status: {status};" in text, text
        for part in said:
            assert part in text, text

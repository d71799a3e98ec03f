"""One transfer against a mirror that misbehaves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from blocklist.errors import OperatorFault, TransferFault
from blocklist.trust.limits import FetchLimits
from blocklist.trust.transfer.transport import HttpStatusFault, HttpTransport, check_url
from tests.blocklist.trust import faulty_server as faults
from tests.blocklist.trust.conftest import HASTY, PATIENT
from tests.blocklist.trust.faulty_server import Fault, Mirror, serving


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serving({"/file": b"0123456789" * 1000}) as mirror:
        yield mirror


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.cut, "cut"),
        (faults.endless, "too_long"),
        (faults.no_http, "cut"),
        (faults.status(302, Location="http://elsewhere.invalid/file"), "redirect"),
        (faults.status(304), "redirect"),
        (faults.status(404), "http_status"),
        (faults.status(500), "http_status"),
        (faults.status(206), "http_status"),
    ],
)
def test_bad_transfer_is_a_transfer_fault(mirror: Mirror, fault: Fault, code: str) -> None:
    """Whatever a mirror does to a transfer, it ends soon and as a TransferFault of the right code, asked once only."""
    mirror.faults["/file"] = fault
    with pytest.raises(TransferFault) as caught:
        HttpTransport(PATIENT).get(mirror.url + "file", 50_000)
    assert caught.value.code == code
    assert mirror.asked == ["/file"]


@pytest.mark.parametrize("fault", [faults.drip, faults.drip_headers, faults.hang])
def test_transfer_without_end_is_ended(mirror: Mirror, fault: Fault) -> None:
    """A drip in body or headers and a silence are ended by the watch; urllib3's own timeout would not see the drips."""
    mirror.faults["/file"] = fault
    with pytest.raises(TransferFault) as caught:
        HttpTransport(HASTY).get(mirror.url + "file", 50_000)
    assert caught.value.code in ("slow", "timeout")
    assert mirror.asked == ["/file"]


def test_whole_file_arrives_with_its_etag(mirror: Mirror) -> None:
    """A good answer gives the bytes and the ETag; asked with that ETag, the mirror may say 304."""
    transport = HttpTransport(PATIENT)
    reply = transport.get(mirror.url + "file", 10_000)
    assert reply.body == mirror.files["/file"]
    again = transport.get(mirror.url + "file", 10_000, etag=reply.etag)
    assert (again.status, again.body) == (304, b"")


def test_one_byte_above_the_limit_is_refused(mirror: Mirror) -> None:
    """The size limit is exact, though headers have an allowance of their own."""
    with pytest.raises(TransferFault) as caught:
        HttpTransport(PATIENT).get(mirror.url + "file", 9_999)
    assert caught.value.code == "too_long"


def test_status_is_known_to_the_caller(mirror: Mirror) -> None:
    """A status fault carries the status, which TUF needs for the end of the root chain."""
    with pytest.raises(HttpStatusFault) as caught:
        HttpTransport(PATIENT).get(mirror.url + "nothing", 10)
    assert caught.value.status == 404


def test_total_deadline_holds_for_a_fast_enough_drip(mirror: Mirror) -> None:
    """A body just above the minimum rate is still ended by the total deadline."""
    mirror.faults["/file"] = faults.drip
    limits = FetchLimits(connect_seconds=30, grace_seconds=60, minimum_rate=1, total_seconds=0.4)
    with pytest.raises(TransferFault) as caught:
        HttpTransport(limits).get(mirror.url + "file", 10_000)
    assert caught.value.code in ("slow", "timeout")


def test_many_transfers_have_one_deadline(mirror: Mirror) -> None:
    """A hostile mirror may delay a refresh, and with it a withdrawal, by so much only; `close` ends the count."""
    now = [0.0]
    limits = FetchLimits(connect_seconds=30, mirror_seconds=40)
    transport = HttpTransport(limits, monotonic=lambda: now[0])
    for _ in range(4):
        transport.get(mirror.url + "file", 50_000)
        now[0] += 10
    with pytest.raises(TransferFault) as caught:
        transport.get(mirror.url + "file", 50_000)
    assert caught.value.code == "timeout"
    transport.close()
    assert transport.get(mirror.url + "file", 50_000).status == 200


def test_nobody_listens() -> None:
    """A refused connection is the fault `connect`."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(TransferFault) as caught:
            HttpTransport(PATIENT).get(f"http://127.0.0.1:{unused.getsockname()[1]}/file", 10)
    assert caught.value.code == "connect"


def test_fresh_asks_caches_not_to_answer(mirror: Mirror) -> None:
    """A remembered 404 does not hide a file from a transfer that asks for a fresh answer."""
    mirror.faults["/file"] = faults.cached_404
    transport = HttpTransport(PATIENT)
    with pytest.raises(HttpStatusFault):
        transport.get(mirror.url + "file", 10_000)
    assert transport.get(mirror.url + "file", 10_000, fresh=True).body == mirror.files["/file"]


def test_connections_are_kept_and_closed(mirror: Mirror) -> None:
    """After `close` the transport opens a new connection by itself."""
    transport = HttpTransport(PATIENT)
    for _ in range(2):
        assert transport.get(mirror.url + "file", 10_000).status == 200
        transport.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://lists.example/",
        "http://192.0.2.1/",
        "http://localhost/",
        "ftp://127.0.0.1/",
        "https://u:p@lists.example/",
        "https://lists.example/?a=b",
    ],
)
def test_unprotected_url_is_the_operators_fault(url: str) -> None:
    """Plain HTTP is for loopback addresses only, and a name is no address."""
    with pytest.raises(OperatorFault):
        check_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "http://[::1]/x/", "https://lists.example/a/"])
def test_protected_url_is_taken(url: str) -> None:
    """HTTPS anywhere and HTTP on loopback are accepted."""
    assert check_url(url).hostname


def test_ipv6_mirror_is_reached() -> None:
    """A bracketed IPv6 literal is a mirror like any other."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        thread = threading.Thread(target=_answer_once, args=(server,))
        thread.start()
        reply = HttpTransport(PATIENT).get(f"http://[::1]:{server.getsockname()[1]}/file", 10)
        thread.join()
    assert reply.body == b"six"


@pytest.mark.parametrize(
    ("start", "body"),
    [(0, b"0123456789"), (5, b"5678901234"), (9_995, b"56789"), (10_000, b""), (20_000, b"")],
)
@pytest.mark.parametrize("heeds", [True, False])
def test_part_of_a_file(mirror: Mirror, start: int, body: bytes, heeds: bool) -> None:
    """A part is the same from a server that heeds Range and from one that sends all; beyond the end is nothing."""
    mirror.heeds_range = heeds
    assert HttpTransport(PATIENT).get(mirror.url + "file", 10, start=start).body == body


@pytest.mark.parametrize(
    "fault",
    [faults.status(404), faults.status(206, **{"Content-Range": "bytes 0-9/10000"}), faults.cut, faults.status(302)],
)
def test_wrong_part_is_a_transfer_fault(mirror: Mirror, fault: Fault) -> None:
    """A part of another place, or none, is refused like any bad transfer."""
    mirror.faults["/file"] = fault
    with pytest.raises(TransferFault):
        HttpTransport(PATIENT).get(mirror.url + "file", 9_000, start=5)


def test_endless_file_is_left_after_the_part(mirror: Mirror) -> None:
    """No more is read than was asked for, whatever a server that ignores Range goes on sending."""
    mirror.faults["/file"] = faults.endless
    assert HttpTransport(PATIENT).get(mirror.url + "file", 10, start=5).body == b"x" * 10


def _answer_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nsix")

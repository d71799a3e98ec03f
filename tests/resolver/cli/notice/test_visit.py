"""A visit to a notice address, in a network of its own where port 80 and 443 are ours to break."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from resolver.cli.notice.pages import Page, pages
from resolver.cli.notice.visit import REFUSED, VisitLimits, visit
from tests.resolver.settings.samples import full, read
from tests.support.own_network import OwnNetwork

pytestmark = pytest.mark.root

HOST, HOST6, ELSEWHERE = "192.0.2.1", "2001:db8::1", "203.0.113.9"
LIMITS = VisitLimits(seconds=1.0)
PAGES = pages(read(full()))


@pytest.fixture(scope="module")
def network() -> Iterator[OwnNetwork]:
    network = OwnNetwork([HOST, HOST6])
    yield network
    network.close()


@contextlib.contextmanager
def _served(host: str, page: Page | None, *, always: bool = False) -> Iterator[None]:
    """Serve a page on port 80 of an address to two visitors; `always`: for pictures too; None: close at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.create_server((host, 80), family=family)

    def serve() -> None:
        for _ in range(2):
            with server.accept()[0] as visitor:
                head = visitor.recv(65536)
                if page is not None:
                    visitor.sendall(page.responses.answer(b"\nAccept: text/html\n" if always else head))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)
        server.close()


def _visit(host: str) -> dict[str, tuple[str, str]]:
    """Place and number of the finding there → what was found."""
    found: dict[str, tuple[str, str]] = {}
    for each in visit(host, PAGES, LIMITS):
        place = f"{each.place} again" if each.place in found else each.place
        found[place] = (each.state, each.words)
    return found


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_an_address_as_it_should_be(network: OwnNetwork, page: Page) -> None:
    """The page of either kind, the empty answer for a picture, and a refusal on every other port."""
    with network.inside(), _served(HOST, page):
        found = _visit(HOST)
    assert len(found) == 2 + len(REFUSED)
    assert {state for state, _ in found.values()} == {"good"}
    assert found[f"{HOST}:80"][1] == f"serves the page of {page}, {len(page.responses.page_body):,} bytes"


def test_the_same_over_ipv6(network: OwnNetwork) -> None:
    """Both addresses of a notice are visited the same way."""
    with network.inside(), _served(HOST6, PAGES[0]):
        assert {state for state, _ in _visit(HOST6).values()} == {"good"}


def test_another_page_is_bad(network: OwnNetwork) -> None:
    """Texts that were changed here and not on the machine that serves them."""
    data = full()
    data["notices"]["default"]["isp"] = {"ja": "別", "en": "Another"}
    with network.inside(), _served(HOST, pages(read(data))[0]):
        state, words = _visit(HOST)[f"{HOST}:80"]
    assert state == "bad" and "mamori reload" in words


def test_an_answer_without_end_is_left(network: OwnNetwork) -> None:
    """A server that sends byte after byte does not hold the command; what came is not the page."""
    limits = VisitLimits(seconds=1.0, answer_seconds=0.1)
    with network.inside(), _dripping(HOST):
        first = next(visit(HOST, PAGES, limits))
    assert first.state == "bad" and first.words.startswith("answers, but not with the page")


@contextlib.contextmanager
def _dripping(host: str) -> Iterator[None]:
    """Two visitors get a byte now and again until they go."""

    def serve() -> None:
        for _ in range(2):
            with server.accept()[0] as visitor, contextlib.suppress(OSError):
                while not over.wait(0.02):
                    visitor.sendall(b"x")

    over = threading.Event()
    with socket.create_server((host, 80)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(10)


def test_a_page_for_pictures_is_bad(network: OwnNetwork) -> None:
    """It would be painted into innocent pages."""
    with network.inside(), _served(HOST, PAGES[0], always=True):
        found = _visit(HOST)
    assert (found[f"{HOST}:80"][0], found[f"{HOST}:80 again"][0]) == ("good", "bad")


def test_a_port_that_answers_or_stays_silent_is_bad(network: OwnNetwork) -> None:
    """Judged by what came back: a connection, an error, or nothing."""
    with network.inside(), contextlib.ExitStack() as open_:
        open_.enter_context(socket.create_server((HOST, 443)))
        quiet = open_.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        quiet.bind((HOST, 443))
        open_.enter_context(_full(25))
        open_.enter_context(_served(HOST, PAGES[0]))
        found = _visit(HOST)
    assert found[f"{HOST}:443 tcp"][0] == "bad" and found[f"{HOST}:443 tcp"][1].startswith("answers")
    for place in (f"{HOST}:443 udp", f"{HOST}:25 tcp"):
        assert found[place][0] == "bad" and found[place][1].startswith("is silent")


@contextlib.contextmanager
def _full(port: int) -> Iterator[None]:
    """A port whose queue is full: the kernel drops who comes then, as a firewall that drops would."""
    with contextlib.ExitStack() as open_:
        server = open_.enter_context(socket.socket())
        server.bind((HOST, port))
        server.listen(0)
        open_.enter_context(socket.create_connection((HOST, port)))
        yield


@pytest.mark.parametrize(("host", "why"), [(HOST, "port 80 is refused"), (ELSEWHERE, "nothing answers")])
def test_an_address_without_a_page_is_bad(network: OwnNetwork, host: str, why: str) -> None:
    """Nobody serves it, or no machine has it: one finding, and no knocking on the other ports."""
    with network.inside():
        ((state, words),) = _visit(host).values()
    assert state == "bad" and why in words

"""What answers at the notice address, and whom the resolver answers: tried for real where this machine allows it."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from dnslib import DNSRecord

from blocklist.trust.local.preflight import Finding
from resolver.core.access import Access
from resolver.preflight.case import Case
from resolver.preflight.host import PROBE_SECONDS, Host
from resolver.preflight.wording import finding
from resolver.settings.access_checks import openings
from resolver.settings.addresses import Endpoint

QUESTION: Final = "preflight.invalid"  # answered here by RFC 6761, so that it goes nowhere
ANY_V4: Final = "0.0.0.0"  # noqa: S104  a comparison, not a bind
_REFUSED: Final = 5  # RCODE
_LISTEN: Final = "0A"  # TCP_LISTEN in /proc/net/tcp


def access_checks(case: Case) -> Iterator[Finding]:
    """Are strangers answered? By the settings, and by asking as one."""
    wide = list(openings(case.settings.access))
    if wide:
        yield finding("open_resolver", "wide", openings=wide)
        return
    asked = list(_strangers_places(case))
    answering = [str(place) for place in asked if _answers_stranger(case, place)]
    if answering:
        yield finding("open_resolver", "answers", places=answering)
    elif asked:
        yield finding("open_resolver", "closed", places=[str(place) for place in asked])
    else:
        yield finding("open_resolver", "untried")


def _strangers_places(case: Case) -> Iterator[Endpoint]:
    """Where a stranger on loopback can ask: every IPv4 address of this machine, unless it is no stranger."""
    if Access(case.settings.access.allow, ()).admits(case.host.stranger):
        return
    for listening in case.settings.listen:
        place = listening.within
        if place.host == ANY_V4:
            yield Endpoint("127.0.0.1", place.port)
        elif ":" not in place.host and _is_here(place.host):
            yield place


def _answers_stranger(case: Case, place: Endpoint) -> bool:
    """Whether anything but a refusal comes. Nobody there, or no such address to ask from: nobody is answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, suppress(OSError):
        line.bind((case.host.stranger, 0))
        line.settimeout(PROBE_SECONDS)
        line.connect((place.host, place.port))
        line.send(bytes(DNSRecord.question(QUESTION).pack()))
        answer = line.recv(4096)
        return len(answer) > 3 and answer[3] & 0x0F != _REFUSED
    return False


def notice_checks(case: Case) -> Iterator[Finding]:
    """The addresses customers are led to, and their ports."""
    yield _addresses(case)
    if case.settings.notice_places:
        yield _ports(case)


def _addresses(case: Case) -> Finding:
    notices = case.settings.notices.values()
    addresses = [each for notice in notices for each in (notice.ipv4, notice.ipv6) if each is not None]
    private = [str(each) for each in addresses if not each.is_global]
    if private:
        return finding("notice_address", "private", addresses=private)
    return finding("notice_address", "public", addresses=[str(each) for each in addresses])


def _ports(case: Case) -> Finding:
    """Refused at once, so that a browser that tried https goes on or tells at once."""
    hosts: dict[str, set[int]] = {}
    for _name, place in case.settings.notice_places:
        hosts.setdefault(place.within.host, set()).add(place.port)
    if strange := [host for host in hosts if not _is_here(host)]:
        return finding("notice_ports", "elsewhere", addresses=strange)
    tried = [each for host, ours in hosts.items() for each in _tried(case.host, host, ours)]
    if opened := [place for place, how in tried if how == "open"]:
        return finding("notice_ports", "open", places=opened)
    if silent := [place for place, how in tried if how == "silent"]:
        return finding("notice_ports", "silent", places=silent)
    return finding("notice_ports", "refused", places=[place for place, _how in tried])


def _tried(machine: Host, host: str, ours: set[int]) -> Iterator[tuple[str, str]]:
    """Each port that was tried and how it answered: what listens is tried with those nobody should wait for."""
    for port in sorted({*machine.tcp_ports, *_listening(machine, host)} - ours):
        yield f"TCP {Endpoint(host, port)}", _tcp(host, port)
    for port in machine.udp_ports:
        yield f"UDP {Endpoint(host, port)}", _udp(host, port)


def _is_here(host: str) -> bool:
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            return error.errno != errno.EADDRNOTAVAIL
    return True


def _tcp(host: str, port: int) -> str:
    with socket.socket(_family(host), socket.SOCK_STREAM) as line:
        line.settimeout(PROBE_SECONDS)
        try:
            line.connect((host, port))
        except ConnectionRefusedError:
            return "refused"
        except OSError:
            return "silent"
    return "open"


def _udp(host: str, port: int) -> str:
    with socket.socket(_family(host), socket.SOCK_DGRAM) as line:
        line.settimeout(PROBE_SECONDS)
        try:
            line.connect((host, port))
            line.send(b"\0")
            line.recv(1)
        except ConnectionRefusedError:
            return "refused"
        except OSError:
            return "silent"
    return "open"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _listening(machine: Host, host: str) -> Iterator[int]:
    """TCP ports something listens on at this address or at all of them (proc(5))."""
    wanted = {ip_address(host), ip_address("0.0.0.0"), ip_address("::")}  # noqa: S104  a look-up, not a bind
    for table in ("tcp", "tcp6"):
        for line in machine.text(machine.proc / "net" / table).splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, port = local.partition(":")
            if state == _LISTEN and ip_address(_bytes(address)) in wanted:
                yield int(port, 16)


def _bytes(hexadecimal: str) -> bytes:
    """An address as the kernel prints it: words of four bytes, each a number in the machine's own order."""
    words = (int(hexadecimal[at : at + 8], 16) for at in range(0, len(hexadecimal), 8))
    return b"".join(word.to_bytes(4, sys.byteorder) for word in words)

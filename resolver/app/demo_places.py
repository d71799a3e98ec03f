"""Where the demo listens and whom it asks, out of the environment."""

import re
import socket
from collections.abc import Iterator, Mapping

from attrs import frozen

from resolver.settings.addresses import Endpoint, EndpointKind

V4, V6 = "127.0.0.1", "::1"
_PORTS = {"DNS_PORT": 5300, "NOTICE_PORT": 8080, "METRICS_PORT": 9153}


class DemoFault(Exception):
    """The demo cannot start; the message says what to change."""


@frozen
class Places:
    """Ports on loopback; `upstream` is a real resolver, or None for the demo's own; `v6` tells whether ::1 exists."""

    dns: int
    notice: int
    metrics: int
    upstream: Endpoint | None = None
    v6: bool = True

    @property
    def hosts(self) -> tuple[str, ...]:
        """The loopback addresses to listen on."""
        return (V4, V6) if self.v6 else (V4,)


def places_from(environ: Mapping[str, str]) -> Places:
    """Read DNS_PORT, NOTICE_PORT, METRICS_PORT and UPSTREAM (`ip` or `ip:port`); DemoFault for what cannot be used."""
    dns, notice, metrics = (_port(environ, name) for name in _PORTS)
    if len({dns, notice, metrics}) < len(_PORTS):
        raise DemoFault("DNS_PORT, NOTICE_PORT and METRICS_PORT must be three different ports")
    return Places(dns, notice, metrics, _upstream(environ.get("UPSTREAM", "")), v6=_has_v6())


def require_free(places: Places) -> None:
    """DemoFault when a port is taken, with the variable that moves it."""
    for name, port, kind in _wanted(places):
        for host in places.hosts:
            if not _can_bind(host, port, kind):
                raise DemoFault(f"port {port} on {host} is in use: choose another one, like {name}={port + 1} make run")


def _wanted(places: Places) -> Iterator[tuple[str, int, socket.SocketKind]]:
    yield "DNS_PORT", places.dns, socket.SOCK_DGRAM
    yield "DNS_PORT", places.dns, socket.SOCK_STREAM
    yield "NOTICE_PORT", places.notice, socket.SOCK_STREAM
    yield "METRICS_PORT", places.metrics, socket.SOCK_STREAM


def _port(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name, "") or str(_PORTS[name])
    if not re.fullmatch(r"\d{1,5}", text) or not 1 <= int(text) <= 65535:
        raise DemoFault(f"{name} must be a port from 1 to 65535, not {text!r}")
    return int(text)


def _upstream(text: str) -> Endpoint | None:
    """`192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`; port 53 where none is given."""
    if not text:
        return None
    bare_v6 = text.count(":") > 1 and not text.startswith("[")
    with_port = f"[{text}]:53" if bare_v6 else text if re.search(r"[\]0-9]:\d+$", text) else f"{text}:53"
    try:
        return EndpointKind().read(with_port)
    except ValueError:
        raise DemoFault(f"UPSTREAM must be an IP address or address:port, not {text!r}") from None


def _has_v6() -> bool:
    return _can_bind(V6, 0, socket.SOCK_DGRAM)


def _can_bind(host: str, port: int, kind: socket.SocketKind) -> bool:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError:
        return False
    return True

"""Asking a running resolver over its control socket; blocking, for commands."""

import json
import socket
from pathlib import Path
from typing import Any, Final

SOCKET_NAME: Final = "control.sock"
ANSWER_BYTES: Final = 4 * 1024 * 1024
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 330.0  # a refresh may try slow mirrors


class ControlFault(Exception):
    """The resolver could not be asked; the message says why and what to do."""


def index_in_force(state: Path) -> int | None:
    """The sealed index that the workers use, by descriptor, None while there is none. The caller closes it.

    A name can be looked up in it without being told to any process. ControlFault.
    """
    with _connected(state) as line:
        try:
            line.sendall(json.dumps({"verb": "index"}).encode() + b"\n")
            said, fds, _flags, _from = socket.recv_fds(line, ANSWER_BYTES, 1)
        except OSError:
            said, fds = b"", []
    if not said:
        raise ControlFault(f"the resolver with the state folder {state} showed no index: is it of another version?")
    return fds[0] if fds else None


def ask(state: Path, verb: str, list_id: str | None = None, *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
    """Send one request to the resolver that runs with this state folder; {"ok", "text", …}. ControlFault."""
    path = state / SOCKET_NAME
    request = json.dumps({"verb": verb, "list_id": list_id}).encode() + b"\n"
    with _connected(state) as line:
        try:
            line.settimeout(seconds)
            line.sendall(request)
            reply = json.loads(_one_line(line))
        except TimeoutError:
            raise ControlFault(f"the resolver at {path} did not answer within {seconds:g} s: look at its log") from None
        except (OSError, ValueError) as error:
            raise ControlFault(f"the resolver at {path} broke off ({type(error).__name__}): look at its log") from None
    if not isinstance(reply, dict):
        raise ControlFault(f"{path} is no control socket of this version: restart the resolver after an update")
    return reply


def _connected(state: Path) -> socket.socket:
    """A line to the resolver; ControlFault."""
    path = state / SOCKET_NAME
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(CONNECT_SECONDS)
        line.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        line.close()
        raise ControlFault(f"no resolver runs with the state folder {state}: start it with `mamori run`") from None
    except PermissionError:
        line.close()
        raise ControlFault(f"{path} belongs to another user: run this as the resolver's user") from None
    except OSError as error:
        line.close()
        raise ControlFault(f"the resolver at {path} broke off ({type(error).__name__}): look at its log") from None
    return line


def _one_line(line: socket.socket) -> bytes:
    """Everything up to the first newline; ValueError when it is cut short or too long."""
    received = bytearray()
    while not received.endswith(b"\n"):
        part = line.recv(65536)
        if not part or len(received) > ANSWER_BYTES:
            raise ValueError
        received += part
    return bytes(received)

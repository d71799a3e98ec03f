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


def ask(state: Path, verb: str, list_id: str | None = None, *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
    """Send one request to the resolver that runs with this state folder; {"ok", "text", …}. ControlFault."""
    path = state / SOCKET_NAME
    request = json.dumps({"verb": verb, "list_id": list_id}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(CONNECT_SECONDS)
            line.connect(str(path))
            line.settimeout(seconds)
            line.sendall(request)
            reply = json.loads(_one_line(line))
    except (FileNotFoundError, ConnectionRefusedError):
        raise ControlFault(f"no resolver runs with the state folder {state}: start it with `mamori run`") from None
    except PermissionError:
        raise ControlFault(f"{path} belongs to another user: run this as the resolver's user") from None
    except TimeoutError:
        raise ControlFault(f"the resolver at {path} did not answer within {seconds:g} s: look at its log") from None
    except (OSError, ValueError) as error:
        raise ControlFault(f"the resolver at {path} broke off ({type(error).__name__}): look at its log") from None
    if not isinstance(reply, dict):
        raise ControlFault(f"{path} is no control socket of this version: restart the resolver after an update")
    return reply


def _one_line(line: socket.socket) -> bytes:
    """Everything up to the first newline; ValueError when it is cut short or too long."""
    received = bytearray()
    while not received.endswith(b"\n"):
        part = line.recv(65536)
        if not part or len(received) > ANSWER_BYTES:
            raise ValueError
        received += part
    return bytes(received)

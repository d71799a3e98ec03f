"""The command as an operator types it, in this process, with a settings file and a stand-in for the resolver."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from resolver.cli import main
from resolver.edge.supervision.control_client import SOCKET_NAME


class Terminal:
    """Types `mamori …` with one settings file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self.config = folder / "resolver.yaml"
        (folder / "root.json").write_text("{}")
        self.write(settings())

    def write(self, data: object) -> None:
        self.config.write_text(yaml.safe_dump(data))

    def type(self, *words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, list(words), input=stdin)

    def with_config(self, *words: str, stdin: str = "") -> Result:
        return self.type(*words, "--config", str(self.config), stdin=stdin)


class StandIn:
    """Answers at the control socket as a running resolver would, with one prepared reply, and keeps what was asked."""

    def __init__(self, state: Path, reply: dict[str, Any]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._reply = json.dumps(reply).encode() + b"\n"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(state / SOCKET_NAME))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with line:
                self.asked.append(json.loads(line.makefile("rb").readline()))
                line.sendall(self._reply)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


def settings() -> dict[str, Any]:
    """Sound settings whose state folder lies beside the file."""
    return {
        "listen": ["127.0.0.1:5300"],
        "upstreams": [{"address": "127.0.0.1:5301"}],
        "state": "state",
        "answer": {"mode": "dns-only"},
        "terms": {"version": "1", "url": "https://isp.example/terms"},
        "lists": [
            {
                "id": "demo",
                "purpose": "csam",
                "root": "root.json",
                "url": "http://127.0.0.1:8081/",
                "ground": "law",
                "criteria_set": "demo-1",
                "decided_by": "A. Decider",
            }
        ],
    }

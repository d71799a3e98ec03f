"""The blocking client, against a small server thread."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resolver.edge.supervision.control_client import SOCKET_NAME, ControlFault, ask, index_in_force


@contextmanager
def served(folder: Path, reply: bytes | None) -> Iterator[list[bytes]]:
    """Answer one client; None keeps silent."""
    got: list[bytes] = []
    done = threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / SOCKET_NAME))
        listening.listen()

        def answer() -> None:
            client, _ = listening.accept()
            with client:
                got.append(client.recv(4096))
                if reply is not None:
                    client.sendall(reply)
                else:
                    done.wait(30)

        thread = threading.Thread(target=answer)
        thread.start()
        yield got
        done.set()
        thread.join()


def test_one_question_one_answer(tmp_path: Path) -> None:
    """The request is one JSON line, the reply an object."""
    with served(tmp_path, b'{"ok":true,"text":"\xe6\x9b\xb4"}\n') as got:
        assert ask(tmp_path, "refresh", "demo") == {"ok": True, "text": "更"}
    assert got == [b'{"verb": "refresh", "list_id": "demo"}\n']


def test_nobody_there_is_explained(tmp_path: Path) -> None:
    """No socket, or one that nobody listens on any more, says how to start a resolver."""
    with pytest.raises(ControlFault, match="mamori run"):
        ask(tmp_path, "status")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / SOCKET_NAME))
    with pytest.raises(ControlFault, match="mamori run"):
        ask(tmp_path, "status")


@pytest.mark.parametrize(("reply", "words"), [(b'{"ok":', "broke off"), (b"{\n", "broke off"), (b"[]\n", "restart")])
def test_broken_reply_is_explained(tmp_path: Path, reply: bytes, words: str) -> None:
    """A reply that is cut short or no object is a fault with a remedy."""
    with served(tmp_path, reply), pytest.raises(ControlFault, match=words):
        ask(tmp_path, "status")


def test_silence_is_explained(tmp_path: Path) -> None:
    """A resolver that hangs does not hang the command."""
    with served(tmp_path, None), pytest.raises(ControlFault, match="did not answer"):
        ask(tmp_path, "status", seconds=0.05)


@pytest.mark.parametrize("given", [True, False])
def test_the_index_comes_as_a_descriptor(tmp_path: Path, *, given: bool) -> None:
    """The very memory the resolver uses, or nothing while there is no list."""
    with socket.socket(socket.AF_UNIX) as listening, tempfile.TemporaryFile() as memory:
        memory.write(b"index")
        memory.flush()
        listening.bind(str(tmp_path / SOCKET_NAME))
        listening.listen()

        def answer() -> None:
            with listening.accept()[0] as client:
                client.recv(100)
                socket.send_fds(client, [b'{"ok":true}\n'], [memory.fileno()] if given else [])

        thread = threading.Thread(target=answer)
        thread.start()
        fd = index_in_force(tmp_path)
        thread.join()
        assert (fd is not None) == given
        if fd is not None:
            assert os.pread(fd, 100, 0) == b"index"
            os.close(fd)


def test_a_resolver_that_shows_no_index_is_explained(tmp_path: Path) -> None:
    """One of another version closes the line; nobody there is told as ever."""
    with served(tmp_path, b""), pytest.raises(ControlFault, match="another version"):
        index_in_force(tmp_path)
    with pytest.raises(ControlFault, match="mamori run"):
        index_in_force(tmp_path)

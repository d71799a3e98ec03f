"""An upstream that says again what was recorded, over UDP and TCP, and counts how often it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterable

from tests.differential.recording import Pair, key_of
from tests.support.ports import free_port

_UDP_BYTES = 1232
_TC = 0x02


class Replay:
    """Runs in a thread of its own until `stop`."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.asked: Counter[bytes] = Counter()
        self.strange = 0
        """Questions that were not recorded."""
        self.port = free_port()
        self._answers = {pair.key: pair.answer for pair in pairs}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def answer(self, query: bytes) -> bytes | None:
        """The recorded message with the id of the query and the question in its case."""
        if query[12:13] == b"\0":
            return query[:2] + b"\x81\x80" + query[4:6] + bytes(6) + query[12:17]  # a probe of our health
        key = key_of(query)
        recorded = self._answers.get(key)
        if recorded is None:
            self.strange += 1
            return None
        self.asked[key] += 1
        behind = 12 + len(key) - 2  # type and class count, the two flags of the key do not
        return query[:2] + recorded[2:12] + query[12:behind] + recorded[behind:]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        udp = self._loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=("127.0.0.1", self.port))
        transport, _ = self._loop.run_until_complete(udp)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()
        server.close()
        transport.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                query = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                if (answer := self.answer(query)) is not None:
                    writer.write(len(answer).to_bytes(2, "big") + answer)
                    await writer.drain()
        writer.close()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._replay.answer(data)
        assert self._transport is not None
        if answer is None:
            return
        if len(answer) > _UDP_BYTES:
            end = 12 + data[12:].index(0) + 5
            answer = answer[:2] + bytes([answer[2] | _TC]) + answer[3:6] + bytes(6) + data[12:end]
        self._transport.sendto(answer, addr)

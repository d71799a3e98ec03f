"""`python -m bench.hit_rate.answerer`: an upstream that has an address for every name and knows nothing else.

It writes the port it took to standard output and answers until it is ended.
"""

from __future__ import annotations

import socket

FLAGS = b"\x81\x80"  # an answer, recursion desired and available
COUNTS = b"\0\1\0\1\0\0\0\0"  # one question, one answer
HEADER_BYTES = 12
QTYPE_QCLASS_BYTES = 4
TTL_SECONDS = 86_400  # nothing runs out while one measures
ADDRESS = b"\xc0\x0c\0\1\0\1" + TTL_SECONDS.to_bytes(4, "big") + b"\0\4\xc0\0\2\1"  # 192.0.2.1 for the name asked
RECEIVE_BUFFER_BYTES = 1 << 22


def main() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        sock.bind(("127.0.0.1", 0))
        print(sock.getsockname()[1], flush=True)
        while True:
            data, client = sock.recvfrom(4096)
            sock.sendto(answer(data), client)


def answer(query: bytes) -> bytes:
    """The query's id and question, letter by letter, and one address."""
    end = query.index(0, HEADER_BYTES) + 1 + QTYPE_QCLASS_BYTES
    return query[:2] + FLAGS + COUNTS + query[HEADER_BYTES:end] + ADDRESS


if __name__ == "__main__":
    main()

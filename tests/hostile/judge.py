"""Whether a reply is one that may be given to a broken query."""

from __future__ import annotations

from collections import Counter

import dns.exception
import dns.message

from tests.hostile.mutation import HEADER, MARK
from tests.support.daemon import NOTICE_V4

HARMFUL = b"\x00\x04" + bytes((203, 0, 113))  # RDATA of all listed names' own addresses begins so: never shown
NOTICE = b"\x00\x04" + bytes(map(int, NOTICE_V4.split(".")))
LISTED = (b"\x03blk\x07example\x00", b"\x05exact\x07example\x00", b"\x03blk\x06signed\x04test\x00")
LARGEST_OPT = 80  # bytes before padding: fixed part, EDE, cookie; nothing of the query fits in beside them
ERRORS = {1, 4, 5}  # FORMERR, NOTIMP, REFUSED
READ_EACH = 20  # one reply in so many is read by dnspython, too


class Judge:
    """Counts replies, and keeps the faults of those that were wrong."""

    def __init__(self) -> None:
        self.rcodes: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.examples: dict[str, tuple[str, str]] = {}
        self._seen = 0

    def look(self, sent: bytes, reply: bytes) -> None:
        """Judge one reply to what was sent."""
        self._seen += 1
        fault = self._fault(sent, reply)
        if fault is None:
            self.rcodes[reply[3] & 15] += 1
            return
        self.faults[fault] += 1
        self.examples.setdefault(fault, (sent.hex(), reply.hex()))

    def _fault(self, sent: bytes, reply: bytes) -> str | None:
        if len(reply) < HEADER or reply[:2] != sent[:2]:
            return "not the query's id"
        if not reply[2] & 0x80 or reply[2] & 0x78 != sent[2] & 0x78:
            return "no response, or another opcode"
        if sent[2] & 0x80:
            return "a response was answered"
        question = _question(reply)
        if question is None or reply[HEADER : HEADER + len(question)] != sent[HEADER : HEADER + len(question)]:
            return "a question nobody asked"
        return self._fault_behind(reply, question)

    def _fault_behind(self, reply: bytes, question: bytes) -> str | None:
        """What stands behind the question."""
        tail = reply[HEADER + len(question) :]
        if MARK in tail:
            return "a broken body echoed"
        if reply[3] & 15 in ERRORS and (reply[6:10] != bytes(4) or len(tail.rstrip(b"\x00")) > LARGEST_OPT):
            return "an error with a body"
        if HARMFUL in tail or (NOTICE in tail) > _is_listed(question):
            return "a wrong address"
        if self._seen % READ_EACH == 0 and not _readable(reply):
            return "a reply that cannot be read"
        return None


def answers_expected(sent: bytes) -> bool:
    """Whether row 14 promises any answer: not to a response, nor to less than a header."""
    return len(sent) >= HEADER and not sent[2] & 0x80


def _question(reply: bytes) -> bytes | None:
    """The bytes of the only question; empty when there is none; None when it is not plainly readable."""
    count = int.from_bytes(reply[4:6], "big")
    if count != 1:
        return b"" if count == 0 else None
    at = HEADER
    while at < len(reply) and 0 < reply[at] < 64:
        at += 1 + reply[at]
    end = at + 5
    return reply[HEADER:end] if at < len(reply) and reply[at] == 0 and end <= len(reply) else None


def _is_listed(question: bytes) -> bool:
    """Listed itself, below a listed name, or an alias that leads there."""
    name = question[:-4].lower()
    return name.endswith(LISTED) or b"alias" in name


def _readable(reply: bytes) -> bool:
    as_query = bytes((reply[2] & ~0x78,))  # dnspython reads an UPDATE's question as a zone
    try:
        dns.message.from_wire(reply[:2] + as_query + reply[3:])
    except dns.exception.DNSException:
        return False
    return True

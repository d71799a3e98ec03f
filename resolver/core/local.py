"""Answers that need neither cache nor upstream."""

from resolver.core import codes
from resolver.core.answer import Answer, failure
from resolver.core.config import CoreConfig
from resolver.core.counters import Counters
from resolver.core.door import Door
from resolver.core.query import Query


def answer_locally(counters: Counters, query: Query, door: Door, answer: Answer) -> bytes:
    """Book an answer made here and return it as a message."""
    counters.book_local(door.transport, answer.rcode)
    return answer.reply(query, door.transport)


def refusal(config: CoreConfig) -> Answer:
    """Return REFUSED: this client is not served, or not so."""
    return failure(*(() if config.relay else (codes.EDE_PROHIBITED,)), rcode=codes.REFUSED)

"""Upstreams that come and go, at any moment: what clients are promised all the same."""

from __future__ import annotations

import dns.message
import dns.rcode
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.resolver.core.world import CLIENT, CONFIG, N4, TABLE, World, ede, index_of, question, records, text

TTL = 20
STATES = ("up", "silent", "servfail", "changed")
LISTED = index_of(["blk.example", "n1.example"])
STEPS = st.lists(
    st.tuples(st.just("ask"), st.sampled_from(["n1", "n2", "blk"]))
    | st.tuples(st.just("wait"), st.sampled_from([0.1, 0.6, 1.5, 3.0, 11.0, 19.0, 70.0]))
    | st.tuples(st.just("upstream"), st.sampled_from(STATES))
    | st.tuples(st.just("list"), st.booleans()),
    max_size=30,
)


class Story:
    """One resolver and what happens around it."""

    def __init__(self) -> None:
        self.world = World()
        self.listed = False
        self.generation = 1
        self.put("up")

    def put(self, state: str) -> None:
        address = "192.0.2.78" if state == "changed" else "192.0.2.77"

        def reply(query: dns.message.Message) -> dns.message.Message | bytes | None:
            line = f"an {query.question[0].name} {TTL} A {address}"
            return None if state == "silent" else records("servfail" if state == "servfail" else line)(query)

        self.world.upstream = reply

    def ask(self, name: str) -> object:
        peer = object()
        world = self.world
        answer = world.forwarder.receive_query(question(f"{name}.example"), CLIENT, world.door(), peer, world.now)
        if answer is not None:
            world.late[peer] = [answer]
        world.pump()
        if answer is not None and (name == "blk" or (name == "n1" and self.listed)):
            assert text(dns.message.from_wire(answer))[0].endswith(N4)
        return peer

    def enforce(self, listed: bool) -> None:
        self.listed, self.generation = listed, self.generation + 1
        self.world.forwarder.set_index(LISTED if listed else TABLE, self.generation)


@settings(max_examples=60)
@given(STEPS)
def test_every_client_is_answered_once_and_help_is_noticed(steps: list[tuple[str, object]]) -> None:
    """Within give_up, with no TTL above the upstream's; when all is well again for two seconds, all is well."""
    story, peers = Story(), []
    for verb, value in steps:
        if verb == "ask":
            peers.append(story.ask(str(value)))
        elif verb == "wait":
            story.world.pass_time(float(str(value)))
        elif verb == "upstream":
            story.put(str(value))
        else:
            story.enforce(bool(value))
    story.world.pass_time(CONFIG.limits.give_up + 0.1)
    for peer in peers:
        (data,) = story.world.late[peer]
        answer = dns.message.from_wire(data)
        assert all(rrset.ttl <= 30 for rrset in answer.answer)
        assert answer.rcode() == dns.rcode.SERVFAIL or answer.answer
        assert not ede(answer) or ede(answer)[0] in (3, 4, 22)
    assert story.world.numbers.pending == 0
    story.put("changed")
    story.enforce(False)
    story.world.pass_time(CONFIG.limits.failure_ttl_max + TTL + 1)
    for _ in range(2):  # the first may still get an old answer, and have it renewed
        story.ask("n1")
        story.world.pass_time(2)
    (data,) = story.world.late[story.ask("n1")]
    assert text(dns.message.from_wire(data))[0].endswith("192.0.2.78")

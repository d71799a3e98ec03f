"""A question in flight, and the clients that wait for it."""

from collections import deque

from attrs import Factory, define

from resolver.core.answer import Answer
from resolver.core.door import Door
from resolver.core.policy import Decision
from resolver.core.query import Query


@define(eq=False)
class Waiter:
    """A client waiting for an answer; `peer` is the edge's own handle, `asked` monotonic seconds."""

    query: Query
    door: Door
    peer: object
    asked: float

    def message(self, answer: Answer) -> bytes:
        """Return the answer in this client's id, case and form."""
        return answer.reply(self.query, self.door.transport)


@define(eq=False)
class Pending:
    """One question in flight and how far asking has come; clients of all views wait together."""

    key: bytes
    """What is asked, DO and CD: the cache key whatever the view (`Query.asked`)."""
    question: bytes
    do: bool
    cd: bool
    started: float
    decision: Decision
    """The verdict on the question, as of `generation` and by the policy `view`."""
    generation: int
    view: int = 0
    waiters: deque[Waiter] = Factory(deque)
    step: int = 1
    """The next of the limits' `try_offsets`."""
    attempts: set[int] = Factory(set)
    upstreams: tuple[int, ...] = ()
    """Those that may be asked."""
    asked: frozenset[int] = frozenset()
    """Upstreams a try went to."""
    refused: frozenset[int] = frozenset()
    """Upstreams that answered with an error, which is final for them."""
    sends: int = 0
    tcp: bool = False
    network_error: bool = False
    last_error: Answer | None = None
    is_bogus: bool = False
    """Whether an upstream said that its signatures do not hold."""
    done: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether no upstream said anything."""
        return self.last_error is None

    @property
    def views(self) -> set[int]:
        """The policies to decide the answer by: that of whoever asked first, and of all who wait."""
        return {self.view, *(waiter.query.form.view for waiter in self.waiters)}

    @property
    def is_of_one_view(self) -> bool:
        """Whether all who wait meet the policy of whoever asked first."""
        for waiter in self.waiters:  # noqa: SIM110  a generator takes longer than what it is for
            if waiter.query.form.view != self.view:
                return False
        return True

    def waiters_of(self, view: int) -> list[Waiter]:
        """Return those who wait under a policy."""
        return [waiter for waiter in self.waiters if waiter.query.form.view == view]

    def release(self, view: int) -> list[Waiter]:
        """Return those who wait under a policy, who wait no more."""
        released = self.waiters_of(view)
        self.waiters = deque(waiter for waiter in self.waiters if waiter.query.form.view != view)
        return released

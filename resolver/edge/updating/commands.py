"""What an operator's commands do in the updater: each ends with words, and when what it changed is in force."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from attrs import define, frozen
from twisted.internet.defer import Deferred, gatherResults, succeed

from blocklist.trust.outcome import Kind, Outcome
from blocklist.trust.reasons import Reason
from resolver.edge.updating.sources import Sources, Subscribed, status_words
from resolver.edge.users import user_name

VERBS: Final[dict[str, Callable[[Subscribed], Outcome]]] = {
    "accept": lambda each: each.accept(),
    "reject": lambda each: each.reject(),
    "rollback": lambda each: each.rollback(),
    "breaker": lambda each: each.set_aside(Reason.BREAKER, each.status().version),
}
_LATE: Final = "; the workers have not confirmed it yet"


@frozen
class Result:
    """Done or not, words for the operator, and data where that was asked for."""

    ok: bool
    text: str
    data: dict[str, Any] | None = None


@define(eq=False)
class Commands:
    """Deferreds never fail. `do` runs a blocking verb of one list and hands over what it changed."""

    sources: Sources
    do: Callable[[str, Callable[[Subscribed], Outcome]], Deferred[Outcome]]
    refresh: Callable[[str], Deferred[Outcome]]
    renew: Callable[[], str]  # takes up the exemptions; what is wrong, if something is
    decided: Callable[
        [str, dict[str, Any], Outcome, str], None
    ]  # verb, the list's status before, how it ended, by whom
    in_force: Callable[[bool], Deferred[bool]]  # additions too, or only what waits for no trial?

    def run(self, verb: str, list_id: str | None, by: int | None = None) -> Deferred[Result]:
        """Run one command to the end, for a user."""
        if verb == "explain":  # tells of this moment, also while a refresh is under way
            return succeed(self._explained(list_id))
        return self._changed(verb, list_id, by).addCallback(self._once_in_force, verb == "refresh")

    def _changed(self, verb: str, list_id: str | None, by: int | None) -> Deferred[Result]:
        if verb == "exemptions":
            fault = self.renew()
            return succeed(Result(not fault, fault or "the exemptions were read again"))
        if list_id is not None and list_id not in self.sources.lists:
            return succeed(self._unknown(list_id))
        if verb == "refresh":
            asked = [list_id] if list_id is not None else list(self.sources.lists)
            return gatherResults([self.refresh(each) for each in asked]).addCallback(_summary, asked)
        if list_id is None:
            return succeed(Result(False, f"{verb} needs the id of one list"))
        before = status_words(self.sources.lists[list_id].status())
        done = self.do(list_id, VERBS[verb]).addCallback(partial(self._told, verb, before, by))
        return done.addCallback(lambda outcome: _summary([outcome], [list_id]))

    def _told(self, verb: str, before: dict[str, Any], by: int | None, outcome: Outcome) -> Outcome:
        self.decided(verb, before, outcome, "" if by is None else user_name(by))
        return outcome

    def _explained(self, list_id: str | None) -> Result:
        each = self.sources.lists.get(list_id or "")
        return self._unknown(list_id or "") if each is None else Result(True, "", each.explain())

    def _unknown(self, list_id: str) -> Result:
        known = ", ".join(self.sources.lists) or "none"
        return Result(False, self.sources.broken.get(list_id, f"there is no such list; known: {known}"))

    def _once_in_force(self, result: Result, additions: bool) -> Deferred[Result]:
        return self.in_force(additions).addCallback(
            lambda good: result if good else Result(result.ok, result.text + _LATE)
        )


def _summary(outcomes: list[Outcome], lists: list[str]) -> Result:
    words = [
        f"{name}: {each.kind.value}{f' ({each.text})' if each.text else ''}"
        for name, each in zip(lists, outcomes, strict=True)
    ]
    good = all(each.kind is not Kind.FAILED for each in outcomes)
    return Result(good, "; ".join(words) or "there are no lists")

"""Whether views can mean what they say: what they name exists, and each can be met by somebody."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from resolver.core.limits import Limits
from resolver.core.views import Views
from resolver.settings.access_checks import is_answered
from resolver.settings.addresses import Endpoint, Network
from resolver.settings.core import core_config, own_policy
from resolver.settings.faults import Fault
from resolver.settings.kinds import suggestion
from resolver.settings.model import Settings
from resolver.settings.views import View

VIEWS_MOST = Limits().views_max
_ANYBODY: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_NEVER_MET = (
    "can never be reached: views above it fit all of its clients (the first that fits wins), or none of `from` is of "
    "the address family of `listen`: move it up, or narrow those above"
)


def view_faults(settings: Settings) -> Iterator[Fault]:
    """Yield what makes the views unusable."""
    if len(settings.views) > VIEWS_MOST:
        yield Fault("views", f"{len(settings.views)} stand here, at most {VIEWS_MOST} fit: let clients share some")
    first: dict[str, int] = {}
    met = _met(settings, settings.views)
    for number, view in enumerate(settings.views):
        path = f"views[{number}]"
        if view.name in first:
            yield Fault(f"{path}.name", f"{view.name} is the name of views[{first[view.name]}] too: choose another")
        first.setdefault(view.name, number)
        if not view.from_ and not view.listen:
            yield Fault(path, "fits everybody: say in `from` or `listen` whose view it is")
        unknown = tuple(_unknown(settings, view, path))
        yield from unknown
        if not unknown and number not in met:
            yield Fault(path, _NEVER_MET)


def _unknown(settings: Settings, view: View, path: str) -> Iterator[Fault]:
    lists, places = [each.id for each in settings.lists], [str(each) for each in _endpoints(settings)]
    for number, list_id in enumerate(view.lists or ()):
        if list_id not in lists:
            yield Fault(f"{path}.lists[{number}]", f"there is no list {list_id}.{suggestion(list_id, lists)}")
    for number, endpoint in enumerate(view.listen):
        if str(endpoint) not in places:
            near = suggestion(endpoint, places)
            yield Fault(f"{path}.listen[{number}]", f"nothing answers at {endpoint}: add it to `listen`.{near}")
    for list_id, notice in view.notices.items():
        if list_id not in lists:
            yield Fault(f"{path}.notices.{list_id}", f"there is no list {list_id}.{suggestion(list_id, lists)}")
        elif not view.has(list_id):
            yield Fault(f"{path}.notices.{list_id}", "this view leaves the list out: add it to `lists`, or drop this")
        if settings.answer.mode == "notice" and notice not in settings.notices:
            known = ", ".join(settings.notices) or "none"
            yield Fault(f"{path}.notices.{list_id}", f"there is no notices.{notice} (known: {known}): add it")


def _endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    return tuple(dict.fromkeys(place.endpoint for place in settings.places))


# --- who meets which view -------------------------------------------------------------------------------


class _Taken:
    """The addresses that views above take, as ranges that neither meet nor touch, in order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def covers(self, network: Network) -> bool:
        """Whether every address of a prefix is taken."""
        place = bisect_right(self._firsts, int(network.network_address)) - 1
        return place >= 0 and self._lasts[place] >= int(network.broadcast_address)

    def add(self, network: Network) -> None:
        """Take a prefix too, and join the ranges it touches."""
        first, last = int(network.network_address), int(network.broadcast_address)
        start, end = bisect_left(self._lasts, first - 1), bisect_right(self._firsts, last + 1)
        if start < end:
            first, last = min(first, self._firsts[start]), max(last, self._lasts[end - 1])
        self._firsts[start:end], self._lasts[start:end] = [first], [last]


def _met(settings: Settings, views: Sequence[View]) -> set[int]:
    """Return the places of the views that some client meets, somewhere."""
    # Where the same views apply to the same address family, looking once is enough.
    doors = {
        (endpoint.ip.version, tuple(not view.listen or endpoint in view.listen for view in views))
        for endpoint in _endpoints(settings)
    }
    return {number for version, fits in doors for number in _met_at(views, fits, version)}


def _met_at(views: Sequence[View], fits: Sequence[bool], version: int) -> Iterator[int]:
    """An IPv6 socket hears no IPv4, and the other way round."""
    taken = _Taken()
    for number, view in enumerate(views):
        clients = [each for each in view.from_ or _ANYBODY if each.version == version and fits[number]]
        if not all(map(taken.covers, clients)):
            yield number
        for each in clients:
            taken.add(each)


# --- what works, but is worth a thought -----------------------------------------------------------------


def view_warnings(settings: Settings) -> Iterator[Fault]:
    """Yield what may not be what the operator means."""
    for number, view in enumerate(settings.views):
        for place, network in enumerate(view.from_):
            if not is_answered(network, settings.access):
                yield Fault(
                    f"views[{number}].from[{place}]",
                    f"{network} is not answered at all (access.allow): add it there, or take it out here",
                )
    yield from _enforced_for_nobody(settings)
    if settings.self_test.enabled:
        yield from _untested(settings)


def _enforced_for_nobody(settings: Settings) -> Iterator[Fault]:
    if len(settings.views) in _met(settings, [*settings.views, View(name="rest")]):
        return
    for each in settings.lists:
        if not any(view.has(each.id) for view in settings.views):
            yield Fault("views", f"list {each.id} is enforced for nobody: no view has it, and every client meets one")


def _untested(settings: Settings) -> Iterator[Fault]:
    """A question to an address of our own comes from that address, and meets the view that fits it."""
    views = Views(core_config(settings))
    met = {own_policy(views, each) for each in settings.listen}
    tested = {policy.list_id for number in met for policy in views.policies[number]}
    for each in settings.lists:
        if each.id not in tested:
            yield Fault(
                "views",
                f"list {each.id} is not tested: this resolver asks the test names at its own addresses, from there, "
                "and meets only views without this list: add an address to `listen` whose view has it",
            )

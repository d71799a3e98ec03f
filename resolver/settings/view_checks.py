"""Whether views can mean what they say: what they name exists, and each can be met by somebody."""

from collections.abc import Iterable, Iterator
from ipaddress import collapse_addresses, ip_network

from resolver.core.limits import Limits
from resolver.core.views import Views
from resolver.settings.addresses import Endpoint, Network
from resolver.settings.core import core_config
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
    for number, view in enumerate(settings.views):
        path = f"views[{number}]"
        if view.name in first:
            yield Fault(f"{path}.name", f"{view.name} is the name of views[{first[view.name]}] too: choose another")
        first.setdefault(view.name, number)
        if not view.from_ and not view.listen:
            yield Fault(path, "fits everybody: say in `from` or `listen` whose view it is")
        unknown = tuple(_unknown(settings, view, path))
        yield from unknown
        if not unknown and not _is_met(settings, view, settings.views[:number]):
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


# --- who meets which view -------------------------------------------------------------------------------


def _endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    return tuple(dict.fromkeys(place.endpoint for place in settings.places))


def _clients(view: View, endpoint: Endpoint) -> list[Network]:
    """Return the prefixes that meet a view at an endpoint; an IPv6 socket hears no IPv4."""
    if view.listen and endpoint not in view.listen:
        return []
    return [each for each in view.from_ or _ANYBODY if each.version == endpoint.ip.version]


def _is_met(settings: Settings, view: View, above: Iterable[View]) -> bool:
    """Whether some client anywhere meets this view and none above it."""
    views = tuple(above)
    return any(
        not _covered(each, [other for every in views for other in _clients(every, endpoint)])
        for endpoint in _endpoints(settings)
        for each in _clients(view, endpoint)
    )


def _covered(network: Network, others: list[Network]) -> bool:
    """Whether every address of a prefix is in one of the others, all of one family."""
    whole: Iterable[Network] = collapse_addresses(others)  # type: ignore[type-var]
    return any(network.subnet_of(each) for each in whole)  # type: ignore[arg-type]


# --- what works, but is worth a thought -----------------------------------------------------------------


def view_warnings(settings: Settings) -> Iterator[Fault]:
    """Yield what may not be what the operator means."""
    for number, view in enumerate(settings.views):
        for place, network in enumerate(view.from_):
            if not any(network.version == each.version and network.overlaps(each) for each in settings.access.allow):
                yield Fault(
                    f"views[{number}].from[{place}]",
                    f"{network} is not answered at all (access.allow): add it there, or take it out here",
                )
    yield from _enforced_for_nobody(settings)
    if settings.self_test.enabled:
        yield from _untested(settings)


def _enforced_for_nobody(settings: Settings) -> Iterator[Fault]:
    rest = View(name="rest")
    if _is_met(settings, rest, settings.views):
        return
    for each in settings.lists:
        if not any(view.has(each.id) for view in settings.views):
            yield Fault("views", f"list {each.id} is enforced for nobody: no view has it, and every client meets one")


def _untested(settings: Settings) -> Iterator[Fault]:
    """A question to an address of our own comes from that address, and meets the view that fits it."""
    core = core_config(settings)
    views = Views(core)
    met = {views.at(str(each)).choose(each.within.host) for each in settings.listen}
    tested = {policy.list_id for number in met for policy in views.policies[number]}
    for each in settings.lists:
        if each.id not in tested:
            yield Fault(
                "views",
                f"list {each.id} is not tested: this resolver asks the test names at its own addresses, from there, "
                "and meets only views without this list: add an address to `listen` whose view has it",
            )

"""What upstreams and forward sets must say together."""

from collections.abc import Iterator

from cryptography.x509 import load_pem_x509_certificates

from resolver.settings.faults import Fault
from resolver.settings.model import Settings
from resolver.settings.upstreams import Upstream


def upstream_faults(settings: Settings) -> Iterator[Fault]:
    """Yield sets without zones or servers, zones named twice, servers described in two ways, and ourselves as one."""
    seen: dict[str, str] = {}
    for number, each in enumerate(settings.forward):
        path = f"forward[{number}]"
        if not each.zones:
            yield Fault(f"{path}.zones", "name at least one zone")
        if not each.upstreams:
            yield Fault(f"{path}.upstreams", "name at least one server to ask")
        for zone in each.zones:
            if zone in seen:
                yield Fault(f"{path}.zones", f"{zone} stands in {seen[zone]} already: keep one")
            seen.setdefault(zone, path)
    yield from _described_twice(settings)
    yield from _ourselves(settings)


def upstream_file_faults(settings: Settings) -> Iterator[Fault]:
    """Yield the files of authorities that cannot be read or hold none."""
    for path, each in _all_upstreams(settings):
        if each.tls is None or each.tls.ca is None:
            continue
        try:
            load_pem_x509_certificates(each.tls.ca.read_bytes())
        except OSError as error:
            yield Fault(f"{path}.tls.ca", f"cannot read {each.tls.ca}: {error.strerror}")
        except ValueError:
            yield Fault(f"{path}.tls.ca", f"{each.tls.ca} holds no certificate in PEM form: name the authorities' file")


def _described_twice(settings: Settings) -> Iterator[Fault]:
    known: dict[str, tuple[str, Upstream]] = {}
    for path, each in _all_upstreams(settings):
        first_path, first = known.setdefault(each.label, (path, each))
        if first != each:
            yield Fault(path, f"{each.label} has other settings in {first_path}: give it the same in both places")


def _ourselves(settings: Settings) -> Iterator[Fault]:
    """A question would go round until it is given up, and with it all others of that moment."""
    own = {place.endpoint.within: str(place.endpoint) for place in settings.places}
    for path, each in _all_upstreams(settings):
        if (listening := own.get(each.address.within)) is not None:
            why = f"is this resolver itself, which answers at {listening}: name the resolver that is to be asked"
            yield Fault(f"{path}.address", why)


def _all_upstreams(settings: Settings) -> Iterator[tuple[str, Upstream]]:
    for number, each in enumerate(settings.upstreams):
        yield f"upstreams[{number}]", each
    for place, forward in enumerate(settings.forward):
        for number, each in enumerate(forward.upstreams):
            yield f"forward[{place}].upstreams[{number}]", each

"""What of the settings may be told to somebody outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import attrs
import pytest

from resolver.settings import Settings, parse
from resolver.settings.addresses import AddressKind, EndpointKind, NetworkKind, PathKind, UrlKind
from resolver.settings.disclosure import SHOWN_KINDS, WITHHELD, disclosed
from resolver.settings.kinds import Words
from resolver.settings.transports import HostName, UrlPath
from resolver.settings.upstreams import CertificateName, ForwardZone
from tests.resolver.settings.samples import BASE, full, read

WITHHELD_KINDS = (AddressKind, EndpointKind, NetworkKind, PathKind, UrlKind, Words, HostName, UrlPath, CertificateName)
SECRET = "quartz"  # stands in every free text below


class New:
    def read(self, value: object) -> object:
        return value


@attrs.frozen
class Section:
    own: Annotated[str, New()] = SECRET
    several: tuple[Annotated[str, New()], ...] = (SECRET, SECRET)
    plain: str = SECRET


def telling() -> dict[str, Any]:
    """Settings that name customers, sites, files and machines wherever settings can."""
    text = {"ja": SECRET, "en": SECRET}
    data = full()
    data["lists"][0] |= {"root": f"/{SECRET}/root.json", "never": [f"{SECRET}.example"], "decided_by": SECRET}
    data["lists"][0] |= {"urls": [f"https://{SECRET}.example/"], "criteria_set": SECRET, "never_file": f"/{SECRET}"}
    data["notices"] = {SECRET: data["notices"]["default"] | {"isp": text, "body": text}}
    data["notices"][SECRET]["desks"] = [{"kind": "help", "name": text, "for_whom": text, "phone": "0120"}]
    data["lists"][0]["notice"] = SECRET
    data["forward"] = [{"zones": [f"{SECRET}.example"], "upstreams": [{"address": "203.0.113.9:53"}]}]
    data["views"] = [{"name": SECRET, "from": ["203.0.113.0/24"]}]
    data["access"] = {"allow": ["203.0.113.0/24", "2001:db8:7::/48"]}
    data["identity"] = {"nsid": SECRET}
    data["cookies"] = {"secrets": f"/{SECRET}"}
    data["user"] = SECRET
    data["tls"] = {"certificate": f"/{SECRET}", "key": f"/{SECRET}", "name": f"{SECRET}.example"}
    data["doh"] = {"listen": ["127.0.0.1:443"], "path": f"/{SECRET}"}
    data["terms"] = {"version": SECRET, "url": f"https://{SECRET}.example/"}
    return data


def leaves(kind: Any) -> Iterator[Any]:
    """The kinds of value the settings hold anywhere."""
    if get_origin(kind) is Annotated:
        yield get_args(kind)[1]
    elif attrs.has(kind):
        for field in attrs.fields(attrs.resolve_types(kind)):
            yield from leaves(field.type)
    else:
        for argument in get_args(kind):
            yield from leaves(argument)


def test_no_text_of_the_operator_is_told() -> None:
    """A word put wherever the settings take a free one, and every address and prefix, is nowhere in what is told."""
    told = json.dumps(disclosed(parse(telling(), base=BASE)))
    assert SECRET not in told
    assert not [each for each in ("203.0.113", "2001:db8", "192.0.2", "127.0.0.1", "/srv") if each in told]


def test_what_helps_to_find_a_fault_is_told() -> None:
    """Switches, numbers, durations, words of closed sets, list ids; counts and kinds of addresses for the rest."""
    told = disclosed(parse(telling(), base=BASE))
    assert told["lists"][0]["id"] == "demo"
    assert (told["lists"][0]["ground"], told["lists"][0]["never"]) == ("emergency_necessity", {"count": 1})
    assert (told["access"]["allow"], told["access"]["open_resolver"]) == ({"count": 2}, False)
    assert told["listen"] == ["IPv4 loopback, port 5300", "IPv6 loopback, port 5300"]
    assert told["forward"] == [{"zones": {"count": 1}, "upstreams": [told["forward"][0]["upstreams"][0]]}]
    assert told["forward"][0]["upstreams"][0]["address"].endswith(", port 53")
    assert (told["cache"]["stale"], told["poll"]["interval"], told["mode"]) == (86_400, 15, "normal")
    assert (told["cookies"]["secrets"], told["identity"]["nsid"]) == (WITHHELD, WITHHELD)
    assert read(full()).identity.nsid is None and disclosed(read(full()))["identity"]["nsid"] is None


def test_zones_we_know_are_told_by_name_and_notices_are_not() -> None:
    """The names of `special_use` are words of a closed set; what an operator called a notice is not."""
    told = disclosed(read(full() | {"special_use": {"home.arpa": False}}))
    assert told["special_use"] == {"home.arpa": False}
    assert isinstance(told["notices"], list) and told["notices"][0]["status"] == 403


def test_every_kind_is_shown_or_withheld_knowingly() -> None:
    """No kind of setting is in neither set: whoever adds one decides here whether it can name somebody."""
    kinds = {type(each) for each in leaves(Settings)}
    assert kinds <= {*SHOWN_KINDS, *WITHHELD_KINDS, ForwardZone}


def test_a_kind_nobody_decided_about_is_withheld() -> None:
    """The default is to say nothing."""

    told = disclosed(Section())  # type: ignore[arg-type]
    assert told == {"own": WITHHELD, "several": {"count": 2}, "plain": WITHHELD}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("0.0.0.0:53", "IPv4 any address, port 53"),
        ("[fe80::1]:53", "IPv6 link-local, port 53"),
        ("10.0.0.1:5300", "IPv4 private, port 5300"),
        ("8.8.8.8:53", "IPv4 public, port 53"),
    ],
)
def test_an_address_is_told_by_its_kind(address: str, words: str) -> None:
    """Enough to see a wrong one."""
    assert disclosed(read(full() | {"listen": [address]}))["listen"] == [words]

"""What of the settings may be told to somebody outside: switches, numbers and words of closed sets.

By default nothing is: a text, a name, a prefix, a path or a URL could name a customer or a listed site, or be a secret.
Such a value is told as `set`, several of them as a count, an address as its kind and port.
"""

import types
from typing import Annotated, Any, Final, Union, get_args, get_origin

import attrs

from resolver.settings.addresses import Endpoint, EndpointKind
from resolver.settings.fields import key_of
from resolver.settings.kinds import Choice, Duration, Number, Switch, Workers
from resolver.settings.lists import ListSettings
from resolver.settings.model import Settings
from resolver.settings.serving import SpecialUseName

SHOWN_KINDS: Final = (Switch, Number, Duration, Choice, Workers, SpecialUseName)
"""Kinds whose values come from a set that is fixed in the code. Every other kind is withheld, new ones too."""
SHOWN_FIELDS: Final = frozenset({(ListSettings, "id")})
"""Texts that are shown all the same: list ids, which stand in /metrics and on the notice page."""

WITHHELD: Final = "set"


def disclosed(settings: Settings) -> dict[str, Any]:
    """Return the settings as JSON data without anything that could name somebody or open something."""
    return _section(settings)


def _section(value: Any) -> dict[str, Any]:
    kind = type(value)
    attrs.resolve_types(kind)
    told = {}
    for field in attrs.fields(kind):
        own = getattr(value, field.name)
        told[key_of(field.name)] = own if (kind, field.name) in SHOWN_FIELDS else _told(own, field.type)
    return told


def _told(value: Any, kind: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if value is None:
        return None
    if origin in (Union, types.UnionType):
        return _told(value, arguments[0])
    if origin is Annotated:
        return _leaf(value, arguments[1])
    if origin is tuple:
        return _several(value, arguments[0])
    if origin is dict:
        return _group(value, *arguments)
    return _section(value) if attrs.has(kind) else WITHHELD


def _leaf(value: Any, kind: Any) -> Any:
    if isinstance(kind, EndpointKind):
        return _place(value)
    return value if isinstance(kind, SHOWN_KINDS) else WITHHELD


def _several(values: tuple[Any, ...], kind: Any) -> Any:
    told = [_told(each, kind) for each in values]
    return {"count": len(told)} if WITHHELD in told else told


def _group(values: dict[str, Any], key_kind: Any, kind: Any) -> Any:
    """By key where the keys are of a closed set; else in order, without them."""
    if isinstance(get_args(key_kind)[1], SHOWN_KINDS):
        return {key: _told(each, kind) for key, each in values.items()}
    return _several(tuple(values.values()), kind)


def _place(endpoint: Endpoint) -> str:
    """`IPv4 loopback, port 53`: enough to see a wrong one, too little to find a machine."""
    ip = endpoint.ip
    scopes = (
        (ip.is_unspecified, "any address"),
        (ip.is_loopback, "loopback"),
        (ip.is_link_local, "link-local"),
        (ip.is_private, "private"),
    )
    scope = next((word for fits, word in scopes if fits), "public")
    return f"IPv{ip.version} {scope}, port {endpoint.port}"

"""Settings as plain JSON data, for child processes, the schema's defaults and comparison."""

import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any

import attrs

from resolver.settings.addresses import Endpoint
from resolver.settings.fields import key_of

_WRITTEN = (Endpoint, IPv4Address, IPv6Address, IPv4Network, IPv6Network, Path)


def to_plain(value: Any) -> Any:
    """Turn a settings object, or any value in one, into dicts, lists, texts, numbers, switches and null."""
    if isinstance(value, _WRITTEN):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if attrs.has(type(value)):
        return {key_of(each.name): to_plain(getattr(value, each.name)) for each in attrs.fields(type(value))}
    if isinstance(value, tuple | list):
        return [to_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: to_plain(each) for key, each in value.items()}
    return value

"""Settings as plain data, for the tests to bend."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from resolver.settings import Settings, SettingsFault, parse

BASE = Path("/srv/mamori")
_TEXT = {"ja": "見本", "en": "sample"}
_FULL: dict[str, Any] = {
    "listen": ["127.0.0.1:5300", "[::1]:5300"],
    "upstreams": [{"address": "127.0.0.1:5301"}],
    "notices": {"default": {"ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "isp": _TEXT, "body": _TEXT}},
    "terms": {"version": "2026-11", "url": "https://isp.example/terms"},
    "lists": [
        {
            "id": "demo",
            "purpose": "csam",
            "root": "demo-root.json",
            "urls": ["http://127.0.0.1:8081/"],
            "ground": "emergency_necessity",
            "criteria_set": "demo-1",
            "decided_by": "A. Decider",
        }
    ],
}


def full() -> dict[str, Any]:
    """A fresh copy of sound settings with one list."""
    return copy.deepcopy(_FULL)


def read(data: object) -> Settings:
    return parse(data, base=BASE)


def faults_of(data: object) -> dict[str, str]:
    """What is wrong, by path; a test fails when nothing is."""
    with pytest.raises(SettingsFault) as caught:
        read(data)
    return {fault.path: fault.message for fault in caught.value.faults}

"""Settings for tests of the supervisor's side, changed by keyword."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resolver.settings import Settings, parse
from tests.support.ports import free_port

NOTICE = {"ipv4": "192.0.2.1", "isp": {"ja": "見本", "en": "Sample"}, "body": {"ja": "団体", "en": "Body"}}


def settings(folder: Path, **more: Any) -> Settings:
    """One list, one upstream, one worker, on free ports."""
    root = folder / "root.json"
    root.write_bytes(b"{}")
    demo = {
        "id": "demo",
        "purpose": "csam",
        "root": str(root),
        "urls": ["http://127.0.0.1:9/"],
        "ground": "emergency_necessity",
        "criteria_set": "demo-1",
        "decided_by": "A. Decider",
    }
    plain = {
        "listen": [f"127.0.0.1:{free_port()}"],
        "upstreams": [{"address": "127.0.0.1:9"}],
        "state": str(folder / "state"),
        "workers": 1,
        "notices": {"default": NOTICE | {"listen": [f"127.0.0.1:{free_port()}"]}},
        "lists": [demo],
        "terms": {"version": "1", "url": "https://isp.example/terms"},
        "metrics": {"listen": f"127.0.0.1:{free_port()}"},
        "preflight": {"required": False},
        "laptop": True,
    }
    return parse(plain | more, base=folder)


def changed(old: Settings, folder: Path, **more: Any) -> Settings:
    """The same settings but for some."""
    return parse(old.raw | more, base=folder)

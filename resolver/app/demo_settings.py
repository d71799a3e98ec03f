"""The settings file the demo's resolver is started with: as a real one, on loopback."""

from pathlib import Path
from typing import Any

import yaml

from resolver.app.demo_places import V4, V6, Places
from resolver.settings.addresses import Endpoint

LIST_ID = "demo"
POLL_SECONDS = 5


def write_settings(folder: Path, places: Places, *, upstream: Endpoint, list_url: str, root: Path) -> Path:
    """Write `resolver.yaml` into the folder and return its path."""
    path = folder / "resolver.yaml"
    data = settings_of(folder, places, upstream=upstream, list_url=list_url, root=root)
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def settings_of(folder: Path, places: Places, *, upstream: Endpoint, list_url: str, root: Path) -> dict[str, Any]:
    """The demo's settings as plain data."""
    return {
        "listen": [str(Endpoint(host, places.dns)) for host in places.hosts],
        "upstreams": [{"address": str(upstream), "trust_ad": False}],
        "state": str(folder / "state"),
        "workers": 2,
        "notices": {"default": _notice(places)},
        "lists": [_list(list_url, root)],
        "terms": {"version": "demo", "url": "https://isp.example/terms"},
        "poll": {"interval": POLL_SECONDS},
        "special_use": {"test": False, "invalid": False},  # the demo's own names live there and in example
        "metrics": {"listen": str(Endpoint(V4, places.metrics))},
        "preflight": {"required": False},  # nobody answers for a demonstration
        "laptop": True,
    }


def _list(url: str, root: Path) -> dict[str, Any]:
    return {
        "id": LIST_ID,
        "purpose": "csam",
        "root": str(root),
        "urls": [url],
        "ground": "emergency_necessity",
        "criteria_set": "demo-1",
        "decided_by": "Nobody: this is a demonstration",
    }


def _notice(places: Places) -> dict[str, Any]:
    return {
        "ipv4": V4,
        "ipv6": V6,
        "listen": [str(Endpoint(host, places.notice)) for host in places.hosts],
        "isp": {"ja": "見本インターネット", "en": "Sample Internet"},
        "body": {"ja": "見本リスト団体", "en": "Sample List Body"},
        "terms_article": {"ja": "第12条", "en": "article 12"},
        "law_url": "https://law.example/act",
        "policy_url": "https://isp.example/policy",
        "policy_version": "2026-11",
        "contact_url": "https://isp.example/contact",
        "desks": [_mistake(), _report(), _help(), _worried()],
    }


def _mistake() -> dict[str, Any]:
    return {
        "kind": "mistake",
        "name": {"ja": "見本リスト団体 異議窓口", "en": "Sample List Body, objections desk"},
        "for_whom": {"ja": "掲載が誤りだと思われる方", "en": "if you think that the listing is wrong"},
        "url": "https://list.example/objection",
    }


def _report() -> dict[str, Any]:
    return {
        "kind": "report",
        "name": {"ja": "見本ホットライン", "en": "Sample Hotline"},
        "for_whom": {"ja": "同じようなサイトを見つけた方", "en": "if you have come across such a site"},
        "url": "https://hotline.example/report",
    }


def _help() -> dict[str, Any]:
    return {
        "kind": "help",
        "name": {"ja": "見本相談センター", "en": "Sample Help Line"},
        "for_whom": {"ja": "18歳未満の方、被害にあわれた方", "en": "if you are under 18 or were harmed"},
        "phone": "0120-000-000",
    }


def _worried() -> dict[str, Any]:
    return {
        "kind": "worried",
        "name": {"ja": "見本セルフヘルプ相談", "en": "Sample Self-Help Service"},
        "for_whom": {"ja": "ご自身の行動に不安のある方", "en": "if you are worried about your own behaviour"},
        "url": "https://self-help.example/",
    }

"""A machine and settings with which every check of `mamori preflight` passes, to be broken one thing at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from attrs import evolve

from blocklist.trust.local.preflight import Report, State, keep_report, load_report, make_report, public_key
from blocklist.trust.storage.host_key import load_or_create
from resolver.preflight.attested import Attestations, ends, template
from resolver.preflight.case import Case
from resolver.preflight.examination import case_of, examine
from resolver.preflight.host import Host
from resolver.settings import Settings, load
from resolver.settings.fingerprint import fingerprint
from tests.support.ports import free_port

NOTICE_HOST = "127.0.0.83"  # nothing else of a test answers there
PUBLIC_V4, PUBLIC_V6 = "192.31.196.1", "2620:4f:8000::1"  # AS112 (RFC 7534, RFC 7535): public, and nobody's customer
STAGE = ("laptop", "trial_settings", "notice_address", "never_list")
"""What a daemon on the loopback of a developer's machine cannot pass."""


def fill_in(form: str, now: float) -> dict[str, dict[str, Any]]:
    """A template as a careful person fills it in on that day."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load(form)
    today = time.strftime("%Y-%m-%d", time.gmtime(now))
    for entry in entries.values():
        entry |= {"by": "山田 太郎", "office": "見本インターネット 技術部長", "date": today}
    return entries


def write_attestations(settings: Settings, path: Path, now: float) -> Path:
    path.write_text(yaml.safe_dump(fill_in(template(settings), now), allow_unicode=True))
    path.chmod(0o600)
    return path


def passing_host(folder: Path, **more: Any) -> Host:
    """Files as a well-kept Linux has them, below `folder`."""
    files = {
        "proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n",
        "proc/self/cgroup": "0::/system.slice/mamori.service\n",
        "proc/sys/kernel/core_pattern": "core\n",
        "proc/sys/kernel/yama/ptrace_scope": "1\n",
        "proc/sys/net/netfilter/nf_conntrack_acct": "0\n",
        "proc/net/tcp": "  sl  local_address rem_address   st\n",
        "proc/1/comm": "systemd\n",
        "proc/100/comm": "systemd\n",
        "proc/100/cmdline": "/sbin/init\0",
        "proc/101/comm": "node_exporter\n",
        "proc/101/cmdline": "/usr/bin/node_exporter\0--collector.disable-defaults\0--collector.cpu\0",
        "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
        "etc/systemd/system/mamori.service": "[Service]\nMemorySwapMax=0\n",
        "etc/systemd/system.conf": "[Manager]\n#DefaultIPAccounting=yes\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    facts: dict[str, Any] = {
        "forbid_dumps": lambda: None,  # tests must stay as they are
        "synchronised": lambda: True,
        "run": rules(""),
        "name": "resolver-1.isp.example",
        "tcp_ports": (free_port(), free_port()),
        "udp_ports": (free_port(),),
    }
    return Host(proc=folder / "proc", sys=folder / "sys", etc=folder / "etc", lib=folder / "lib", **facts | more)


def rules(nft: str | None, iptables: str | None = None) -> Callable[[Sequence[str]], str | None]:
    """The packet filter's rules as `nft list ruleset` and `iptables-save` print them; None: not to be had."""
    return lambda command: nft if command[0] == "nft" else iptables


class Stage:
    """One machine with its settings; `host` and the files may be changed before `findings` is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.attestations = folder / "resolver.yaml", folder / "attestations.yaml"
        self.host = passing_host(folder / "machine")
        (folder / "root.json").write_text("{}")
        (folder / "cookies").write_text("00" * 16)
        (folder / "cookies").chmod(0o600)
        (folder / "state").mkdir(mode=0o700)
        self.settings = self.sound()
        self.fill = True  # attestations, by the template

    def sound(self) -> dict[str, Any]:
        listed = {
            "id": "demo",
            "purpose": "csam",
            "root": "root.json",
            "url": "https://list.example/",
            "ground": "emergency_necessity",
            "criteria_set": "demo-1",
            "decided_by": "山田 太郎、見本インターネット 社長",
            "never": ["isp.example"],
        }
        notice = {
            "ipv4": PUBLIC_V4,
            "ipv6": PUBLIC_V6,
            "listen": [f"{NOTICE_HOST}:{free_port()}"],
            "isp": {"ja": "見本インターネット", "en": "Sample Internet"},
            "body": {"ja": "見本リスト団体", "en": "Sample List Body"},
        }
        return {
            "listen": [f"127.0.0.1:{free_port()}"],
            "upstreams": [{"address": "127.0.0.1:9"}],
            "state": "state",
            "notices": {"default": notice},
            "lists": [listed],
            "terms": {"version": "2026-11", "url": "https://isp.example/terms"},
            "access": {"allow": ["127.0.0.1/32", "::1/128"]},
            "cookies": {"secrets": "cookies"},
        }

    def loaded(self) -> Settings:
        self.config.write_text(yaml.safe_dump(self.settings, allow_unicode=True))
        return load(self.config)

    def case(self) -> Case:
        """The case as the command would make it, attestations filled in for these settings."""
        settings = self.loaded()
        if self.fill:
            write_attestations(settings, self.attestations, self.host.now())
        given = Attestations.read(self.attestations)
        return case_of(settings, self.config, given, self.host, load_or_create(settings.state))


def pass_preflight(config: Path, folder: Path, *, now: float | None = None) -> Report:
    """A report of this host for a settings file: made by the product, but for what the stage of a test cannot pass."""
    settings = load(config)
    host = passing_host(folder / "machine")
    host_key = load_or_create(settings.state)
    given = Attestations.read(write_attestations(settings, folder / "attestations.yaml", host.now()))
    found = examine(case_of(settings, config, given, host, host_key))
    excused = [evolve(each, state=State.PASSED) if each.id in STAGE else each for each in found]
    report = make_report(
        host_key,
        host=host.name,
        version="test",
        now=time.time() if now is None else now,
        settings=fingerprint(settings),
        lists=[each.id for each in settings.lists],
        findings=excused,
        before=load_report(settings.state, public_key(host_key)),
        until=ends(given, host.now()) if now is None else None,
    )
    assert report.passed, [each.id for each in excused if each.state is State.FAILED]
    keep_report(settings.state, report, host_key)
    return report

"""Every precondition, broken one by one on a machine where all others hold: its check fails alone and says what to do.

The machine's files are real ones under another root, settings and keys lie on a disk, what listens really listens.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import evolve

from blocklist.trust.clock import TimeMarks
from blocklist.trust.local.preflight import Finding, State
from blocklist.trust.storage.host_key import load_or_create
from blocklist.trust.storage.state import ListState, Memory
from resolver.edge.hardening import HardeningFault
from resolver.preflight.attested import template
from resolver.preflight.examination import examine
from tests.support.ports import free_port
from tests.support.preflight import NOTICE_HOST, Stage, fill_in, rules
from tests.support.tools import require_root

Break = Callable[[Stage, ExitStack], object]
DAY = 86_400.0


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def failed(stage: Stage) -> dict[str, Finding]:
    return {each.id: each for each in examine(stage.case()) if each.state is State.FAILED}


def test_all_is_well(stage: Stage) -> None:
    """The machine the others begin from passes; people answer for what they were asked, nothing is left out."""
    found = examine(stage.case())
    assert [each.id for each in found if each.state is State.FAILED] == []
    assert {each.id for each in found if each.state is State.ATTESTED} == {
        *("flow_export", "cgn_log", "firewall_log", "ids", "packet_capture", "node_exporter"),
        *("upstream_log", "terms_published", "decision"),
    }
    assert len({each.id for each in found}) == len(found)


# --- what breaks it -----------------------------------------------------------------------------------


def put(name: str, text: str) -> Break:
    """Another content of one of the machine's files."""

    def broken(stage: Stage, _stack: ExitStack) -> None:
        path = stage.folder / "machine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return broken


def told(**change: Any) -> Break:
    """Other settings."""

    def broken(stage: Stage, _stack: ExitStack) -> None:
        stage.settings |= change

    return broken


def listed(**change: Any) -> Break:
    """Another word on the list."""

    def broken(stage: Stage, _stack: ExitStack) -> None:
        stage.settings["lists"][0] |= change

    return broken


def noticed(**change: Any) -> Break:
    """Another notice."""

    def broken(stage: Stage, _stack: ExitStack) -> None:
        stage.settings["notices"]["default"] |= change

    return broken


def on_host(**change: Any) -> Break:
    """Another answer of the machine."""

    def broken(stage: Stage, _stack: ExitStack) -> None:
        stage.host = evolve(stage.host, **change)

    return broken


def mode(name: str, bits: int) -> Break:
    """Other rights of a file."""

    def broken(stage: Stage, _stack: ExitStack) -> None:
        stage.loaded()
        (stage.folder / name).chmod(bits)

    return broken


def said(key: str, **change: Any) -> Break:
    """An attestation that is not as it must be; without a change it is not there."""

    def broken(stage: Stage, _stack: ExitStack) -> None:
        entries = fill_in(template(stage.loaded()), stage.host.now())
        entries[key] |= change
        if not change:
            del entries[key]
        stage.attestations.write_text(yaml.safe_dump(entries, allow_unicode=True))
        stage.attestations.chmod(0o600)
        stage.fill = False

    return broken


def no_dumps_forbidden(stage: Stage, _stack: ExitStack) -> None:
    def refused() -> None:
        raise HardeningFault("refused")

    stage.host = evolve(stage.host, forbid_dumps=refused)


def no_yama(stage: Stage, _stack: ExitStack) -> None:
    (stage.host.proc / "sys/kernel/yama/ptrace_scope").unlink()


def readable_key(stage: Stage, _stack: ExitStack) -> None:
    path = stage.folder / "state" / "subscriber.key"
    path.write_bytes(bytes(96))
    path.chmod(0o640)


def signed_tomorrow(stage: Stage, _stack: ExitStack) -> None:
    key = load_or_create(stage.folder / "state")
    folder = stage.folder / "state/lists/demo"
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    stamped = TimeMarks(stamped_at=time.time() + DAY)
    Memory(folder / "state.sealed", key, "demo").write(ListState(marks=stamped))


def listener(stage: Stage, stack: ExitStack) -> None:
    """A Web server with TLS on the notice address."""
    port = stage.host.tcp_ports[0]
    stack.enter_context(socket.create_server((NOTICE_HOST, port)))


def known_listener(stage: Stage, stack: ExitStack) -> None:
    """A daemon that listens at every address, as the kernel's table shows it."""
    port = free_port()
    stack.enter_context(socket.create_server(("0.0.0.0", port)))
    line = f"   0: 00000000:{port:04X} 00000000:0000 0A\n"
    (stage.host.proc / "net/tcp").write_text("  sl  local_address rem_address   st\n" + line)


def silent(stage: Stage, stack: ExitStack) -> None:
    """HTTP/3 on the notice address: something takes the packet and says nothing."""
    taken = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    taken.bind((NOTICE_HOST, stage.host.udp_ports[0]))


def answers_all(stage: Stage, stack: ExitStack) -> None:
    """A resolver that answers whoever asks."""
    line = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    line.bind(("127.0.0.1", 0))
    stage.settings["listen"] = [f"127.0.0.1:{line.getsockname()[1]}"]

    def serve() -> None:
        query, peer = line.recvfrom(4096)
        line.sendto(query[:2] + b"\x81\x83" + query[4:], peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    stack.callback(thread.join, 10)


def exporter(*words: str) -> Break:
    return put("proc/101/cmdline", "\0".join(["/usr/bin/node_exporter", *words]) + "\0")


def swapping(stage: Stage, _stack: ExitStack) -> None:
    (stage.host.proc / "swaps").write_text("Filename\n/dev/sda2 partition 1 0 -2\n")
    (stage.host.etc / "systemd/system/mamori.service").write_text("[Service]\n")


def hibernating(stage: Stage, _stack: ExitStack) -> None:
    """Swap that the unit may not use is used by the machine as a whole."""
    (stage.host.proc / "swaps").write_text("Filename\n/dev/sda2 partition 1 0 -2\n")
    (stage.host.sys / "power").mkdir()
    (stage.host.sys / "power/state").write_text("freeze mem disk\n")


ATTESTED = (
    *("flow_export", "cgn_log", "firewall_log", "ids", "packet_capture", "node_exporter"),
    *("upstream_log", "terms_published", "decision"),
)
RELEASE = {"enabled": True, "lines_served": 200_000}
OPEN = {"allow": ["0.0.0.0/0"], "open_resolver": True}
BROKEN: dict[str, tuple[Break, str, str, str]] = {
    "core dumps not to be forbidden": (
        no_dumps_forbidden,
        "core_dumps",
        "systemd ユニットで動かしてください",
        "packaged systemd",
    ),
    "hibernation": (hibernating, "hibernation", "systemctl mask hibernate.target", "systemctl mask hibernate.target"),
    "swap": (swapping, "swap", "`swapoff -a`", "MemorySwapMax=0"),
    "ptrace": (put("proc/sys/kernel/yama/ptrace_scope", "0\n"), "debuggers", "ptrace_scope=1", "ptrace_scope=1"),
    "no Yama": (no_yama, "debuggers", "Yama を含むカーネル", "kernel with Yama"),
    "state folder": (mode("state", 0o755), "state_files", "chmod -R go-rwx", "chmod -R go-rwx"),
    "key": (readable_key, "state_files", "漏えい", "leaked"),
    "cookie secrets": (mode("cookies", 0o620), "secret_files", "chmod 0600", "chmod 0600"),
    "settings": (mode("resolver.yaml", 0o666), "settings_files", "chmod go-w", "chmod go-w"),
    "free clock": (on_host(synchronised=lambda: False), "clock", "timedatectl", "timedatectl"),
    "clock behind the release": (on_host(now=lambda: 1e9), "clock", "時計を合わせ", "Set the clock"),
    "clock behind the list": (signed_tomorrow, "clock", "時計を合わせ", "Set the clock"),
    "laptop": (told(laptop=True), "laptop", "`laptop` の行を削除", "Take the line `laptop` out"),
    "mode": (told(mode="relay"), "mode", "`mode` の行を削除", "Take the line `mode` out"),
    "not required": (told(preflight={"required": False}), "trial_settings", "preflight.required", "preflight.required"),
    "test zones": (told(special_use={"test": False}), "trial_settings", "special_use.test", "special_use.test"),
    "never list": (listed(never=[]), "never_list", "never_file", "never_file"),
    "terms without version": (
        told(terms={"version": "TBD", "url": "https://isp.example/t"}),
        "terms",
        "terms.version",
        "terms.version",
    ),
    "terms without page": (
        told(terms={"version": "1", "url": "http://isp.example/t"}),
        "terms",
        "terms.url",
        "terms.url",
    ),
    "nobody decided": (
        listed(decided_by="Nobody: this is a demonstration"),
        "decision_maker",
        "氏名と役職",
        "name and office",
    ),
    "open by settings": (told(access=OPEN), "open_resolver", "access.allow", "access.allow"),
    "open in truth": (answers_all, "open_resolver", "mamori reload", "mamori reload"),
    "private notice": (noticed(ipv4="10.0.0.1"), "notice_address", "グローバルアドレス", "public addresses"),
    "private notice, IPv6": (noticed(ipv6="fd00::1"), "notice_address", "グローバルアドレス", "public addresses"),
    "https at the notice": (listener, "notice_ports", "専用のアドレス", "an address of its own"),
    "another daemon there": (known_listener, "notice_ports", "専用のアドレス", "an address of its own"),
    "HTTP/3 at the notice": (silent, "notice_ports", "REJECT", "REJECT"),
    "no such address": (noticed(listen=["192.0.2.1:80"]), "notice_ports", "ip address add", "ip address add"),
    "tcpdump": (put("proc/102/comm", "tcpdump\n"), "recorder_programs", "止めて", "Stop them"),
    "node_exporter": (exporter(), "node_exporter_here", "--no-collector.netstat", "--no-collector.netstat"),
    "one collector": (
        exporter("--collector.disable-defaults", "--collector.netdev"),
        *("node_exporter_here", "--no-collector.netdev", "--no-collector.netdev"),
    ),
    "conntrack": (put("proc/sys/net/netfilter/nf_conntrack_acct", "1\n"), "conntrack", "sysctl -w", "sysctl -w"),
    "nft counter": (
        on_host(run=rules("tcp dport 80 counter packets 7 bytes 420 accept\n")),
        "packet_filter",
        "counter",
        "counter",
    ),
    "iptables": (
        on_host(run=rules(None, "-A INPUT -p tcp --dport 80 -j ACCEPT\n")),
        "packet_filter",
        "counter",
        "counter",
    ),
    "accounting": (
        put("etc/systemd/system/mamori.service.d/a.conf", "[Service]\nIPAccounting=yes\n"),
        *("ip_accounting", "IPAccounting=no", "IPAccounting=no"),
    ),
    "accounting by default": (
        put("etc/systemd/system.conf.d/a.conf", "[Manager]\nDefaultIPAccounting=true\n"),
        *("ip_accounting", "IPAccounting=no", "IPAccounting=no"),
    ),
    **{f"no {key}": (said(key), key, f"`{key}` に書いてください", f"under `{key}`") for key in ATTESTED},
    "nobody attests": (said("ids", by="nobody"), "ids", "氏名（by）", "Write name (by)"),
    "no office": (said("ids", office=" "), "ids", "役職（office）", "and office"),
    "an old word": (said("ids", date="2020-02-02"), "ids", "もう一度確かめ", "looked at again"),
    "tomorrow's word": (said("ids", date="2200-02-02"), "ids", "実際に確かめた日", "the day it was looked at"),
    "other terms": (
        said("terms_published", about="2025-01"),
        "terms_published",
        'about: "2026-11"',
        'about: "2026-11"',
    ),
    "other lists": (said("decision", about="demo more"), "decision", 'about: "demo"', 'about: "demo"'),
}


@pytest.mark.parametrize(("broken", "check", "remedy_ja", "remedy_en"), BROKEN.values(), ids=BROKEN)
def test_one_broken_precondition_fails_alone_and_says_what_to_do(
    stage: Stage, stack: ExitStack, broken: Break, check: str, remedy_ja: str, remedy_en: str
) -> None:
    """Its check fails, no other does, and both languages name the remedy."""
    broken(stage, stack)
    found = failed(stage)
    assert list(found) == [check]
    assert remedy_ja in found[check].do_ja
    assert remedy_en in found[check].do_en
    assert found[check].found_ja
    assert found[check].found_en


def rules_counting(packets: int) -> Break:
    """As iptables of today leaves them: each rule counts."""
    return on_host(run=rules(f"ct state established,related counter packets {packets} bytes 9 accept\n"))


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (rules_counting(7), "packet_filter"),
        (known_listener, "notice_ports"),
        (put("proc/102/comm", "conntrackd\n"), "recorder_programs"),
    ],
)
def test_a_person_may_answer_for_what_the_machine_cannot_judge(
    stage: Stage, stack: ExitStack, broken: Break, check: str
) -> None:
    """The failure says what to write; it covers what was found and nothing more, and shows who looked."""
    broken(stage, stack)
    remedy = failed(stage)[check].do_en
    mark = remedy.partition('about: "')[2].partition('"')[0]
    assert mark in failed(stage)[check].do_ja
    word = {"by": "山田 太郎", "office": "NOC", "date": time.strftime("%Y-%m-%d", time.gmtime()), "about": mark}
    entries = fill_in(template(stage.loaded()), stage.host.now()) | {check: word}
    stage.attestations.write_text(yaml.safe_dump(entries, allow_unicode=True))
    stage.fill = False
    found = {each.id: each for each in examine(stage.case())}
    assert (found[check].state, found[check].do_ja) == (State.ATTESTED, "")
    assert "NOC 山田 太郎" in found[check].found_ja
    entries[check] = word | {"about": "F00000000"}
    stage.attestations.write_text(yaml.safe_dump(entries, allow_unicode=True))
    assert list(failed(stage)) == [check]


def test_packets_that_pass_meanwhile_are_no_other_rule(stage: Stage, stack: ExitStack) -> None:
    """Else no word on a counter would be about it for longer than a second."""
    rules_counting(7)(stage, stack)
    before = failed(stage)["packet_filter"]
    rules_counting(8)(stage, stack)
    assert failed(stage)["packet_filter"] == before


def test_release_needs_somebody_who_decided_it(stage: Stage, stack: ExitStack) -> None:
    """Asked only where totals are released; the sentence is about this bucket and these lines."""
    stage.settings["release"] = RELEASE
    assert "release" in {each.id for each in examine(stage.case()) if each.state is State.ATTESTED}
    said("release")(stage, stack)
    assert list(failed(stage)) == ["release"]


def test_a_page_on_another_machine_is_answered_for(stage: Stage, stack: ExitStack) -> None:
    """Its ports and logs cannot be seen from here."""
    stage.settings["notices"]["default"]["listen"] = []
    assert failed(stage) == {}
    said("notice_elsewhere")(stage, stack)
    assert list(failed(stage)) == ["notice_elsewhere"]


def test_without_a_page_no_recorder_is_asked_for(stage: Stage, stack: ExitStack) -> None:
    """dns-only leaves no connection to record: a counter on port 80 and a missing word about flows are no fault."""
    stage.settings["answer"] = {"mode": "dns-only"}
    on_host(run=rules("tcp dport 80 counter accept"))(stage, stack)
    found = {each.id: each.state for each in examine(stage.case())}
    assert State.FAILED not in found.values()
    assert found["notice_path"] is State.NOT_ASKED
    assert "flow_export" not in found


@pytest.mark.root
def test_a_file_of_somebody_else_in_the_state_folder(stage: Stage) -> None:
    """As root leaves it who ran a command without thinking; the resolver could not read it."""
    require_root()
    stage.loaded()
    os.chown(stage.folder / "state", 65534, 65534)
    found = failed(stage)
    assert list(found) == ["state_files"]
    assert "chown -R" in found["state_files"].do_en


@pytest.mark.parametrize(
    "well",
    [
        put("proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n"),  # the unit may not use it
        put("proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P\n"),  # what is not dumpable
        exporter("--no-collector.netstat", "--no-collector.conntrack", "--no-collector.netdev"),
        put("etc/systemd/system/mamori.service", "IPAccounting=no\nMemorySwapMax=0\n"),
        on_host(run=rules(None)),  # the attestation on firewalls covers it
        said("ids", by="佐藤", office="情報セキュリティ部"),
    ],
)
def test_what_only_looks_broken(stage: Stage, stack: ExitStack, well: Break) -> None:
    """Checks do not cry wolf."""
    well(stage, stack)
    assert failed(stage) == {}

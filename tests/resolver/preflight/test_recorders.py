"""Recorders of this machine: rules and switches as they are really written."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from blocklist.trust.local.preflight import State
from resolver.preflight.recorders import recorder_checks
from tests.support.preflight import Stage, rules

PLAIN = """table inet filter {
	chain input { # a counter in a comment is none
		type filter hook input priority filter; policy accept;
		tcp dport 80 accept
	}
}
"""


def states(stage: Stage) -> dict[str, State]:
    return {each.id: each.state for each in recorder_checks(stage.case())}


@pytest.mark.parametrize(
    ("nft", "iptables", "state"),
    [
        (PLAIN, "", State.PASSED),
        (PLAIN + "tcp dport 80 log prefix x", "", State.FAILED),
        (PLAIN + "tcp dport 22 counter packets 1 bytes 2 accept", "", State.PASSED),
        (PLAIN + "tcp dport { 22, 8000-9000 } log", "", State.PASSED),
        (PLAIN + "tcp dport { 22, 1-1024 } log", "", State.FAILED),
        (PLAIN + "tcp dport @web counter packets 1 bytes 2", "", State.FAILED),
        (PLAIN + "tcp dport != 22 counter packets 1 bytes 2", "", State.FAILED),
        (PLAIN + "ct state established counter packets 1 bytes 2 accept", "", State.FAILED),
        (PLAIN + 'ip saddr 192.0.2.0/24 accept comment "no log, no counter"', "", State.PASSED),
        (PLAIN + "quota over 1 mbytes drop", None, State.FAILED),
        (None, ":INPUT ACCEPT [7:420]\n-A INPUT -p udp --dport 53 -j ACCEPT\n", State.PASSED),
        (None, "-A INPUT -p tcp -m multiport --dports 443,80 -j ACCEPT\n", State.FAILED),
        (None, "-A INPUT -p tcp -m tcp --dport 1:1024 -j ACCEPT\n", State.FAILED),
        (None, "-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT\n", State.PASSED),
        (None, "-A DOCKER -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT\n", State.PASSED),
        (None, "-A INPUT -d 192.31.196.0/24 -p tcp -m tcp --dport 80 -j ACCEPT\n", State.FAILED),
        (None, "-A INPUT ! -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT\n", State.FAILED),
        (None, "-A INPUT -p tcp -m recent --set --name web\n", State.FAILED),
        ("ip daddr 172.17.0.2 tcp dport 80 counter packets 1 bytes 2 accept", "", State.PASSED),
        ("ip daddr { 172.17.0.2, 192.31.196.1 } counter packets 1 bytes 2 accept", "", State.FAILED),
        ("ip daddr != 172.17.0.2 counter packets 1 bytes 2 accept", "", State.FAILED),
        ("ip daddr @pages counter packets 1 bytes 2 accept", "", State.FAILED),
        ("tcp dport 80 add @visitors { ip saddr timeout 1h }", "", State.FAILED),
        ("", "-A FORWARD -j NFLOG --nflog-group 1\n", State.FAILED),
        (None, None, State.ATTESTED),
    ],
)
def test_rules(tmp_path: Path, nft: str | None, iptables: str | None, state: State) -> None:
    """What counts or logs is found in both forms; what cannot be listed is answered for by people."""
    stage = Stage(tmp_path)
    stage.host = evolve(stage.host, run=rules(nft, iptables))
    assert states(stage)["packet_filter"] is state


def test_what_others_run_may_be_hidden(tmp_path: Path) -> None:
    """hidepid: nothing is seen of others, so people's word is taken, and what is seen still fails."""
    stage = Stage(tmp_path)
    (stage.host.proc / "1/comm").unlink()
    (stage.host.proc / "101/comm").write_text("bash\n")
    found = states(stage)
    assert (found["recorder_programs"], found["node_exporter_here"]) == (State.ATTESTED, State.ATTESTED)
    (stage.host.proc / "101/comm").write_text("tcpdump\n")
    assert states(stage)["recorder_programs"] is State.FAILED


@pytest.mark.parametrize("switch", ["nf_conntrack_acct", "nf_conntrack_timestamp", "nf_conntrack_log_invalid"])
def test_each_switch_of_connection_tracking(tmp_path: Path, switch: str) -> None:
    """Named in full, so that it can be typed."""
    stage = Stage(tmp_path)
    (stage.host.proc / "sys/net/netfilter" / switch).write_text("1\n")
    [found] = [each for each in recorder_checks(stage.case()) if each.state is State.FAILED]
    assert (found.id, f"net.netfilter.{switch}" in found.do_en) == ("conntrack", True)


def test_a_unit_that_says_no_beats_the_default(tmp_path: Path) -> None:
    """As systemd reads it."""
    stage = Stage(tmp_path)
    (stage.host.etc / "systemd/system.conf").write_text("DefaultIPAccounting=yes\n")
    assert states(stage)["ip_accounting"] is State.FAILED
    (stage.host.etc / "systemd/system/mamori.service").write_text("IPAccounting=no\n")
    assert states(stage)["ip_accounting"] is State.PASSED


def test_node_exporter_has_another_name_on_debian(tmp_path: Path) -> None:
    """prometheus-node-exporter, of which the kernel shows fifteen letters."""
    stage = Stage(tmp_path)
    (stage.host.proc / "101/comm").write_text("prometheus-node\n")
    assert states(stage)["node_exporter_here"] is State.PASSED
    (stage.host.proc / "101/cmdline").write_text("/usr/bin/prometheus-node-exporter\0")
    assert states(stage)["node_exporter_here"] is State.FAILED

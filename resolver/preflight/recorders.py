"""What this machine itself may keep of connections to the notice page: what can be seen is looked at.

What cannot be seen from here (routers, address translation, what root hides) people answer for: `attested.py`.
"""

import re
from collections.abc import Iterator
from typing import Final

from blocklist.trust.local.preflight import Finding
from resolver.preflight.case import Case
from resolver.preflight.host import Host
from resolver.preflight.wording import finding

NODE_EXPORTERS: Final = ("node_exporter", "prometheus-node")
"""Its name as its makers and as Debian call it; the kernel keeps 15 letters."""
COLLECTORS: Final = ("conntrack", "netdev", "netstat")  # of node_exporter, on by default
RECORDERS: Final = frozenset(
    {
        *("tcpdump", "dumpcap", "tshark", "suricata", "snort", "zeek", "ntopng", "nprobe", "softflowd", "fprobe"),
        *("pmacctd", "nfcapd", "conntrackd", "ulogd", "iptraf-ng", "arpwatch", "p0f", "argus", "yaf"),
    }
)
"""Programs whose work is to keep what goes over a network."""
SWITCHES: Final = ("nf_conntrack_acct", "nf_conntrack_timestamp", "nf_conntrack_log_invalid")
PAGE_PORT: Final = 80
_NFT: Final = re.compile(r"\b(?:counter|log|quota)\b")
_COMMENT: Final = re.compile(r'#.*|comment "[^"]*"')
_DPORT: Final = re.compile(r"\bdport (?:\{([^}]*)\}|(\S+))")
_IPTABLES: Final = re.compile(r"-j (?:LOG|NFLOG|ULOG)\b|--dports? (?:80|http)\b")


def recorder_checks(case: Case) -> Iterator[Finding]:
    """Programs, node_exporter, connection tracking, packet filter rules, systemd's accounting."""
    host = case.host
    processes = list(host.processes())
    yield _programs([name for name, _words in processes])
    yield _node_exporter([words for name, words in processes if name in NODE_EXPORTERS])
    yield _conntrack(host)
    yield _rules(host)
    yield _accounting(host)


def _programs(names: list[str]) -> Finding:
    running = sorted(RECORDERS.intersection(names))
    return (
        finding("recorder_programs", "running", programs=running) if running else finding("recorder_programs", "none")
    )


def _node_exporter(running: list[list[str]]) -> Finding:
    on = sorted({each for words in running for each in COLLECTORS if _collects(words, each)})
    if on:
        flags = " ".join(f"--no-collector.{each}" for each in on)
        return finding("node_exporter_here", "on", collectors=on, flags=flags)
    return finding("node_exporter_here", "off" if running else "none")


def _collects(words: list[str], collector: str) -> bool:
    """Whether its arguments leave a collector on."""
    if f"--collector.{collector}" in words:
        return True
    return f"--no-collector.{collector}" not in words and "--collector.disable-defaults" not in words


def _conntrack(host: Host) -> Finding:
    folder = host.proc / "sys/net/netfilter"
    on = [each for each in SWITCHES if host.text(folder / each) not in ("", "0")]
    if on:
        return finding("conntrack", "on", switches=[f"net.netfilter.{each}" for each in on])
    return finding("conntrack", "off")


def _rules(host: Host) -> Finding:
    """A rule with a counter or a log keeps how many visits there were, or each of them."""
    tables = host.run(["nft", "list", "ruleset"])
    older = [host.run([f"{name}-save"]) for name in ("iptables", "ip6tables")]
    if tables is None and all(each is None for each in older):
        return finding("packet_filter", "unseen")
    bare = (_COMMENT.sub("", line).strip() for line in (tables or "").splitlines())
    lines = [line for line in bare if _NFT.search(line) and _may_be_page(line)]
    lines += [line for each in older for line in (each or "").splitlines() if _IPTABLES.search(line)]
    if lines:
        return finding("packet_filter", "counts", count=len(lines), first=lines[0][:80])
    return finding("packet_filter", "none")


def _may_be_page(line: str) -> bool:
    """Whether a rule of nftables may be passed by packets to the page: unless it names other ports only."""
    ports = _DPORT.search(line)
    return ports is None or any(_holds_page(word) for word in re.split(r"[,\s]+", ports[1] or ports[2]) if word)


def _holds_page(word: str) -> bool:
    """Of a port, or a range of them; whatever else may stand there may mean the page, too."""
    low, _, high = word.partition("-")
    if not (low.isdecimal() and (high or low).isdecimal()):
        return True
    return int(low) <= PAGE_PORT <= int(high or low)


def _accounting(host: Host) -> Finding:
    """systemd counts packets of a unit, for its journal line at the end and whoever asks."""
    by_unit = host.unit_settings().get("IPAccounting", "").lower()
    by_default = host.manager_settings().get("DefaultIPAccounting", "").lower()
    if _is_yes(by_unit) or (_is_yes(by_default) and not by_unit):
        return finding("ip_accounting", "on")
    return finding("ip_accounting", "off")


def _is_yes(word: str) -> bool:
    """As systemd reads a switch."""
    return word in ("yes", "true", "on", "1")

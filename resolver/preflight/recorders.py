"""What this machine itself may keep of connections to the notice page: what can be seen is looked at.

What cannot be seen from here (routers, address translation, what root hides) people answer for: `attested.py`.
"""

import hashlib
import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from blocklist.trust.local.preflight import Finding
from resolver.preflight.case import Case
from resolver.preflight.host import Host
from resolver.preflight.wording import finding

IpAddress = IPv4Address | IPv6Address
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
_NFT: Final = re.compile(r"\b(?:counter|log|quota|meter|dup to)\b|\b(?:add|update) @")
_IPTABLES: Final = re.compile(r"-j (?:LOG|NFLOG|ULOG|TEE|SET)\b|-m recent\b")
_COMMENT: Final = re.compile(r'#.*|comment "[^"]*"')
_COUNTED: Final = re.compile(r"packets \d+ bytes \d+")
_PORTS: Final = re.compile(r"\bdport (?:\{([^}]*)\}|(\S+))|(?<!! )--dports? (\S+)")
_PLACES: Final = re.compile(r"\bdaddr (?:\{([^}]*)\}|(\S+))|(?<!! )-d (\S+)")
_SAVES: Final = ("iptables-save", "ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save")


def recorder_checks(case: Case) -> Iterator[Finding]:
    """Programs, node_exporter, connection tracking, packet filter rules, systemd's accounting."""
    host = case.host
    processes = list(host.processes())
    hidden = not host.text(host.proc / "1/comm")  # the first program is always there
    yield _programs([name for name, _words in processes], hidden=hidden)
    yield _node_exporter([words for name, words in processes if name in NODE_EXPORTERS], hidden=hidden)
    yield _conntrack(host)
    yield _rules(host, _page_addresses(case))
    yield _accounting(host)


def _programs(names: list[str], *, hidden: bool) -> Finding:
    if running := sorted(RECORDERS.intersection(names)):
        return finding("recorder_programs", "running", programs=running)
    return finding("recorder_programs", "unseen" if hidden else "none")


def _node_exporter(running: list[list[str]], *, hidden: bool) -> Finding:
    on = sorted({each for words in running for each in COLLECTORS if _collects(words, each)})
    if on:
        flags = " ".join(f"--no-collector.{each}" for each in on)
        return finding("node_exporter_here", "on", collectors=on, flags=flags)
    if hidden and not running:
        return finding("node_exporter_here", "unseen")
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


def _page_addresses(case: Case) -> tuple[IpAddress, ...]:
    """Where visitors arrive; none where that may be any address of this machine."""
    notices = case.settings.notices.values()
    led = [each for notice in notices for each in (notice.ipv4, notice.ipv6) if each is not None]
    here = [ip_address(place.within.host) for _name, place in case.settings.notice_places]
    return () if any(each.is_unspecified for each in here) else (*led, *here)


def _rules(host: Host, page: tuple[IpAddress, ...]) -> Finding:
    """A rule with a counter or a log keeps how many visits there were, or each of them."""
    tables = host.run(["nft", "list", "ruleset"])
    older = [host.run([name]) for name in _SAVES]
    if tables is None and all(each is None for each in older):
        return finding("packet_filter", "unseen")
    bare = [_COUNTED.sub("", _COMMENT.sub("", line)).strip() for line in (tables or "").splitlines()]
    kept = [line for line in bare if _NFT.search(line) and _may_be_page(line)]
    saved = [line for each in older for line in (each or "").splitlines() if line.startswith("-A")]
    kept += [line for line in saved if _IPTABLES.search(line) or (_PORTS.search(line) and _may_be_page(line))]
    lines = [line for line in dict.fromkeys(kept) if not _leads_elsewhere(line, page)]
    if lines:
        mark = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]
        return finding("packet_filter", "counts", count=len(lines), first=lines[0][:80], mark=mark)
    return finding("packet_filter", "none")


def _may_be_page(line: str) -> bool:
    """Whether packets to the page may pass a rule: unless it names other ports only."""
    words = _named(_PORTS, line)
    return not words or any(_holds_page(word) for word in words)


def _leads_elsewhere(line: str, page: tuple[IpAddress, ...]) -> bool:
    """Whether a rule is for other addresses only: of containers behind this machine, say."""
    words = _named(_PLACES, line)
    try:
        places = [ip_network(word, strict=False) for word in words]
    except ValueError:  # a named set, a range, a negation
        return False
    return bool(page and places) and not any(each in place for place in places for each in page)


def _named(what: re.Pattern[str], line: str) -> list[str]:
    found = what.search(line)
    text = next(filter(None, found.groups()), "") if found else ""
    return [word for word in re.split(r"[,\s]+", text) if word]


def _holds_page(word: str) -> bool:
    """Of a port, or a range of them; whatever else may stand there may mean the page, too."""
    low, _, high = word.replace(":", "-").partition("-")
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

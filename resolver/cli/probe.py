"""`mamori probe`: the operator's own question, in place of a query log. Nothing of it is kept anywhere."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import click
from attrs import frozen
from dnslib import DNSRecord

from blocklist.index import Index
from resolver.cli.answer_words import Said, agree, read_answer
from resolver.cli.exchange import NoAnswer, Server, ask_server, authorities, certificate_alone
from resolver.cli.faults import CliFault, Exit
from resolver.cli.options import config_option, json_option, read_name
from resolver.cli.question import question
from resolver.core.forward_zones import ForwardZones
from resolver.core.policy import Course, decide
from resolver.core.views import Views
from resolver.edge.supervision.control_client import ControlFault, index_in_force
from resolver.settings import Settings, load
from resolver.settings.addresses import Place
from resolver.settings.core import core_config, own_policy
from resolver.settings.upstreams import Upstream

NOT_LISTED: Final = "not listed"


@frozen
class Finding:
    """What one server answered: `said` is None where nothing usable came, and `why` says what did."""

    server: Server
    said: Said | None = None
    why: str = ""
    size: int = 0
    milliseconds: float = 0.0


@click.command()
@config_option
@json_option
def probe(config: Path, as_json: bool) -> int:
    """Ask the running resolver over every address and transport it has, its lists, and its upstreams.

    Reads NAME or NAME TYPE from the terminal or standard input. Exit code 1 when the transports disagree or one of
    them is silent. Nothing is recorded.
    """
    settings = load(config, look_at_files=False)
    query = question(read_name("Name and type"))
    own = _asked([_own(settings, place) for place in settings.places], query)
    upstreams = _asked([_upstream(each) for each in _in_charge(settings, query)], query)
    verdict, by_view = _verdicts(settings, query)
    if verdict == NOT_LISTED and _by_policy(own) and not _by_policy(upstreams):
        verdict += ", but a name that its answer leads to is"
    good = _all_agree(settings, own)
    if as_json:
        told = {"verdict": verdict, "views": by_view, "agree": good, "own": _facts(own), "upstreams": _facts(upstreams)}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _show(
            own, upstreams, {"lists": verdict} | {f"view {name}": words for name, words in by_view.items()}, good=good
        )
    return Exit.DONE if good else Exit.FAILED


def _own(settings: Settings, place: Place) -> Server:
    """The resolver itself, which must show the certificate of the settings."""
    if settings.tls is None or place.kind in ("udp", "tcp"):
        return Server(place.kind, place.endpoint.within)
    try:
        trust = certificate_alone(settings.tls.certificate)
    except OSError as error:
        raise CliFault(f"tls.certificate {settings.tls.certificate}: {error.strerror or 'cannot be read'}") from None
    return Server(place.kind, place.endpoint.within, settings.tls.name, trust, settings.doh.path)


def _upstream(upstream: Upstream) -> Server:
    if upstream.tls is None:
        return Server("udp", upstream.address)
    return Server("dot", upstream.address, upstream.tls.name, authorities(upstream.tls.ca))


def _in_charge(settings: Settings, query: DNSRecord) -> Sequence[Upstream]:
    """The upstreams that are asked for this name, by the rule the workers use."""
    places = ForwardZones(core_config(settings)).upstreams(_wire(query), query.q.qtype)
    return [settings.servers[place] for place in places]


def _asked(servers: Sequence[Server], query: DNSRecord) -> list[Finding]:
    """Ask all at the same time."""
    with ThreadPoolExecutor(max_workers=max(len(servers), 1)) as pool:
        return list(pool.map(lambda server: _ask(server, query), servers))


def _ask(server: Server, query: DNSRecord) -> Finding:
    asked = DNSRecord(query.header, list(query.questions), ar=list(query.ar))
    try:
        heard = ask_server(server, bytes(asked.pack()))
    except NoAnswer as fault:
        return Finding(server, why=str(fault))
    said = read_answer(heard.wire)
    why = "" if said else "its answer cannot be read"
    return Finding(server, said, why, len(heard.wire), heard.milliseconds)


def _all_agree(settings: Settings, own: Sequence[Finding]) -> bool:
    """Whether those say the same that are to: each address is asked from itself, and meets the view that fits that."""
    views = Views(core_config(settings))
    by_policy: dict[int, list[Said]] = {}
    for place, each in zip(settings.places, own, strict=True):
        if each.said is None:
            return False
        by_policy.setdefault(own_policy(views, place.endpoint), []).append(each.said)
    return all(map(agree, by_policy.values()))


def _verdicts(settings: Settings, query: DNSRecord) -> tuple[str, dict[str, str]]:
    """What the lists in force say to clients of no view, and of each view, by the index that the workers use."""
    from resolver.edge.serving.mapped_index import map_index

    try:
        fd = index_in_force(settings.state)
    except ControlFault as fault:
        return f"unknown: {fault}", {}
    index = Index.empty() if fd is None else map_index(fd)
    views = Views(core_config(settings))
    told = [_verdict(each, query) for each in views.of(index)]
    return told[0], {view.name: told[number] for view, number in zip(settings.views, views.numbers, strict=True)}


def _verdict(index: Index, query: DNSRecord) -> str:
    decision = decide(index, _wire(query), query.q.qtype, time.monotonic())
    listed = decision.match.list_id if decision.match is not None else ""
    return {
        Course.OPEN: NOT_LISTED,
        Course.EXEMPT: "listed, but exempt here (`mamori exempt list`)",
        Course.BLOCK: f"listed by {listed}: answered by policy",
        Course.SOFTEN: f"listed by {listed}, not for this type: the real answer, without NXDOMAIN",
        Course.TRUTHFUL: "DS and DNSKEY are never touched",
    }[decision.course]


def _wire(query: DNSRecord) -> bytes:
    """The name as the index wants it: lower case, with its last zero byte."""
    labels = query.q.qname.label
    return b"".join(bytes([len(each)]) + each for each in labels).lower() + b"\0"


def _by_policy(findings: Sequence[Finding]) -> bool:
    return any(each.said is not None and each.said.is_policy for each in findings)


def _facts(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [
        {"kind": each.server.kind, "address": str(each.server.endpoint), "fault": each.why or None}
        | ({} if each.said is None else each.said.facts())
        | {"bytes": each.size, "milliseconds": round(each.milliseconds, 1)}
        for each in findings
    ]


def _show(own: Sequence[Finding], upstreams: Sequence[Finding], verdicts: dict[str, str], *, good: bool) -> None:
    shown: Said | None = None
    for each in own:
        shown = _line(each, shown)
    click.echo("all ways in agree" if good else "THE WAYS IN DISAGREE, or one is silent")
    for whose, verdict in verdicts.items():
        click.echo(f"{whose}: {verdict}")
    for each in upstreams:
        shown = _line(each, shown, "upstream ")


def _line(each: Finding, shown: Said | None, before: str = "") -> Said | None:
    """One server's line; its records below, but where they are those just shown."""
    if each.said is None:
        click.echo(f"{before}{each.server}: {each.why}")
        return shown
    said = each.said
    head = (
        f"{before}{each.server}: {said.rcode} {' '.join(said.flags)} · {each.size} bytes · {each.milliseconds:.0f} ms"
    )
    same = shown is not None and shown.essence == said.essence
    click.echo(head + (" · the same" if same else ""))
    if not same:
        for line in (*said.answer, *(f"extended error {error}" for error in said.errors)):
            click.echo(f"    {line}")
    return said

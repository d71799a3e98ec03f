"""What settings must say together, and what is allowed but worth a warning."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from resolver.settings.access_checks import access_faults, access_warnings
from resolver.settings.certificate import pair_warnings
from resolver.settings.faults import Fault
from resolver.settings.model import Settings
from resolver.settings.serving import NEVER_LOCAL
from resolver.settings.upstream_checks import upstream_faults
from resolver.settings.view_checks import view_faults, view_warnings

# Secrecy of communications, release rule: below these numbers of lines a total says too much about one household.
LINES_FOR_RELEASE = 1_000
LINES_FOR_DAILY_RELEASE = 100_000
DAY = 86_400
# A Unix socket's address holds 107 bytes on Linux; the longest in the state folder is /control.sock.
STATE_BYTES_MAX = 107 - len("/control.sock")


def cross_faults(settings: Settings) -> Iterator[Fault]:
    """Yield what makes the settings unusable although each value alone is sound."""
    yield from _presence(settings)
    yield from _lists(settings)
    yield from _notices(settings)
    yield from _release(settings)
    yield from upstream_faults(settings)
    yield from view_faults(settings)
    yield from _transports(settings)
    yield from access_faults(settings)
    if settings.special_use.get(NEVER_LOCAL):
        yield Fault(f"special_use.{NEVER_LOCAL}", "is looked up like any other name (RFC 6761, 6.5): leave it out")
    if settings.poll.hint in settings.listen:
        yield Fault("poll.hint", f"{settings.poll.hint} answers DNS already (listen): choose another port")
    if settings.cache.min_ttl > settings.cache.max_ttl:
        yield Fault("cache.min_ttl", "is above cache.max_ttl: lower it")


def _presence(settings: Settings) -> Iterator[Fault]:
    if not settings.listen:
        yield Fault("listen", "name at least one address:port to answer on")
    if not settings.upstreams:
        yield Fault("upstreams", "name at least one resolver to ask")
    if len(os.fsencode(settings.state)) > STATE_BYTES_MAX:
        yield Fault("state", f"is longer than {STATE_BYTES_MAX} bytes, too long for the control socket: choose another")
    if settings.lists and settings.terms is None:
        yield Fault("terms", "required before a list is enforced: version and url of the terms of service in force")
    yield from _twice("listen", [str(each) for each in settings.listen])
    yield from _twice("upstreams", [each.label for each in settings.upstreams])


def _transports(settings: Settings) -> Iterator[Fault]:
    """What DoT and DoH need, and what already answers on their ports."""
    elsewhere = dict.fromkeys(settings.listen, "listen")
    elsewhere |= {place: f"notices.{name}" for name, place in settings.notice_places}
    elsewhere[settings.metrics.listen] = "metrics.listen"
    for name, places in (("dot", settings.dot.listen), ("doh", settings.doh.listen)):
        if places and settings.tls is None:
            yield Fault("tls", f"required by {name}.listen: certificate, key and name that clients verify")
        for place in places:
            if place in elsewhere:
                yield Fault(f"{name}.listen", f"{place} is taken by {elsewhere[place]}: choose another port")
            elsewhere[place] = f"{name}.listen"
    if settings.connections.per_prefix > settings.connections.most:
        yield Fault("connections.per_prefix", "is above connections.most: lower it")


def _twice(path: str, words: list[str]) -> Iterator[Fault]:
    for word, count in Counter(words).items():
        if count > 1:
            yield Fault(path, f"{word} stands here {count} times: keep one")


def _lists(settings: Settings) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for number, each in enumerate(settings.lists):
        path = f"lists[{number}]"
        if each.id in seen:
            yield Fault(f"{path}.id", f"{each.id} is the id of lists[{seen[each.id]}] too: a list stands here once")
        seen.setdefault(each.id, number)
        if each.tls is not None and (each.tls.certificate is None) != (each.tls.key is None):
            yield Fault(f"{path}.tls", "certificate and key go together: name both, or none")
        if not each.urls:
            yield Fault(f"{path}.urls", "name at least one URL the list is published at")
        if settings.answer.mode == "notice" and each.notice not in settings.notices:
            known = ", ".join(settings.notices) or "none"
            yield Fault(
                f"{path}.notice",
                f"there is no notices.{each.notice} (known: {known}): add it, or use answer.mode: dns-only",
            )


def _notices(settings: Settings) -> Iterator[Fault]:
    for name, notice in settings.notices.items():
        path = f"notices.{name}"
        if notice.status == 451 and notice.blocked_by is None:
            yield Fault(f"{path}.blocked_by", "required with status 451 (RFC 7725): the URL of your policy page")
        for number, desk in enumerate(notice.desks):
            if desk.url is None and desk.phone is None:
                yield Fault(f"{path}.desks[{number}]", "give a url or a phone, else nobody can reach this desk")
    places = [str(place) for notice in settings.notices.values() for place in notice.listen]
    yield from _twice("notices", [*places, str(settings.metrics.listen)])


def _release(settings: Settings) -> Iterator[Fault]:
    release = settings.release
    if not release.enabled:
        return
    if release.lines_served < LINES_FOR_RELEASE:
        yield Fault("release.enabled", f"must be false below {LINES_FOR_RELEASE:,} lines (release.lines_served)")
    elif release.lines_served < LINES_FOR_DAILY_RELEASE and release.bucket == DAY:
        yield Fault("release.bucket", f"must be 7d below {LINES_FOR_DAILY_RELEASE:,} lines (release.lines_served)")


def warnings(settings: Settings) -> Iterator[Fault]:
    """Yield what works, but not as customers need it."""
    for name, notice in settings.notices.items():
        for key, address in (("ipv4", notice.ipv4), ("ipv6", notice.ipv6)):
            if address is not None and not address.is_global:
                yield Fault(
                    f"notices.{name}.{key}",
                    "is not globally routable: home routers drop such answers (rebinding protection): use a public one",
                )
        if notice.listen and settings.answer.mode == "dns-only":
            yield Fault(
                f"notices.{name}.listen",
                "nobody is led to this page (answer.mode dns-only): take it out, so that no connection can be recorded",
            )
    if settings.lists and settings.self_test.enabled:
        yield from _unheard_self_tests(settings)
    yield from view_warnings(settings)
    yield from access_warnings(settings)
    if settings.tls is not None:
        yield from pair_warnings(settings.tls, [each.ip for each in settings.listen], datetime.now(UTC))
        if not settings.dot.listen and not settings.doh.listen:
            yield Fault("tls", "nobody is shown it: name dot.listen or doh.listen, or take it out")
    if settings.laptop:
        yield Fault("laptop", "core dumps and swap are not ruled out: take it out before customers use this resolver")
    if settings.mode == "relay":
        yield Fault("mode", "relay is for finding faults: no cache, no extended errors")


def _unheard_self_tests(settings: Settings) -> Iterator[Fault]:
    """A question to an address of our own comes from that address."""
    for own in dict.fromkeys(each.within.ip for each in settings.listen):
        if not any(own.version == prefix.version and own in prefix for prefix in settings.access.allow):
            yield Fault(
                "access.allow",
                f"lacks {own}, from where this resolver asks the lists' test names: add it, or switch self_test off",
            )

"""RPZ zones."""

from __future__ import annotations

from blocklist.errors import EntryFault
from blocklist.publish.review.foreign import decoded
from blocklist.publish.review.rpz import read_rpz

ZONE = """$TTL 300
@ IN SOA ns.body.example. (
    hostmaster.body.example. 1 2 3 4 5 ) ; serial
  IN NS ns.body.example.
host.example       CNAME .
both.example       300 IN CNAME *.
*.both.example     CNAME .
*.below.example    CNAME .
free.example       CNAME rpz-passthru.
32.1.2.0.192.rpz-ip CNAME .
redirected.example IN A 192.0.2.1
                   IN AAAA 2001:db8::1
"""


def read(zone: str) -> list[tuple[int, object]]:
    found = read_rpz(decoded(zone.encode().splitlines(keepends=True)))
    return [(number, what.reason if isinstance(what, EntryFault) else dict(what)) for number, what in found]


def test_a_zone_gives_hosts_domains_and_reasons() -> None:
    """A name alone is a host, with its wildcard a domain; what is no listing is rejected."""
    assert read(ZONE) == [
        (9, "passthru_is_no_listing"),
        (10, "rpz_trigger_unsupported"),
        (5, {"name": "host.example", "type": "host"}),
        (6, {"name": "both.example", "type": "domain"}),
        (11, {"name": "redirected.example", "type": "host"}),
        (8, "wildcard_without_its_name"),
    ]


def test_absolute_owners_are_taken_relative_to_the_zone() -> None:
    """By $ORIGIN or by the owner of the SOA; a name outside is rejected."""
    body = "a.example.rpz.body.example. CNAME .\nelsewhere.example. CNAME .\n"
    found = [(2, {"name": "a.example", "type": "host"})]
    assert read("$ORIGIN rpz.body.example.\n" + body) == [(3, "outside_the_zone"), *found]
    assert read("rpz.body.example. IN SOA a. b. 1 2 3 4 5\n" + body) == [(3, "outside_the_zone"), *found]


def test_directives_that_would_change_meaning_are_rejected() -> None:
    """$INCLUDE, $GENERATE and a second origin are not followed."""
    assert read("$ORIGIN a.example.\n$ORIGIN b.example.\n$INCLUDE x\nname\n") == [
        (2, "second_origin_unsupported"),
        (3, "zone_directive_unsupported"),
        (4, "no_zone_record"),
    ]


def test_brackets_alone_are_no_record() -> None:
    """Found by fuzzing: a line with a bracket and nothing else."""
    assert read("$ORIGIN a.example.\n(\n)\n()\nhost CNAME .\n") == [
        (2, "no_zone_record"),
        (4, "no_zone_record"),
        (5, {"name": "host", "type": "host"}),
    ]

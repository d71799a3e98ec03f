"""The signed lists to enforce, and what must be on paper before one is enforced."""

from pathlib import Path
from typing import Annotated

from attrs import frozen

from resolver.settings.addresses import EndpointAt, FilePath, ListUrl, PublicUrl
from resolver.settings.fields import setting
from resolver.settings.kinds import Choice, Duration, Number, Switch, Words

GROUNDS = ("emergency_necessity", "law", "order")
_ENFORCED = "required before a list is enforced: "

ListId = Annotated[str, Words(r"[a-z0-9][a-z0-9-]{0,62}", "an id of lower-case letters, digits and hyphens", most=63)]
Text = Annotated[str, Words()]


@frozen(kw_only=True)
class Tls:
    """What the way to the list body's servers is secured with, where the system's own authorities do not do."""

    ca: FilePath | None = setting(
        "Authorities (PEM) that may vouch for the servers; left out: the system's.", default=None
    )
    certificate: FilePath | None = setting("This ISP's client certificate, with its chain (PEM).", default=None)
    key: FilePath | None = setting("The private key of `certificate` (PEM, without a passphrase).", default=None)


@frozen(kw_only=True)
class ListSettings:
    """One list: whose it is, where it comes from, why and by whose decision it is enforced here."""

    id: ListId = setting("The list's identity, as signed into it.", why=_ENFORCED + "the list body tells its list's id")
    purpose: Annotated[str, Choice(("csam",))] = setting(
        "What the list is for. Only lists against child sexual abuse material are enforced.",
        why=_ENFORCED + "write csam; no other purpose exists",
    )
    root: FilePath = setting(
        "The list body's root.json, received by a way you trust.",
        why=_ENFORCED + "the path of the list body's root.json",
    )
    urls: tuple[ListUrl, ...] = setting(
        "Where the list is published, mirrors in order; https, or http to a loopback address. `url` for a single one.",
        why=_ENFORCED + "where the list is published",
    )
    ground: Annotated[str, Choice(GROUNDS)] = setting(
        "The legal ground on which this ISP enforces it.",
        why=_ENFORCED + f"name the legal ground, one of {', '.join(GROUNDS)}",
    )
    criteria_set: Text = setting(
        "The criteria set (id) your decision was made on.", why=_ENFORCED + "the id of the criteria set you agreed to"
    )
    decided_by: Text = setting(
        "The person, with office, who decided that this ISP enforces the list.",
        why=_ENFORCED + "name the person who decided it, with office",
    )
    required: Annotated[bool, Switch()] = setting(
        "Whether the resolver waits for this list at its start (`start.without_list`).", default=True
    )
    ede: Annotated[int, Choice((15, 16, 17))] = setting(
        "Extended DNS error on answers without data: 15 own policy, 16 law or order, 17 the customer's choice.",
        default=15,
    )
    notice: Text = setting("Which of `notices` its clients are shown.", default="default")
    tls: Tls | None = setting("How the list's servers are trusted, and this ISP shown to them.", default=None)
    canary: Annotated[bool, Switch()] = setting(
        "Hold a new version whose additions are already in use by this resolver's customers.", default=True
    )
    breaker: Annotated[bool, Switch()] = setting(
        "Set a new version's additions aside when many of them are asked for soon after.", default=True
    )
    never: tuple[Text, ...] = setting("Names that must never be blocked: your own, the most used ones.", default=())
    never_file: FilePath | None = setting("A file with more such names, one a line, # for comments.", default=None)

    def never_names(self) -> tuple[str, ...]:
        """All names of the never-list; reads the file. OSError or UnicodeDecodeError if that cannot be read."""
        return self.never + (_names_in(self.never_file) if self.never_file else ())


def _names_in(path: Path) -> tuple[str, ...]:
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return tuple(line for line in lines if line)


@frozen(kw_only=True)
class Terms:
    """The terms of service under which the ISP blocks."""

    version: Text = setting("Version of the terms in force.", why="required before a list is enforced: the version")
    url: PublicUrl = setting(
        "Where customers read them.", why="required before a list is enforced: where they are read"
    )


@frozen(kw_only=True)
class Start:
    """What to do while a required list has never been loaded."""

    without_list: Annotated[str, Choice(("wait", "wait_then_open", "open"))] | None = setting(
        "wait: answer nothing until the list is there · wait_then_open: for 120 s, then answer unfiltered and alarm · "
        "open: at once. Left out: wait on a node that never had a list, else wait_then_open.",
        default=None,
    )


@frozen(kw_only=True)
class Poll:
    """How often the list body is asked for news."""

    interval: Annotated[int, Duration(1, 300)] = setting("Time between two polls, ±20 %.", default=15)
    hint: EndpointAt | None = setting(
        "UDP address:port on which any datagram, unread, makes it ask at once (every 2 s at most); left out: none.",
        default=None,
    )


@frozen(kw_only=True)
class SelfTest:
    """Asking the lists' self-test names at our own address, end to end."""

    enabled: Annotated[bool, Switch()] = setting("Ask them.", default=True)
    interval: Annotated[int, Duration(10, 3600)] = setting("Time between two rounds.", default=60)


@frozen(kw_only=True)
class Release:
    """The delayed, noised release of block totals."""

    enabled: Annotated[bool, Switch()] = setting(
        "Release totals. Off until a person entitled to it has decided: even a total is protected.", default=False
    )
    bucket: Annotated[int, Duration(86400, 604800, only=(86400, 604800))] = setting(
        "Time one total covers: 24h, or 7d (the only choice below 100,000 lines).", default=86400, shown_default="24h"
    )
    lines_served: Annotated[int, Number(0, 10**9, "lines")] = setting(
        "Customer lines behind this resolver; below 1,000 nothing is released.", default=0
    )

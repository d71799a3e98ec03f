"""The pages shown instead of a listed site, and where they are served."""

from typing import Annotated, Literal

from attrs import frozen

from resolver.settings.addresses import Address4, Address6, EndpointAt, PublicUrl
from resolver.settings.fields import setting
from resolver.settings.kinds import Choice, Words

DESK_KINDS = ("mistake", "report", "help", "worried")
PAGE_BYTES_MAX = 10_000
"""Above this a page is warned of: it must arrive at once on a slow line, with nothing kept for the visitor."""
Text = Annotated[str, Words()]
_Version = Annotated[str, Words(r"[^\n]*\S[^\n]*", "a version, in one line", most=60)]
_Day = Annotated[str, Words(r"\d{4}-\d{2}-\d{2}", "a day like 2026-11-01", most=10)]


@frozen(kw_only=True)
class Bilingual:
    """One text in both languages; Japanese is shown first."""

    ja: Text = setting("In Japanese.", why="both languages are shown: add the Japanese text")
    en: Text = setting("In English.", why="both languages are shown: add the English text")

    def __getitem__(self, language: Literal["ja", "en"]) -> str:
        return self.ja if language == "ja" else self.en


@frozen(kw_only=True)
class Desk:
    """Somebody to turn to, and for whom."""

    kind: Annotated[str, Choice(DESK_KINDS)] = setting(
        "mistake: the listing is wrong · report: tell of such a site · help: under 18 or harmed · "
        "worried: about one's own behaviour.",
        why="one of " + ", ".join(DESK_KINDS),
    )
    name: Bilingual = setting("Its name.", why="the desk's name in ja and en")
    for_whom: Bilingual = setting("One line: for whom it is.", why="one line in ja and en saying for whom it is")
    url: PublicUrl | None = setting("Its Web page.", default=None)
    phone: Annotated[str, Words(r"[+#*0-9][0-9 #*-]{1,30}", "a telephone number")] | None = setting(
        "Its telephone number.", default=None
    )


@frozen(kw_only=True)
class Wording:
    """A list body's own words in place of ours. Lines are paragraphs; {isp} and {body} stand for the names."""

    title: Bilingual | None = setting("The page's title.", default=None)
    opening: Bilingual | None = setting("What happened, and who decided.", default=None)
    accident: Bilingual | None = setting("That nobody is accused.", default=None)
    law: Bilingual | None = setting("What the law says.", default=None)
    mistake: Bilingual | None = setting("What to do when the listing is wrong.", default=None)
    report: Bilingual | None = setting("Where to report.", default=None)
    help: Bilingual | None = setting("Help for those under 18 or harmed.", default=None)
    worried: Bilingual | None = setting("Help for those worried about their own behaviour.", default=None)


@frozen(kw_only=True)
class Notice:
    """One notice address with its page; lists of another body or ground name another one."""

    ipv4: Address4 = setting("Address put into A answers.", why="the address that answers for blocked names")
    ipv6: Address6 | None = setting("Address put into AAAA answers; left out: no AAAA answer.", default=None)
    listen: tuple[EndpointAt, ...] = setting(
        "Where this machine serves the page (port 80 of the notice addresses); empty: another machine does.", default=()
    )
    status: Annotated[int, Choice((403, 451))] = setting("HTTP status; 451 where the list's basis is law.", default=403)
    blocked_by: PublicUrl | None = setting("The ISP's policy page, for the Link header of status 451.", default=None)
    isp: Bilingual = setting("The ISP's name.", why="the page says who stopped access")
    body: Bilingual = setting("The list body's name.", why="the page says who made the list")
    terms_article: Bilingual | None = setting("The article of the terms of service.", default=None)
    law_url: PublicUrl | None = setting("Where the law can be read.", default=None)
    policy_url: PublicUrl | None = setting("The ISP's published policy.", default=None)
    policy_version: _Version | None = setting("Its version, shown at the foot of the page.", default=None)
    contact_url: PublicUrl | None = setting("Where the ISP itself can be reached.", default=None)
    date: _Day | None = setting(
        "The day these texts were settled, shown at the foot; the page never asks a clock.", default=None
    )
    desks: tuple[Desk, ...] = setting("Whom to turn to.", default=())
    wording: Wording = setting("A list body's own words, where it prescribes them.", default=Wording())

    @property
    def urls(self) -> dict[str, str]:
        """Every link of it with its place in the settings: what a visitor may follow."""
        own = {key: getattr(self, key) for key in ("law_url", "policy_url", "contact_url", "blocked_by")}
        desks = {f"desks[{number}].url": desk.url for number, desk in enumerate(self.desks)}
        return {key: url for key, url in (own | desks).items() if url is not None}

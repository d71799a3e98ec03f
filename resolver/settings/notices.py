"""The pages shown instead of a listed site, and where they are served."""

from typing import Annotated, Literal

from attrs import frozen

from resolver.settings.addresses import Address4, Address6, EndpointAt, PublicUrl
from resolver.settings.fields import setting
from resolver.settings.kinds import Choice, Words

DESK_KINDS = ("mistake", "report", "help", "worried")
Text = Annotated[str, Words()]


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
    desks: tuple[Desk, ...] = setting("Whom to turn to.", default=())

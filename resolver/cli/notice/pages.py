"""The pages that a resolver with these settings serves: each notice, without and with the sentence about records."""

from collections.abc import Iterator

from attrs import frozen

from resolver.edge.notice.responses import NoticeResponses, context_of, render
from resolver.settings import Settings
from resolver.settings.faults import Fault
from resolver.settings.notices import PAGE_BYTES_MAX


@frozen
class Page:
    """One notice as it is served."""

    notice: str
    no_record: bool
    responses: NoticeResponses

    @property
    def file_name(self) -> str:
        """Where `mamori notice preview` writes it."""
        return f"{self.notice}.no-record.html" if self.no_record else f"{self.notice}.html"

    def __str__(self) -> str:
        return f"{self.notice}, saying that no record is kept" if self.no_record else self.notice


def pages(settings: Settings) -> list[Page]:
    """All of them, in the order of the settings; none where no notice is shown."""
    if settings.answer.mode != "notice":
        return []
    return [
        Page(name, no_record, render(notice, context_of(settings, name, no_record=no_record)))
        for name, notice in settings.notices.items()
        for no_record in (False, True)
    ]


def too_long(settings: Settings) -> Iterator[Fault]:
    """Notices whose page is longer than it should be."""
    for page in pages(settings):
        size = len(page.responses.page_body)
        if page.no_record and size > PAGE_BYTES_MAX:
            yield Fault(
                f"notices.{page.notice}",
                f"its page has {size:,} bytes, more than {PAGE_BYTES_MAX:,}: shorten its wording, or name fewer desks",
            )

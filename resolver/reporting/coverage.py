"""What the ledgers do not tell of a period, said in words: a day that is missing is never guessed."""

from collections.abc import Iterator
from datetime import date, timedelta

from blocklist.transparency import wording
from blocklist.transparency.model import Figure
from blocklist.transparency.period import Period
from blocklist.transparency.text import LANGUAGES, Text
from resolver.reporting.books import Book, day_in
from resolver.reporting.hits import missing_releases
from resolver.reporting.measures import uptime

_DAYS_NAMED = 10  # of those missing; of more, only the number is told


def remarks(books: tuple[Book, ...], period: Period, made_on: date) -> Iterator[Text]:
    """Yield what whoever reads the figures must know of their source."""
    for number, book in enumerate(books, 1):
        yield from _of_host(book, _host(number, len(books)), period, made_on)
    if unread := sum(book.unread for book in books):
        yield Text(
            f"記録のうち{unread}行は読み取れなかったため、数値に含まれていません。",
            f"{unread} lines of the ledgers could not be read; they are in no figure.",
        )
    if broken := missing_releases(books, period):
        yield Text(
            f"公表した遮断の回数の累計が、記録上{broken}か所で連続していません。その間の分は合計に含まれていません。",
            f"In {broken} places the released totals do not go on where they ended; what lies between is in no sum.",
        )
    yield from _restarts(books, period)
    yield from _lengths(books, period)


def _of_host(book: Book, host: Text, period: Period, made_on: date) -> Iterator[Text]:
    first = book.first_day
    if first is None or first >= period.end:
        yield Text(f"{host.ja}この期間の記録がありません。", f"{host.en}the ledger has nothing of this period.")
        return
    if first > period.first:
        days = {language: wording.day(first, language) for language in LANGUAGES}
        yield Text(
            f"{host.ja}記録は{days['ja']}に始まります。それ以前の数値は含まれていません。",
            f"{host.en}the ledger begins on {days['en']}; what was before is in no figure.",
        )
    missing = missing_days(book, period, made_on)
    if missing:
        yield _missing(host, missing, uptime([book], period, down=len(missing)))


def missing_days(book: Book, period: Period, made_on: date) -> list[date]:
    """The days of the period, from the ledger's first on, that are over and have no line."""
    known = {day_in(line) for line in book.days}
    begin = max(period.first, book.first_day or period.end)
    end = min(period.end, made_on)
    days = (begin + timedelta(days=number) for number in range((end - begin).days))
    return [day for day in days if day not in known]


def _missing(host: Text, missing: list[date], at_worst: Figure) -> Text:
    named_ja = "、".join(wording.day(day, "ja") for day in missing)
    named_en = ", ".join(wording.day(day, "en") for day in missing)
    ja, en = ("", "") if len(missing) > _DAYS_NAMED else (f"({named_ja})", f" ({named_en})")
    share = wording.number(at_worst.value or 0, "ratio")
    return Text(
        f"{host.ja}{len(missing)}日分の記録がありません{ja}。その間は停止していたか、記録できませんでした。"
        f"稼働率には含めていません(停止していたとすれば、この機器の稼働率は{share}%です)。",
        f"{host.en}{len(missing)} days have no line{en}: the resolver did not run, or could not write. They are no part"
        f" of the uptime; had it been down, this host's would be {share} %.",
    )


def _restarts(books: tuple[Book, ...], period: Period) -> Iterator[Text]:
    """How much of the time was counted towards released totals, where it was not all."""
    lines = [line for book in books for line in book.buckets_in(period)]
    whole = sum(line.end - line.start for line in lines)
    counted = sum(min(line.seconds_counted, line.end - line.start) for line in lines)
    if whole and counted < whole:
        share = wording.number(counted / whole, "ratio")
        yield Text(
            f"遮断の回数は、集計の対象とした時間のうち{share}%について数えたものです(再起動すると、集計中の分は失われます)。",
            f"The totals of blocked look-ups count {share} % of the time they cover; a restart loses what ran.",
        )


def _lengths(books: tuple[Book, ...], period: Period) -> Iterator[Text]:
    """The lengths of the buckets, where there are several."""
    lengths = {(line.end - line.start) // line.buckets for book in books for line in book.buckets_in(period)}
    if len(lengths) > 1:
        ja, en = (", ".join(wording.quantity(each, "seconds", at) for each in sorted(lengths)) for at in LANGUAGES)
        yield Text(f"集計の間隔は一つではありません({ja})。", f"Not all buckets are of the same length: {en}.")


def _host(number: int, hosts: int) -> Text:
    return Text("", "") if hosts == 1 else Text(f"機器{number}:", f"host {number}: ")

"""A report on disk: the page, the document, the table. Whole or not at all, readable by everybody."""

from pathlib import Path
from typing import Final

from blocklist.disk import replace_file
from blocklist.transparency.document import to_csv, to_json
from blocklist.transparency.model import Report
from blocklist.transparency.page import to_html

PUBLIC_FILE: Final = 0o644
PUBLIC_FOLDER: Final = 0o755
PAGE: Final = "report.html"
DOCUMENT: Final = "report.json"
TABLE: Final = "figures.csv"


def files_of(report: Report) -> dict[str, bytes]:
    """The files by their names; the same report gives the same bytes."""
    return {PAGE: to_html(report), DOCUMENT: to_json(report), TABLE: to_csv(report)}


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write the three files into `folder`, which is made. OSError as it comes."""
    folder.mkdir(PUBLIC_FOLDER, parents=True, exist_ok=True)
    files = files_of(report)
    for name, data in files.items():
        replace_file(folder / name, data, PUBLIC_FILE)
    return tuple(folder / name for name in files)

"""The yearly review bundle: reports, what they rest on, a cover that leads to all, and a SHA-256 of every file.

`manifest.json` names the files for programs, `SHA256SUMS` for `sha256sum --check`. The same parts give the same bytes.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from blocklist.disk import replace_file
from blocklist.errors import OperatorFault
from blocklist.transparency import wording
from blocklist.transparency.model import Report
from blocklist.transparency.page import template
from blocklist.transparency.period import Period
from blocklist.transparency.text import LANGUAGES, Language, Text
from blocklist.transparency.words import WORDS
from blocklist.transparency.write import PAGE, PUBLIC_FILE, PUBLIC_FOLDER, files_of

FORMAT: Final = "mamori/1 review bundle"
COVER: Final = "index.html"
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
_TEMPLATE: Final = "cover.html"


@frozen
class Part:
    """Files by their path in the bundle, what they are, and the one the cover leads to."""

    title: Text
    files: Mapping[str, bytes]
    link: str


def report_part(report: Report) -> Part:
    """A report's three files."""
    folder = f"reports/{report.period.label}"
    files = {f"{folder}/{name}": data for name, data in files_of(report).items()}
    title = Text(*(wording.period(report.period, language) for language in LANGUAGES))
    return Part(title, files, f"{folder}/{PAGE}")


@frozen(kw_only=True)
class Bundle:
    """All of it, before it is on a disk."""

    publisher: Text
    year: int
    made_on: date
    reports: Sequence[Part]
    others: Sequence[Part]

    def files(self) -> dict[str, bytes]:
        """Every file by its path."""
        files = {path: data for part in (*self.reports, *self.others) for path, data in part.files.items()}
        files[COVER] = self._cover()
        files[MANIFEST] = self._manifest(files)
        files[SUMS] = b"".join(f"{_digest(data)}  {path}\n".encode() for path, data in sorted(files.items()))
        return files

    def _cover(self) -> bytes:
        sides = [self._side(language) for language in LANGUAGES]
        return (template(_TEMPLATE).render(sides=sides).rstrip() + "\n").encode()

    def _side(self, language: Language) -> dict[str, Any]:
        return {
            "language": language,
            "words": {name: text[language] for name, text in WORDS.items()},
            "year": wording.period(Period.parse(f"{self.year}"), language),
            "publisher": self.publisher[language],
            "made_on": wording.day(self.made_on, language),
            "reports": _links(self.reports, language),
            "others": _links(self.others, language),
        }

    def _manifest(self, files: Mapping[str, bytes]) -> bytes:
        named = [{"path": path, "sha256": _digest(data), "bytes": len(data)} for path, data in sorted(files.items())]
        document = {"format": FORMAT, "year": self.year, "made_on": self.made_on.isoformat(), "files": named}
        return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def write_bundle(bundle: Bundle, folder: Path) -> tuple[Path, ...]:
    """Write it into a new or empty folder; OperatorFault for any other. OSError as it comes."""
    if folder.exists() and any(folder.iterdir()):
        raise OperatorFault("bundle", f"{folder} is not empty: name a new folder, or old and new would be mixed")
    files = bundle.files()
    for path, data in files.items():
        (folder / path).parent.mkdir(PUBLIC_FOLDER, parents=True, exist_ok=True)
        replace_file(folder / path, data, PUBLIC_FILE)
    return tuple(folder / path for path in files)


def _links(parts: Iterable[Part], language: Language) -> list[tuple[str, str]]:
    return [(part.title[language], part.link) for part in parts]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

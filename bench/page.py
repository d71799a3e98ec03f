"""The generated part of docs/performance.md: the tables of one run, between two marks, from its document."""

from __future__ import annotations

import json
from pathlib import Path

from bench.plots import plots
from bench.report import Document, told

ROOT = Path(__file__).parents[1]
PAGE, FOLDER = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance"
FIGURES = "figures.json"
BEGIN, END = "<!-- figures: written by `python -m bench --page` -->", "<!-- end of figures -->"


def save(document: Document, folder: Path) -> None:
    """Write the document and its plots into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FIGURES).write_text(json.dumps(document, indent=1) + "\n")
    for name, drawing in plots(document).items():
        (folder / name).write_text(drawing)


def write_page(page: Path = PAGE, folder: Path = FOLDER) -> None:
    """Put the tables and plots of the folder's document between the marks of the page."""
    document = json.loads((folder / FIGURES).read_text())
    page.write_text(with_figures(page.read_text(), document, folder.name))


def with_figures(text: str, document: Document, folder: str) -> str:
    """The page with the figures of this document; ValueError where it has no place for them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no marks {BEGIN} and {END}")
    images = [f"![{name.removesuffix('.svg')}]({folder}/{name})" for name in plots(document)]
    body = "\n".join([BEGIN, "", *told(document), "", *images, "", END])
    return before + body + after

"""Documents point at what is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FOREIGN = ("http://", "https://", "mailto:")


def pages() -> list[Path]:
    """Every Markdown file of the source tree: what git knows, or would be told of."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        found = (ROOT / line for line in listed.stdout.splitlines())
    else:  # an unpacked archive
        found = (path for path in ROOT.rglob("*.md") if not any(part.startswith(".") for part in path.parts))
    return sorted(path for path in found if path.is_file())


def anchors(path: Path) -> set[str]:
    """The names a page's headings can be pointed at by, as code hosts make them."""
    headings = HEADING.findall(FENCED.sub("", path.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    links = LINK.findall(FENCED.sub("", page.read_text("utf-8")))
    return [link for link in links if not link.startswith(FOREIGN) and not leads_somewhere(page, link)]


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    """Each relative link of the page meets a file, and its anchor a heading."""
    assert broken(page) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    """The check finds a missing file and a missing heading, and lets good links pass."""
    page = tmp_path / "page.md"
    page.write_text("# One thing\n[a](page.md#one-thing) [b](missing.md) [c](#two) [d](https://www.example/x)\n")
    assert broken(page) == ["missing.md", "#two"]


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_readme_says_both_commands(page: str) -> None:
    """A reader finds how to run it and how to test it."""
    text = (ROOT / page).read_text("utf-8")
    assert "make run" in text
    assert "make test" in text


def test_every_document_is_in_the_index() -> None:
    """docs/README.md leads to every page of the docs folder, and so do the indexes of folders that have one."""
    index = ROOT / "docs" / "README.md"
    reached = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}
    own_index = {"adr", "assurance", "changes", "runbooks"}
    wanted = {page for page in pages() if page.is_relative_to(index.parent) and page != index}
    missing = {page for page in wanted if page.relative_to(index.parent).parts[0] not in own_index} - reached
    assert sorted(str(page.relative_to(ROOT)) for page in missing) == []

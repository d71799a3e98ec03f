"""The statements for people (docs/assurance): each promise leads to a test that exists, in both languages alike.

A promise is told by a *mark*, a link to a section of the register: `[P10](proofs.md#p10)`. **P** is a promise of the
software: its section names tests. **O** is a promise of an organisation: its section says who keeps it. Claim lines are
rows of tables whose last heading is one of `PROOF_HEADINGS`: each has to carry a mark.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen

from tests.docs.test_links import LINK, ROOT, broken

FOLDER = ROOT / "docs" / "assurance"
REGISTER = FOLDER / "proofs.md"
IN_BOTH_LANGUAGES = {"proofs.md", "release.md", "requirements.md"}  # Japanese and English on one page
INDEXES = ("README.ja.md", "README.md")
PROOF_HEADINGS = ("proof", "証明", "rests on", "よりどころ", "what it may rest on", "証明 / proof")
MARK = re.compile(r"\[([PO]\d+)\]\(([^)\s]+)\)")
SECTION = re.compile(r"^### ([PO])(\d+)$", re.MULTILINE)
TESTS = re.compile(r"^- \[([^\]]+)\]\(([^)\s]+)\)((?: `\w+`)+)$")
BEGINS = re.compile(r"#+ |\| |\|-|\d+\. |- |```")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
REQUIREMENTS = [f"R{number}" for number in range(1, 25)]  # of the public documents


@frozen
class Promise:
    """One section of the register."""

    kind: str
    number: int
    lines: tuple[str, ...]  # without empty ones

    @property
    def mark(self) -> str:
        return f"{self.kind}{self.number}"

    @property
    def proofs(self) -> tuple[str, ...]:
        return tuple(line for line in self.lines if line.startswith("- "))


def promises(text: str) -> list[Promise]:
    """The sections of the register, in order."""
    parts = SECTION.split(re.sub(r"^## .*$", "", text, flags=re.MULTILINE))[1:]
    return [
        Promise(kind, int(number), tuple(filter(None, body.splitlines())))
        for kind, number, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def register() -> list[Promise]:
    return promises(REGISTER.read_text("utf-8"))


def statements() -> list[Path]:
    """Every page of the folder but the register."""
    return sorted(path for path in FOLDER.glob("*.md") if path != REGISTER)


def twins() -> list[Path]:
    """The Japanese half of each pair that promises something, in one of its languages at least."""
    pairs = [(page, english(page)) for page in sorted(FOLDER.glob("*.ja.md"))]
    return [page for page, other in pairs if MARK.search(page.read_text("utf-8") + other.read_text("utf-8"))]


def english(page: Path) -> Path:
    return page.with_name(page.name.replace(".ja.md", ".md"))


def claim_lines(text: str) -> Iterator[str]:
    """Rows of tables that end with a column for proofs."""
    proven = False
    previous = ""
    for line in text.splitlines():
        if re.fullmatch(r"\|[-|]+\|", line):
            proven = previous.strip("| ").split(" | ")[-1] in PROOF_HEADINGS
        elif not line.startswith("|"):
            proven = False
        elif proven:
            yield line
        previous = line


def without_mark(text: str) -> list[str]:
    return [line for line in claim_lines(text) if not MARK.search(line)]


def wrong_marks(text: str) -> list[str]:
    """Marks that lead elsewhere than to the section of their name."""
    return [name for name, target in MARK.findall(text) if target != f"proofs.md#{name.lower()}"]


def unproven(promise: Promise) -> list[str]:
    """What of a promise's proofs is missing."""
    if not promise.proofs:
        return [f"{promise.mark}: nothing below it"]
    if promise.kind == "O":
        return []
    return [f"{promise.mark}: {fault}" for line in promise.proofs for fault in faults_of(line)]


def faults_of(line: str) -> list[str]:
    found = TESTS.match(line)
    if found is None:
        return [f"no file and functions: {line}"]
    shown, target, functions = found.groups()
    path = ROOT / shown
    if target != f"../../{shown}" or not path.is_file():
        return [f"no such file: {shown} ({target})"]
    return [f"{shown} has no {name}" for name in re.findall(r"\w+", functions) if name not in functions_of(path)]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Names of the tests in a file: of functions that pytest collects and of methods of its classes."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def blocks(text: str) -> Iterator[str]:
    """Headings, rows, items and paragraphs, each on one line."""
    gathered: list[str] = []
    for line in [*text.replace("\n> ", "\n").replace("\n>\n", "\n\n").splitlines(), ""]:
        if gathered and (not line.strip() or BEGINS.match(line)):
            yield " ".join(gathered)
            gathered = []
        gathered += [line] if line.strip() else []


def shape(text: str) -> list[str]:
    """What both languages of a page have in common: the kinds of blocks in order, the width of rows, and all marks."""
    found = []
    for block in blocks(text):
        kind = BEGINS.match(block)
        width = block.count(" | ") if block.startswith("|") else 0
        found.append(
            f"{kind[0].strip() if kind else 'text'} {width} {' '.join(name for name, _ in MARK.findall(block))}"
        )
    return found


@pytest.mark.parametrize("promise", register(), ids=lambda promise: promise.mark)
def test_each_promise_has_its_proof(promise: Promise) -> None:
    """In Japanese, then in English; a promise of the software names tests that are there."""
    sentences = [line for line in promise.lines if not line.startswith("- ")]
    assert [bool(JAPANESE.search(sentence)) for sentence in sentences] == [True, False]
    assert unproven(promise) == []


def test_the_register_is_in_order() -> None:
    """Each number once, rising; and none that no page rests on."""
    numbers = [(promise.kind == "O", promise.number) for promise in register()]
    assert numbers == sorted(set(numbers))
    used = {name for page in statements() for name, _ in MARK.findall(page.read_text("utf-8"))}
    assert {promise.mark for promise in register()} == used


@pytest.mark.parametrize("page", statements(), ids=lambda page: page.name)
def test_no_claim_stands_without_a_mark(page: Path) -> None:
    """Each row of a table of claims carries one, each mark leads to its section, and no link is dead."""
    text = page.read_text("utf-8")
    assert without_mark(text) == []
    assert wrong_marks(text) == []
    assert broken(page) == []


@pytest.mark.parametrize("page", statements(), ids=lambda page: page.name)
def test_a_page_is_there_in_both_languages(page: Path) -> None:
    """Or holds both itself."""
    other = english(page)
    assert page.name in IN_BOTH_LANGUAGES or (other.is_file() and other.with_suffix(".ja.md").is_file())


@pytest.mark.parametrize("page", twins(), ids=lambda page: page.name)
def test_both_languages_promise_the_same(page: Path) -> None:
    """Headings, rows, items and marks are the same in the same order."""
    assert shape(page.read_text("utf-8")) == shape(english(page).read_text("utf-8"))


@pytest.mark.parametrize("index", INDEXES)
def test_the_index_leads_to_each_page(index: str) -> None:
    """Of its own language, or to the one page for both."""
    reached = {link.partition("#")[0] for link in LINK.findall((FOLDER / index).read_text("utf-8"))}
    japanese = index.endswith(".ja.md")
    wanted = {
        page.name
        for page in FOLDER.glob("*.md")
        if page.name in IN_BOTH_LANGUAGES or (page.name.endswith(".ja.md") == japanese and page.name not in INDEXES)
    }
    assert wanted <= reached


def test_each_requirement_of_the_public_documents_is_traced() -> None:
    """R1 to R24, each in a row of its own."""
    rows = [line for line in (FOLDER / "requirements.md").read_text("utf-8").splitlines() if line.startswith("| R")]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == REQUIREMENTS


def test_each_statement_on_secrecy_is_somebodys_proof() -> None:
    """Every file of tests/secrecy is named in the register."""
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "secrecy").glob("test_[0-9]*.py")}
    assert sorted(file for file in files if f"](../../{file})" not in REGISTER.read_text("utf-8")) == []


def test_what_is_wrong_is_noticed() -> None:
    """A claim without a mark, a mark that leads elsewhere, a test that does not exist, a section without proof."""
    claims = "| what | proof |\n|---|---|\n| a | [P1](proofs.md#p1) |\n| b | see below |\n"
    others = "| no | claims |\n|---|---|\n| c | |\n"
    assert without_mark(f"{claims}\n{others}") == ["| b | see below |"]
    assert wrong_marks("[P1](proofs.md#p2) [O3](proofs.md#o3)") == ["P1"]
    this = "tests/docs/test_claims.py"
    text = f"### P1\n\n- [{this}](../../{this}) `test_what_is_wrong_is_noticed` `test_gone`\n\n### P2\n\nBoth.\n"
    first, second = promises(text)
    assert unproven(first) == [f"P1: {this} has no test_gone"]
    assert unproven(second) == ["P2: nothing below it"]
    assert faults_of("- [tests/gone.py](../../tests/gone.py) `test_a`") == [
        "no such file: tests/gone.py (../../tests/gone.py)"
    ]
    assert shape("A\nb [P1](x)\n- c\n") == shape("A [P1](x)\n- c\nd\n") != shape("A\nb [P2](x)\n- c\n")

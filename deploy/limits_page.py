"""Every limit there is, as a page for operators: `python -m deploy.limits_page > docs/operators/limits.md`.

A limit is an attribute of a class named `…Limits`. What it means stands below it as a docstring; its default is the
class's own.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[1]
FLOORS = {
    "resolver/core": "Answering",
    "resolver/edge": "Sockets and processes",
    "resolver/cli": "Commands",
    "blocklist/trust": "Lists, at the subscriber",
    "blocklist": "Lists, in general",
    "blocklist/publish": "Lists, at the list body's desk",
}
HEAD = """# Limits

All bounds of Mamori with their defaults, made from the code by `make docs`. They are not settings, but for those that
say so: defaults fit one worker on ordinary hardware, and a bound that everybody may lift is none. What happens when one
is reached stands with it.
"""
_SIZES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
_TIMES = (("d", 86_400), ("h", 3_600))
_UNITS = (
    ("share", r"_share$|^share$|jitter"),
    ("factor", r"factor"),
    ("bytes a second", r"minimum_rate"),
    ("seconds", r"seconds"),
    ("bytes", r"bytes"),
    ("bits", r"^ipv\d_prefix$"),
    ("days", r"_days"),
)


def page() -> str:
    """The page."""
    return HEAD + "".join(_floor(folder, title) for folder, title in FLOORS.items())


def limits(path: Path) -> Iterator[tuple[str, str, list[tuple[str, Any, str]]]]:
    """The classes of a file: name, docstring, and their limits as (name, default, meaning)."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Limits"):
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            fields = attrs.fields_dict(getattr(module, node.name))
            found = [(name, fields[name].default, text) for name, text in _meanings(node)]
            plain = [each for each in found if not attrs.has(type(each[1]))]
            if plain:
                yield node.name, ast.get_docstring(node) or "", plain


def unit(name: str, meaning: str, about: str) -> str:
    """The unit: from the name, else from the first word of the meaning, else from what is said of the class."""
    for text in (name, meaning.split(" ")[0].rstrip(":,").lower(), *re.findall(r"\((\w+)\)", about)):
        for word, pattern in _UNITS:
            if re.search(pattern, text):
                return word
    return "count"


def shown(value: Any, of: str) -> str:
    """A default as people write it."""
    if isinstance(value, tuple):
        return " ".join(shown(each, of) for each in value)
    scale = {"bytes": _SIZES, "bytes a second": _SIZES, "seconds": _TIMES}.get(of, ())
    for word, size in scale:
        if value >= size and value % size == 0:
            return f"{value // size:g} {word}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


def _floor(folder: str, title: str) -> str:
    files = [path for path in sorted((ROOT / folder).rglob("*.py")) if _home(path) == folder]
    return "".join([f"\n## {title}\n", *(_table(path, *each) for path in files for each in limits(path))])


def _home(path: Path) -> str:
    """The longest of the floors a file stands on."""
    return max((folder for folder in FLOORS if (ROOT / folder) in path.parents), key=len, default="")


def _table(path: Path, name: str, about: str, rows: list[tuple[str, Any, str]]) -> str:
    lines = [f"\n### {name}\n\n{' '.join(about.split())} (`{path.relative_to(ROOT)}`)\n"]
    lines += ["\n| limit | default | unit | meaning |\n|---|---|---|---|\n"]
    for limit, default, meaning in rows:
        of = unit(limit, meaning, about) if not isinstance(default, int) or "share" not in limit else "count"
        lines.append(f"| `{limit}` | {shown(default, of)} | {of} | {meaning} |\n")
    return "".join(lines)


def _meanings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for place, each in enumerate(node.body):
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            below = node.body[place + 1] if place + 1 < len(node.body) else None
            yield each.target.id, " ".join(_text(below).split())


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value.value
    return ""


if __name__ == "__main__":
    print(page(), end="")

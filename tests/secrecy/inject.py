"""An exception at the beginning of any function of the product, when a test wants one; in a copy of the product only.

The copy's source is changed before it runs: each function first looks at its own cell of a shared file. A cell that is
set brings an exception, once, whose message holds all of the function's arguments, so what customers ask is in it. This
file is imported by each process of the copy at its start (a `.pth` file), and imports nothing of ours: the copy has no
tests.
"""

from __future__ import annotations

import ast
import builtins
import mmap
from pathlib import Path
from typing import Any

CELLS = "inject.cells"  # one byte a point, see below; then one byte a point: how often it was passed, armed or watched
OFF, RUNTIME, SYSTEM, VALUE, WATCH = range(5)
KINDS = (RUNTIME, SYSTEM, VALUE)
_MOST = 250  # as often as a cell can count

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def points(source: str, module: str) -> list[str]:
    """All functions of a module that do something, as `module:qualified name`, in order; of one name, one point."""
    return list(dict.fromkeys(name for _, name in _functions(ast.parse(source), f"{module}:")))


def changed(source: str, module: str, numbers: dict[str, int]) -> str:
    """The module's source, with a look at its cell at the beginning of each function."""
    tree = ast.parse(source)
    for function, name in _functions(tree, f"{module}:"):
        look = ast.parse(f"if __armed__[{numbers[name]}]: __bring__({numbers[name]}, locals())").body[0]
        has_text = isinstance(function.body[0], ast.Expr) and isinstance(function.body[0].value, ast.Constant)
        function.body.insert(int(has_text), look)
    return ast.unparse(tree)


def _functions(node: ast.AST, before: str) -> list[tuple[Function, str]]:
    found: list[tuple[Function, str]] = []
    for child in ast.iter_child_nodes(node):
        name = f"{before}{child.name}" if isinstance(child, _NAMED) else before
        if isinstance(child, Function) and not _is_bare(child):
            found.append((child, name))
        found += _functions(child, f"{name}." if isinstance(child, _NAMED) else before)
    return found


def _is_bare(function: Function) -> bool:
    """Whether there is nothing but a text in it: an interface, or a twin with nothing to do."""
    first = function.body[0]
    return len(function.body) == 1 and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)


def install(file: Path) -> None:
    """Give the changed functions what they look at."""
    with file.open("r+b") as opened:
        cells = mmap.mmap(opened.fileno(), 0)

    def bring(number: int, arguments: dict[str, Any]) -> None:
        kind, cells[number] = cells[number], OFF
        passed = len(cells) // 2 + number
        cells[passed] = min(cells[passed] + 1, _MOST)
        if kind in (OFF, WATCH):  # OFF: another process was first
            return
        text = repr(list(arguments.items()))[:20_000]
        raise {RUNTIME: RuntimeError(text), SYSTEM: OSError(5, text, text), VALUE: ValueError(text)}[kind]

    builtins.__armed__, builtins.__bring__ = cells, bring  # type: ignore[attr-defined]


if (Path(__file__).parent / CELLS).exists():
    install(Path(__file__).parent / CELLS)

"""Tests mirror the tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path.relative_to(ROOT)
    for package in ("resolver", "blocklist", "native")
    for path in (ROOT / package).rglob("*.py")
    if "__pycache__" not in path.parts
)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_each_source_file_with_logic_has_its_test_file(source: Path) -> None:
    """`resolver/core/forwarder.py` has `tests/resolver/core/test_forwarder.py`; plain data needs none."""
    if not _has_logic(ast.parse((ROOT / source).read_text())):
        return
    name = source.parent.name if source.name == "__init__.py" else source.stem
    folder = source.parent.parent if source.name == "__init__.py" else source.parent
    assert (ROOT / "tests" / folder / f"test_{name}.py").is_file()


def _has_logic(tree: ast.Module) -> bool:
    """A function that does more than return or raise one thing is logic."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(len(_statements(function)) > 1 for function in functions)


def _statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    return [node for node in function.body if not _is_docstring(node)]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

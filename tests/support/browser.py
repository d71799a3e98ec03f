"""Pages in real Chromium: what they show, ask for and get wrong, with screenshots. One start for many pages."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from attrs import Factory, asdict, frozen

from tests.support.ports import free_port
from tests.support.tools import require, unmet

HERE = Path(__file__).parents[1] / "browser"
MODULES = Path(__file__).parents[2] / ".venv" / "browser"
NARROW, WIDE = 320, 1280  # CSS pixels: the narrowest page WCAG 1.4.10 asks for, and a desk
SCHEMES = ("light", "dark")
LOCALES = ("ja-JP", "en-GB")


@frozen(kw_only=True)
class View:
    """One look at one page. `url` may be a file's."""

    name: str
    url: str
    width: int = WIDE
    height: int = 800
    scheme: str = "light"
    locale: str = "ja-JP"
    forced: bool = False
    """As with the contrast themes of a desktop (CSS forced-colors)."""
    zoom: int | None = None
    """Text size in percent."""
    media: str = "screen"
    screenshot: str | None = None
    axe: bool = False
    may_fail: bool = False
    """The page may refuse to load: `fault` of what was seen says how."""


@frozen
class Seen:
    """What the browser met; `pages` by the name of the view."""

    pages: dict[str, dict[str, Any]]
    lighthouse: dict[str, dict[str, Any]] = Factory(dict)


def views(name: str, url: str, folder: Path, *, axe: bool = True) -> list[View]:
    """A page as everybody may meet it: narrow and wide, light and dark, Japanese and English browsers."""
    found = []
    for width, scheme, locale in product((NARROW, WIDE), SCHEMES, LOCALES):
        stem = f"{name}-{width}-{scheme}-{locale[:2]}"
        shot = str(folder / f"{stem}.png")
        found.append(View(name=stem, url=url, width=width, scheme=scheme, locale=locale, axe=axe, screenshot=shot))
    return found


def look(
    pages: Sequence[View],
    *,
    lighthouse: Sequence[str] = (),
    profile: Path | None = None,
    flags: Sequence[str] = (),
    within: Sequence[str] = (),
    seconds: float = 110.0,
) -> Seen:
    """Open all pages in one browser. `within` goes before the command, as `ip netns exec NAME` does."""
    job = {
        "chromium": require("chromium")["chromium"],
        "pages": [asdict(each) for each in pages],
        "lighthouse": list(lighthouse),
        "debuggingPort": free_port() if lighthouse else None,
        "profile": str(profile) if profile else None,
        "flags": list(flags),
    }
    answer = json.loads(_node("look.mjs", within=within, stdin=json.dumps(job), seconds=seconds))
    seen = Seen(answer["pages"], answer["lighthouse"])
    all_loaded(pages, seen)
    return seen


def all_loaded(pages: Sequence[View], seen: Seen) -> None:
    """AssertionError for a page that did not load, unless it may."""
    faults = {each.name: seen.pages[each.name]["fault"] for each in pages if not each.may_fail}
    assert not any(faults.values()), faults


def validate(*files: Path) -> list[dict[str, Any]]:
    """The findings of html-validate: none when the pages are sound HTML."""
    findings = json.loads(_node("validate.mjs", *map(str, files)))
    assert isinstance(findings, list)
    return findings


def _node(script: str, *arguments: str, within: Sequence[str] = (), stdin: str = "", seconds: float = 60.0) -> str:
    """Run one of our scripts with the modules `make browser` installed."""
    node = require("node")["node"]
    if not (MODULES / "node_modules" / "playwright-core").is_dir():
        unmet("tests/browser/package.json is not installed (make browser)")
    result = subprocess.run(
        [*within, node, str(HERE / script), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=os.environ | {"MAMORI_BROWSER": str(MODULES)},
    )
    assert result.returncode == 0, result.stderr[-4000:]
    return result.stdout

"""Words a resolver tells its operators, each of which a page explains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blocklist.trust.local.audit import Event
from resolver.core.trouble import Trouble
from resolver.edge.selftest import SELFTEST_RESULTS
from resolver.edge.supervision.metrics import GUARDS
from tests.docs.test_links import ROOT

OPERATORS, RUNBOOKS = ROOT / "docs" / "operators", ROOT / "docs" / "runbooks"
AUDIT, STATUS = OPERATORS / "audit.md", OPERATORS / "status.md"
UPSTREAMS = OPERATORS / "upstreams.md"
HELD, TEST = RUNBOOKS / "update-held.md", RUNBOOKS / "self-test-failing.md"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (AUDIT, tuple(event.value for event in Event)),
        (STATUS, SELFTEST_RESULTS),
        (TEST, tuple(word for word in SELFTEST_RESULTS if word != "ok")),
        (HELD, GUARDS),
        (UPSTREAMS, tuple(trouble.name.lower() for trouble in Trouble if trouble)),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "words",
)
def test_a_page_explains_every_word(page: Path, words: tuple[str, ...]) -> None:
    """What the audit file holds, how a self-test ended, which guard holds, why an upstream is down: each in a table."""
    rows = re.findall(r"^\| (`.*?) \|", page.read_text("utf-8"), re.MULTILINE)
    explained = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert sorted(set(words) - explained) == []

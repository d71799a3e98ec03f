"""The table of series in the operators' page, against what /metrics really shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from blocklist.trust.reasons import REASONS
from resolver.edge.supervision.metrics import Exposition
from tests.resolver.edge.snapshots import snapshot

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "metrics.md"
ROW = "| `mamori_"


def rows() -> Iterator[str]:
    """The table as it should stand, in the order of /metrics."""
    text = Exposition(snapshot).render().decode()
    for family in text_string_to_metric_families(text):
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        shown = ", ".join(f"`{label}`" for label in labels)
        yield f"| `{shown_name(family)}` | {family.type} | {shown} | {family.documentation} |"


def shown_name(family: Metric) -> str:
    return family.name + ("_total" if family.type == "counter" else "")


def test_the_table_names_every_series() -> None:
    """Each family of /metrics has its row with type, labels and meaning, and no other row stands there."""
    written = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(ROW)]
    assert written == list(rows())


def test_every_reason_of_a_failed_update_is_explained() -> None:
    """The words of the label `reason` all stand in the page."""
    text = PAGE.read_text("utf-8")
    assert [reason for reason in REASONS if f"`{reason}`" not in text] == []

"""What every test may use."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Wall-clock deadlines of single examples say more about a busy machine than about the code.
settings.register_profile("mamori", deadline=None, max_examples=100)
settings.register_profile("few", deadline=None, max_examples=20)  # pytest --hypothesis-profile=few
settings.load_profile("mamori")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes: begun last, it would keep one process busy while the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests recorded with `record_property`: a passing test's own output is not shown."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, figure in report.user_properties:
            terminalreporter.write_line(f"{name}: {figure}")

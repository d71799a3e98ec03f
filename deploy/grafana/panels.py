"""The kinds of panel the dashboard is made of."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    LineInterpolation,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
GOOD, WARN, BAD, PLAIN = "green", "orange", "red", "text"

Words = Mapping[int, tuple[str, str]]  # what a value is shown as: text, color
Query = tuple[str, str]  # expression, legend


def number(title: str, help_text: str, expr: str, legend: str, unit: str = "none") -> stat.Panel:
    """The value now, a number for each label set."""
    panel = stat.Panel().title(title).description(help_text).unit(unit).datasource(SOURCE)
    panel.graph_mode(BigValueGraphMode.NONE).color_mode(BigValueColorMode.NONE)
    panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.with_target(_query(expr, legend).instant())


def state(title: str, help_text: str, expr: str, legend: str, words: Words) -> stat.Panel:
    """The value now as a word."""
    results = {str(value): ValueMappingResult(text=text, color=color) for value, (text, color) in words.items()}
    panel = number(title, help_text, expr, legend).color_mode(BigValueColorMode.VALUE)
    return panel.mappings([ValueMap(options=results)])


def coloured(panel: stat.Panel, *, warn: float | None = None, bad: float) -> stat.Panel:
    """Good below the first level; the same levels as the alerts have."""
    steps = [Threshold(value=None, color=GOOD)]
    steps += [] if warn is None else [Threshold(value=warn, color=WARN)]
    steps.append(Threshold(value=bad, color=BAD))
    thresholds = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
    return panel.color_mode(BigValueColorMode.VALUE).thresholds(thresholds)


def lines(title: str, help_text: str, unit: str, *queries: Query) -> timeseries.Panel:
    """Values over time, from 0."""
    panel = timeseries.Panel().title(title).description(help_text).unit(unit).datasource(SOURCE).min(0)
    panel.draw_style(GraphDrawStyle.LINE).show_points(VisibilityMode.NEVER).fill_opacity(8)
    for number_, (expr, legend) in enumerate(queries):
        panel.with_target(_query(expr, legend).range().ref_id("ABCDEFGH"[number_]))
    return panel


def stairs(title: str, help_text: str, unit: str, *queries: Query) -> timeseries.Panel:
    """Values that hold until they change: nothing in between is made up."""
    return lines(title, help_text, unit, *queries).line_interpolation(LineInterpolation.STEP_AFTER)


def _query(expr: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).legend_format(legend).datasource(SOURCE).ref_id("A")

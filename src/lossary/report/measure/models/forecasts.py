"""What is found of the forecasts of several models on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lossary.report.findings import Finding
from lossary.report.measure.one_model.forecast_sums import Forecast
from lossary.report.measure.one_model.remarks import crossing_warning, missing_members_note


def forecast_metrics(found: Mapping[str, Forecast]) -> dict[str, float]:
    """Return coverage and width by flat names."""
    return {
        f"{what}_{one.level:g}_{name}": getattr(one, what)
        for name, forecast in found.items()
        for one in forecast.intervals
        for what in ("coverage", "width")
    }


def forecast_remarks(found: Mapping[str, Forecast]) -> Iterator[Finding]:
    """Yield warnings of quantiles that cross, and notes on missing members, with the name of the model."""
    for name, forecast in found.items():
        if forecast.crossing:
            yield crossing_warning(forecast.crossing, f" of {name}")
        if forecast.missing is not None:
            yield from missing_members_note(forecast.missing.rows, forecast.missing.members, f" of {name}")

"""Reliability: how well scores would repeat, against the number of runs that they are made of."""

import math

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from cscore_data.errors import InvalidInputError
from cscore_data.figures.labels import BLUE, title
from cscore_data.figures.page import new_page

#: The correlations that are drawn if the curve has them: their names and colors. Others are not.
_MEASURES = {"pearson": ("Pearson", BLUE), "spearman": ("Spearman", "tab:orange")}

#: Reliabilities that are marked, with the number of runs at which a curve reaches them.
_AIMS = (0.9, 0.95)

#: Lower ones have no logarithm that could be drawn.
_SMALLEST_ODDS = 1e-6

#: Points of the extrapolated part of a curve, enough to look smooth.
_POINTS = 50


def reliability(curve: xr.Dataset) -> Figure:
    """Correlation of the scores with a repetition of the study, against the runs at each ratio.

    What is measured is solid, what is extrapolated is dashed. Of a few runs, a single point is
    measured, and the page says so.

    Parameters
    ----------
    curve : xarray.Dataset
        `pearson`, `spearman` or both, float (runs,), and `measured` bool (runs,), with the
        coordinate `runs`, ascending; from `scores.reliability.reliability_curve`.

    Raises
    ------
    InvalidInputError
        If nothing is measured.

    Examples
    --------
    >>> curve = xr.Dataset(
    ...     {
    ...         "pearson": ("runs", [0.8, 0.89, 0.94]),
    ...         "measured": ("runs", [True, True, False]),
    ...     },
    ...     {"runs": [10, 20, 40]},
    ... )
    >>> figure = reliability(curve)
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['Pearson 0.9: 23 runs (extrapolated)', '0.95']
    """
    present = [name for name in _MEASURES if name in curve]
    is_known = [bool(np.isfinite(curve[name]).any()) for name in present]
    if not any(is_known):
        raise InvalidInputError(
            "reliability: hardly any example has a score in both halves of the runs; add runs"
        )

    figure = new_page(9, 6.5, title(curve, "Reliability"))
    axes = figure.add_subplot()
    axes.set_xscale("log")
    measured = curve["measured"].values
    for name in present:
        label, color = _MEASURES[name]
        _draw_curve(axes, curve[name], measured, label, color)
    for aim in _AIMS:
        # The first correlation that crosses the aim within the curve, or else none.
        crossing = [name for name in present if runs_to_reach(curve[name], aim) is not None]
        name = crossing[0] if crossing else present[0]
        label, _ = _MEASURES[name]
        _mark_aim(axes, curve[name], measured, label, aim)

    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="runs at each ratio", ylabel="correlation with a repetition of the study")
    axes.set_ylim(top=1.005)
    axes.set_title(_what_is_measured(curve), fontsize=11)
    axes.grid(color="0.92")
    axes.legend(loc="lower right")
    return figure


def _what_is_measured(curve: xr.Dataset) -> str:
    measured = curve["runs"].values[curve["measured"].values]
    if len(measured) != 1:
        return "measured: solid, extrapolated: dashed"
    return f"measured at {measured[0]} runs only; dashed: a guess from that, better with more runs"


def _draw_curve(
    axes: Axes, curve: xr.DataArray, measured: np.ndarray, label: str, color: str
) -> None:
    solid = curve.isel(runs=measured)
    extrapolated = curve.isel(runs=~measured)
    if extrapolated.size and extrapolated.isnull().all():
        label += " (too few runs to extrapolate)"
    # A single point is no line, in the legend as well.
    style = "-" if solid.size > 1 else "none"
    axes.plot(
        solid["runs"], solid, color=color, linestyle=style, marker="o", markersize=5, label=label
    )

    # The dashed part begins where the solid one ends.
    last = int(np.flatnonzero(measured).max(initial=0))
    rest = curve.isel(runs=slice(last, None))
    known_runs = rest["runs"].values
    known_odds = np.maximum(_odds(rest.values), _SMALLEST_ODDS)
    # A straight line in logarithms, both by Spearman and Brown and where odds grow more slowly.
    runs = np.geomspace(known_runs[0], known_runs[-1], _POINTS)
    log_odds = np.interp(np.log(runs), np.log(known_runs), np.log(known_odds))
    odds = np.exp(log_odds)
    axes.plot(runs, odds / (1 + odds), color=color, linestyle="--")


def _mark_aim(
    axes: Axes, curve: xr.DataArray, measured: np.ndarray, label: str, aim: float
) -> None:
    """Draw a line at an aim, with the number of runs that reach it."""
    first = float(curve["runs"][0])
    most_measured = curve["runs"].values[measured].max(initial=0)
    words = f"{aim:g}"
    runs = runs_to_reach(curve, aim)
    if runs is not None:
        about = "about " if np.count_nonzero(measured) == 1 else ""
        words = f"{label} {aim:g}: {about}{math.ceil(runs)} runs"
        if runs > most_measured:
            words += " (extrapolated)"
        axes.plot(runs, aim, "o", color="black", markersize=4, zorder=3)
    axes.axhline(aim, color="0.5", linewidth=0.8, linestyle=":")
    axes.annotate(words, (first, aim), xytext=(0, 3), textcoords="offset points", color="0.3")


def runs_to_reach(curve: xr.DataArray, aim: float) -> float | None:
    """Number of runs at which a curve first reaches `aim`.

    Parameters
    ----------
    curve : xarray.DataArray
        Reliability, float (runs,).
    aim : float
        In 0..1.

    Returns
    -------
    float or None
        None if the curve begins above the aim or never reaches it.

    Notes
    -----
    Between two points it follows the formula of Spearman and Brown, as what is drawn.

    Examples
    --------
    >>> curve = xr.DataArray([0.5, 0.8], {"runs": [1, 4]}, "runs")
    >>> round(runs_to_reach(curve, 0.75), 6)
    3.0
    """
    known = curve.dropna("runs")
    reached = np.flatnonzero(known.values >= aim)
    if not len(reached) or reached[0] == 0:
        return None

    # The last point below the aim and the first above it.
    first = reached[0]
    pair = known.isel(runs=slice(first - 1, first + 1))
    odds = _odds(pair.values)
    odds_of_aim = aim / (1 - aim)
    return float(np.interp(odds_of_aim, odds, pair["runs"].values))


def _odds(reliability: np.ndarray) -> np.ndarray:
    """r / (1 - r), which grows in proportion to the runs, by Spearman and Brown."""
    below_one = np.minimum(reliability, 1 - 1e-9)
    odds: np.ndarray = below_one / (1 - below_one)
    return odds

"""Certainty as a table and as a figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.tables import print_columns

#: How a way is drawn: by its subsets, and by whether all ratios take part.
_COLORS = {"independent": "tab:orange", "balanced": "tab:blue", "scikit-learn": "tab:gray"}
_LINES = {"cscore": "-", "soft_cscore": "--", "margin": ":"}


def print_table(ways: dict[str, Any], aims: Sequence[float]) -> None:
    """Seconds until each aim, and the last row of each curve."""
    header = ["way", *(f"s to {aim:g}" for aim in aims), "s to coverage", "measured to"]
    header += ["reliability", "with reference", "average precision", "s to agreement .95"]
    rows = []
    for name, found in ways.items():
        until = found["seconds_until"]
        last = found["curve"][-1]
        cells = [name]
        for aim in aims:
            cells.append(_number(until[f"reliability {aim:g}"]))
        cells.append(_number(until["coverage"]))
        cells.append(f"{last['runs']} runs, {last['seconds']:.3g} s")
        for figure in ("reliability", "with_reference", "average_precision"):
            cells.append(f"{last[figure]:.3f}" if figure in last else "")
        cells.append(_number(until.get("agreement 0.95")))
        rows.append(cells)
    print_columns(header, rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def draw(ways: dict[str, Any], path: Path) -> None:
    """A panel for each figure that is known, with seconds on the horizontal axis."""
    from matplotlib.figure import Figure

    first = next(iter(ways.values()))["curve"][0]
    titles = {
        "reliability": "correlation with a repetition",
        "with_reference": "correlation with the C-scores of a long study",
        "average_precision": "average precision of finding changed labels",
    }
    known = [name for name in titles if name in first]
    figure = Figure(figsize=(6 * len(known), 5), layout="constrained")
    panels = figure.subplots(1, len(known), squeeze=False)[0]
    for axes, name in zip(panels, known, strict=True):
        for way, found in ways.items():
            # All ratios, the lowest alone, or cross-validation.
            subsets, ratios, score = way.split(", ")
            if ratios not in ("all ratios", "0.1") and "folds" not in ratios:
                continue
            style = _LINES[score]
            marker = "" if ratios == "all ratios" else "."
            seconds = [row["seconds"] for row in found["curve"]]
            values = [row[name] for row in found["curve"]]
            axes.plot(seconds, values, style, marker=marker, color=_COLORS[subsets], label=way)
        axes.set(title=titles[name], xscale="log", xlabel="seconds")
    panels[0].legend(fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)

"""The figure of `reduce.py`: how the reduction grows with the size of the cube."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: What the two columns of the figure vary.
_DIMS = ("run", "example")


def draw(rows: list[dict[str, Any]]) -> Figure:
    """Seconds and peak memory of every contender by the number of runs and of examples."""
    figure = Figure((9, 6), layout="constrained")
    axes = figure.subplots(2, 2, sharex="col", sharey="row")
    for (time_axes, memory_axes), dim in zip(axes.T, _DIMS, strict=True):
        series = growing(rows, dim)
        _draw_times(time_axes, series, dim)
        _draw_memory(memory_axes, series, dim)
    axes[0, 0].set_ylabel("seconds, median and range")
    axes[1, 0].set_ylabel("peak memory, MB")
    axes[0, 0].legend()
    return figure


def growing(rows: list[dict[str, Any]], dim: str) -> list[dict[str, Any]]:
    """The cubes that differ only in the length of `dim`, smallest first.

    Of several such series, the longest.
    """
    shapes = [_other_sizes(row, dim) for row in rows]
    most_common = max(shapes, key=shapes.count)
    series = []
    for row, shape in zip(rows, shapes, strict=True):
        if shape == most_common:
            series.append(row)
    return sorted(series, key=lambda row: row["shape"][dim])


def _other_sizes(row: dict[str, Any], dim: str) -> tuple[int, ...]:
    return tuple(size for name, size in row["shape"].items() if name != dim)


def _draw_times(axes: Axes, series: list[dict[str, Any]], dim: str) -> None:
    sizes = [row["shape"][dim] for row in series]
    for name in series[0]["contenders"]:
        results = [row["contenders"][name]["seconds"] for row in series]
        median = np.array([result["median"] for result in results])
        least = np.array([result["min"] for result in results])
        most = np.array([result["max"] for result in results])
        error = [median - least, most - median]
        label = name.replace("_", " ")
        axes.errorbar(sizes, median, error, marker="o", capsize=3, label=label)
    shape = {**series[0]["shape"], dim: f"{dim}s"}
    title = " × ".join(str(size) for size in shape.values())
    axes.set(title=title, xscale="log", yscale="log")


def _draw_memory(axes: Axes, series: list[dict[str, Any]], dim: str) -> None:
    sizes = [row["shape"][dim] for row in series]
    for name in series[0]["contenders"]:
        peaks = [row["contenders"][name]["peak_megabytes"] for row in series]
        axes.plot(sizes, peaks, marker="o")
    axes.set(xlabel=f"{dim}s", yscale="log")

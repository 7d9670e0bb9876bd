"""Tables and the plot of what finds wrong labels."""

from pathlib import Path
from typing import Any

from helpers.tables import print_columns

#: The methods, in the order of legends.
METHODS = (
    "ours, 5 models",
    "ours, 10 models",
    "cleanlab, MLP x 5",
    "cleanlab, MLP x 10",
    "cleanlab, logistic regression x 5",
    "nearest neighbours",
)


def print_table(measured: dict[str, Any]) -> None:
    header = ["noise, method, repeat", "score", "AUC", "average precision", "at number"]
    header += ["F1", "models", "seconds"]
    rows = []
    for name, found in measured.items():
        f1 = "" if found["decision"] is None else f"{found['decision']['f1']:.3f}"
        for score, values in found["scores"].items():
            figures = (values["auc"], values["average_precision"], values["precision_at_number"])
            cells = [f"{figure:.3f}" for figure in figures]
            ends = [f1, str(found["models"]), f"{found['seconds']:.1f}"]
            rows.append([name, score, *cells, *ends])
    print_columns(header, rows)


def print_comparison(measured: dict[str, Any]) -> None:
    """In how many settings ours is at least as good as cleanlab's network with as many models."""
    for ours, theirs in ((METHODS[0], METHODS[2]), (METHODS[1], METHODS[3])):
        precise, decided, settings = 0, 0, 0
        for name, found in measured.items():
            other = measured.get(name.replace(ours, theirs))
            # Of repeats, the first.
            if ours not in name or other is None or not name.endswith(", 0"):
                continue
            best = max(values["average_precision"] for values in other["scores"].values())
            settings += 1
            precise += found["scores"]["score"]["average_precision"] >= best
            if other["decision"] is not None:
                decided += found["decision"]["f1"] >= other["decision"]["f1"]
        print(
            f"{ours}: average precision at least the best of {theirs} in {precise} of {settings} "
            f"settings, F1 in {decided}"
        )


def draw(measured: dict[str, Any], path: Path) -> None:
    """Average precision against seconds, a row of panels for each kind of noise."""
    from matplotlib.figure import Figure

    settings = sorted({name.partition(", ")[0] for name in measured})
    kinds = sorted({setting.split()[0] for setting in settings})
    rates = sorted({float(setting.split()[1]) for setting in settings})
    size = (4 * len(rates), 3.2 * len(kinds))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(len(kinds), len(rates), squeeze=False, sharex=True, sharey="row")
    for kind, row in zip(kinds, panels, strict=True):
        for rate, axes in zip(rates, row, strict=True):
            draw_setting(axes, measured, f"{kind} {rate:g}")
    for axes in panels[:, 0]:
        axes.set_ylabel("average precision")
    for axes in panels[-1]:
        axes.set_xlabel("seconds")

    # A method may be missing in some panels.
    handles = {}
    for axes in panels.flat:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles[label] = handle
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def draw_setting(axes: Any, measured: dict[str, Any], setting: str) -> None:
    """A point for each method, in the first repeat."""
    for number, method in enumerate(METHODS):
        found = measured.get(f"{setting}, {method}, 0")
        if found is None:
            continue
        precision = {name: value["average_precision"] for name, value in found["scores"].items()}
        # Of cleanlab's scores the better one, of ours the one that suspects are ranked by.
        best = precision.get("score", max(precision.values()))
        # Methods keep their colours where one of them is missing.
        axes.plot(max(found["seconds"], 0.01), best, "o", color=f"C{number}", label=method)
    axes.set(title=setting, xscale="log")
    axes.xaxis.set_minor_formatter("")

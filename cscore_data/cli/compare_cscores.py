"""``compare-cscores``: do two sets of scores tell the same story?"""

import dataclasses
import json
import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from cscore_data.cli import PREFIX, argument, option, run, storage_option, use_storage_options
from cscore_data.cli.plot_cscores import SCORES_HELP, load_images
from cscore_data.errors import CscoreDataError

if TYPE_CHECKING:
    import xarray as xr

    from cscore_data.alignment import Aligned
    from cscore_data.compare import Agreement, Estimate

#: Classes that are printed at most; of more, those that agree least.
_CLASSES_SHOWN = 20

#: Images on each side of the figure.
_IMAGES = 12


@dataclass
class Config:
    """Compare two sets of scores of the same examples: rank correlations, differences, and how far the lowest and the
    highest are the same, over all examples and within each class. Examples are matched by file name where both sides
    have them, else by their place in the data set; labels that differ are refused."""

    a: str = argument("a", f"A: {SCORES_HELP}")
    b: str = argument("b", "B: the same")
    ascending: bool = option(
        False, "in B, lower means more regular: compare 1 - score, or -score if B's scores are not all in 0..1"
    )
    figure: Optional[str] = option(
        None,
        "draw B against A, and the images on which they disagree most, to FILE.pdf, FILE.png or FILE.svg (default: do "
        "not)",
        metavar="FILE",
    )
    dataset: Optional[str] = option(
        None, "the data set with the images for the figure (default: the one that the scores name, if it can be had)"
    )
    json: bool = option(False, "print one JSON document instead of tables")
    storage_option: Optional[list[str]] = storage_option()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run("compare-cscores", Config, _compare_cscores, argv)


def _compare_cscores(config: Config) -> None:
    from cscore_data import compare, scorefile
    from cscore_data.alignment import align

    if config.figure:
        from cscore_data.plot import check_suffix

        check_suffix(config.figure)
    use_storage_options(config.storage_option, config.a, config.b)
    a, b = (scorefile.read_scores(source).load() for source in (config.a, config.b))
    if a.attrs.get("title") == b.attrs.get("title"):  # two studies of one data set: only their files tell them apart
        a, b = (_named_by_source(scores, source) for scores, source in ((a, config.a), (b, config.b)))
    if config.ascending:
        b = compare.flipped(b)
    aligned = align(a, b)
    whole = compare.agreement(aligned.a, aligned.b)
    classes = compare.agreement_by_class(aligned.a, aligned.b)
    without_images = _draw(config, a, b, aligned, whole) if config.figure else []
    document = {
        "a": _describe(config.a, a),
        "b": _describe(config.b, b),
        "ascending": config.ascending,
        "matched_by": aligned.by,
        "common_examples": aligned.a.sizes["example"],
        "warnings": [*aligned.warnings, *without_images],
        "hint": _hint(compare.hint(whole), config),
    }
    if config.json:
        document |= {**dataclasses.asdict(whole), "classes": classes}
        print(json.dumps(_plain(document), indent=2, allow_nan=False))
    else:
        _print_report(document, whole, classes)
        done = f"Figure: {config.figure}." if config.figure else f"{whole.examples} examples compared."
        print(f"{done} Next: {PREFIX}{_next_command(config)}")


def _named_by_source(scores: "xr.Dataset", source: str) -> "xr.Dataset":
    return scores.assign_attrs(title=f"{scores.attrs.get('title', 'scores')} ({PurePath(source).name})")


def _draw(config: Config, a: "xr.Dataset", b: "xr.Dataset", aligned: "Aligned", whole: "Agreement") -> list[str]:
    """Write the figure; returns what kept images out of it."""
    from cscore_data import compare, figures, plot

    image, missing = None, []
    try:
        image = _images(config, a, b, aligned)
    except CscoreDataError as error:
        if config.dataset:
            raise
        missing = [f"the figure is without images: {error}"]
    figure = figures.comparison(
        aligned.a,
        aligned.b,
        subtitle=f"{whole.examples:,} examples, Spearman {whole.spearman.value:.3f}, Kendall {whole.kendall.value:.3f}",
        image=image,
        higher=compare.disagreements(aligned.a, aligned.b, count=_IMAGES),
    )
    plot.save(figure, config.figure or "")
    return missing


def _images(config: Config, a: "xr.Dataset", b: "xr.Dataset", aligned: "Aligned") -> np.ndarray:
    """Images in the order of the aligned scores, of the data set that A or else B names."""
    scores, rows = (a, aligned.a) if "label" in a.coords or "label" not in b.coords else (b, aligned.b)
    dataset = config.dataset or a.attrs.get("dataset") or b.attrs.get("dataset")
    image = load_images(scores.sortby("example"), dataset).image
    return np.asarray(image[rows["example"].values])


def _hint(found: str | None, config: Config) -> str | None:
    remedy = "leave out --ascending" if config.ascending else "if that is B, compare with --ascending"
    return f"{found}; {remedy}" if found else None


def _next_command(config: Config) -> str:
    sources = shlex.join([config.a, config.b, *(["--ascending"] if config.ascending else [])])
    if not config.figure:
        return f"compare-cscores {sources} --figure comparison.png"
    return f"plot-cscores {shlex.quote(config.a)} --kind histograms"


def _describe(source: str, scores: "xr.Dataset") -> dict[str, Any]:
    score = scores["cscore"]
    return {
        "source": source,
        "title": scores.attrs.get("title"),
        "dataset": scores.attrs.get("dataset"),
        "examples": score.size,
        "with_score": int(score.notnull().sum()),
        "lowest": float(score.min()),
        "highest": float(score.max()),
    }


def _plain(value: Any) -> Any:
    """The same for JSON, which knows no NaN."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_report(document: Mapping[str, Any], whole: "Agreement", classes: "Mapping[int, Agreement]") -> None:
    for name in "AB":
        side = document[name.lower()]
        print(f"{name}: {side['title'] or side['source']}, {side['examples']} examples")
    print(
        f"common examples: {document['common_examples']}, matched by {document['matched_by']}; "
        f"{whole.examples} with a score on both sides"
    )
    _print_agreement(whole)
    _print_classes(classes)
    for warning in document["warnings"]:
        print(f"warning: {warning}")
    if document["hint"]:
        print(f"hint: {document['hint']}")


def _print_agreement(found: "Agreement") -> None:
    print(f"{'':<26}{'value':>8}   95% interval ({found.resamples} resamples of the examples)")
    for name in ("spearman", "kendall", "pearson"):
        estimate = getattr(found, name)
        print(f"{name.capitalize():<26}{estimate.value:>8.4f}   {_interval(estimate)}")
    difference = found.mean_absolute_difference
    shown = "not comparable: scores outside 0..1" if math.isnan(difference) else f"{difference:8.4f}"
    print(f"{'mean absolute difference':<26}{shown}")
    print(f"{'overlap of the':<26}{'value':>8}   by chance   tied at the edge in A, in B")
    for tail in found.tails:
        name = f"{tail.end} {tail.fraction:.0%}"
        print(f"{name:<26}{tail.overlap:>8.4f}   {tail.chance:>9.4f}   {tail.tied[0]:.2%}, {tail.tied[1]:.2%}")
    print(f"tied with another example: {found.tied[0]:.2%} of A, {found.tied[1]:.2%} of B")


def _print_classes(classes: "Mapping[int, Agreement]") -> None:
    if not classes:
        return
    names = list(classes)
    if len(names) > _CLASSES_SHOWN:
        names = sorted(names, key=lambda name: classes[name].spearman.value)[:_CLASSES_SHOWN]
        print(f"the {_CLASSES_SHOWN} of {len(classes)} classes that agree least (--json prints all)")
    print("class  examples  Spearman  95% interval        Kendall  Pearson  mean abs. diff.  lowest 10%  highest 10%")
    for name in names:
        found = classes[name]
        lowest, highest = (tail.overlap for tail in found.tails if tail.fraction == 0.1)
        print(
            f"{name:>5}  {found.examples:>8}  {found.spearman.value:>8.4f}  {_interval(found.spearman)}  "
            f"{found.kendall.value:>7.4f}  {found.pearson.value:>7.4f}  {found.mean_absolute_difference:>15.4f}  "
            f"{lowest:>10.4f}  {highest:>11.4f}"
        )


def _interval(estimate: "Estimate") -> str:
    return f"{estimate.low:>7.4f} .. {estimate.high:>7.4f}"


if __name__ == "__main__":
    sys.exit(main())

"""A data card for the Hugging Face hub, beside exported scores: what they are and where from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cscore_data.errors import InvalidInputError, StoreExistsError, shortened
from cscore_data.scores.card_text import code_block, markdown_text, yaml_text
from cscore_data.scores.citations import citations
from cscore_data.scores.exports import class_names, path_with_suffix, replacing, score_table

#: The hub shows the file of this name.
CARD = "README.md"

#: The exports that the hub shows as a table.
TABLES = (".csv", ".parquet")

#: By this, a card is told from any other file of its name.
_SIGNATURE = "Written by `reduce-cscores --card` of cscore_data."

_TAGS = ("consistency-score", "data-quality", "memorization", "label-noise")

#: The hub's words for numbers of rows, each for numbers below the one that it goes with.
_SIZES = {
    10**3: "n<1K",
    10**4: "1K<n<10K",
    10**5: "10K<n<100K",
    10**6: "100K<n<1M",
    10**7: "1M<n<10M",
}
_LARGEST = "10M<n<100M"

#: With more classes than this, the card would be little else than their names.
_MOST_CLASSES = 1000

#: What the card tells of how the scores were made, in this order.
_MADE_OF = ("dataset", "source", "example_order", "example_digest", "plan", "recipe", "device")

#: A plan that names the groups of a large data set may be long.
_LONGEST = 2000

_ABOUT = """\
The C-score (consistency score) of an example is the probability that a model which was **not**
trained on it classifies it correctly, averaged over random training subsets of several sizes. High:
regular, like many others. Low: irregular, ambiguous or mislabelled."""

_ERRORS = """\
Columns that end in `_stderr` are standard errors: how much the score would vary over new runs of
the same study. They say nothing about another network or another recipe, and shrink with the number
of runs. Where two scores differ by less than their errors, their order may be chance."""

_CAVEATS = """\
- The scores belong to the network and the training below. Another network may rank the examples
  otherwise; compare rank correlations before you carry the scores over.
- A low score does not prove a wrong label: rare and ambiguous examples have low scores as well.
- Many examples tie at the highest score, where more runs would tell them apart.
- Empty scores are unknown, not zero: such an example was never held out at some ratio, or is the
  only one of its class.
- The column `example` is the index in the data set's own order. Check it against a few labels.
- The license of the data set holds for what is copied from it here, labels and file names. No
  license is stated above: add one before you publish."""


def check_card(export: str | Path | None, *, overwrite: bool = False) -> Path:
    """The path of the card beside an export, if it may be written.

    Parameters
    ----------
    export : path or None
        The exported table.
    overwrite : bool
        Replace the card that is there.

    Raises
    ------
    InvalidInputError
        If there is no export, or it is not a table that the hub can show.
    StoreExistsError
        If there is a card and `overwrite` is False, or another file of its name.
    """
    expected = f"expected --export FILE{' or FILE'.join(TABLES)}, which the card describes"
    if export is None:
        raise InvalidInputError(f"card: found no --export, {expected}")
    if Path(export).suffix not in TABLES:
        raise InvalidInputError(f"card: found --export {export}, {expected}")
    path = path_with_suffix(export, "export", TABLES).with_name(CARD)
    if path.is_file() and _SIGNATURE not in path.read_text("utf-8", "replace"):
        raise StoreExistsError(
            f"{path}: is there already and not a data card of reduce-cscores; put the export into "
            "a folder of its own"
        )
    if path.is_file() and not overwrite:
        raise StoreExistsError(
            f"{path}: is there already; replace the card with --overwrite, or put the export into "
            "another folder"
        )
    return path


def write_card(scores: xr.Dataset, export: str | Path, *, overwrite: bool = False) -> Path:
    """Write the data card of exported scores beside them, as ``README.md``.

    Parameters
    ----------
    scores : xarray.Dataset
        What `export_scores` has written.
    export, overwrite
        As in `check_card`.

    Returns
    -------
    Path
        The card.

    Raises
    ------
    InvalidInputError, StoreExistsError
        As in `check_card`.
    StoreError
        If it cannot be written.
    """
    path = check_card(export, overwrite=overwrite)
    text = data_card(scores, Path(export).name)
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return path


def data_card(scores: xr.Dataset, file: str) -> str:
    r"""The text of a data card: facts for the hub in YAML, then what people read, in Markdown.

    Names and attributes are shown as they are, and nothing in them is taken as markup.

    Parameters
    ----------
    scores : xarray.Dataset
        With `cscore` (example,).
    file : str
        Name of the file of scores beside the card.

    Examples
    --------
    >>> from cscore_data.scores.reduce import reduce_cube
    >>> from cscore_data.testing import make_cube
    >>> card = data_card(reduce_cube(make_cube()), "scores.parquet")
    >>> print(*card.splitlines()[:2], sep="\n")
    ---
    pretty_name: "C-scores of synthetic"
    """
    title = str(scores.attrs.get("title", "C-scores"))
    blocks = [
        "\n".join(["---", *_front_matter(scores, title, file), "---"]),
        f"# {markdown_text(title)}",
        _ABOUT,
        f"{_counts(scores)} {_SIGNATURE}",
        "## Columns",
        "\n".join(_column_rows(scores)),
        "## Standard errors",
        _ERRORS,
        "## Caveats",
        _CAVEATS,
        "## How they were made",
        code_block(list(_made_of(scores))),
        "## How to cite",
        "\n".join(f"- {markdown_text(line)}" for line in citations(scores)),
    ]
    return "\n\n".join(blocks) + "\n"


def _front_matter(scores: xr.Dataset, title: str, file: str) -> Iterator[str]:
    size = scores.sizes["example"]
    fitting = [words for most, words in _SIZES.items() if size < most]
    yield f"pretty_name: {yaml_text(title)}"
    yield "tags:"
    for tag in _TAGS:
        yield f"- {tag}"
    yield "size_categories:"
    yield f"- {fitting[0] if fitting else _LARGEST}"
    yield "configs:"
    yield "- config_name: default"
    yield f"  data_files: {yaml_text(file)}"
    yield "dataset_info:"
    yield "  features:"
    for name, values in score_table(scores).items():
        yield f"  - name: {yaml_text(str(name))}"
        yield from _type_lines(scores, str(name), values.to_numpy())


def _type_lines(scores: xr.Dataset, name: str, values: np.ndarray) -> Iterator[str]:
    """The type of a column; of labels, the names of the classes if the hub can take them."""
    names = class_names(scores) if name == "label" else {}
    # The hub counts classes from 0, without gaps, and refuses two of the same name.
    is_counted = list(names) == list(range(len(names)))
    is_unique = len(set(names.values())) == len(names)
    if 0 < len(names) <= _MOST_CLASSES and is_counted and is_unique:
        yield "    dtype:"
        yield "      class_label:"
        yield "        names:"
        for label, class_name in names.items():
            yield f"          '{label}': {yaml_text(class_name)}"
        return
    yield f"    dtype: {values.dtype.name if values.dtype.kind in 'biuf' else 'string'}"


def _counts(scores: xr.Dataset) -> str:
    """How many examples and models there are, in words."""
    unknown = int(scores["cscore"].isnull().sum())
    words = f"{scores.sizes['example']} examples, {unknown} of them without a C-score."
    if "held_out_count" in scores and scores["held_out_count"].size:
        held_out = scores["held_out_count"]
        least, most = int(held_out.min()), int(held_out.max())
        words += f" At each subset ratio, {least} to {most} models were not trained on an example."
    return words


def _column_rows(scores: xr.Dataset) -> Iterator[str]:
    yield "| column | meaning |"
    yield "|---|---|"
    for name in score_table(scores):
        meaning = scores[name].attrs.get("long_name", "")
        if name == "label_name":
            meaning = "name of the class"
        yield f"| {markdown_text(str(name))} | {markdown_text(str(meaning))} |"


def _made_of(scores: xr.Dataset) -> Iterator[str]:
    """Attributes, then the commands that were run, each on a line."""
    attrs: dict[Any, Any] = scores.attrs
    versions = [name for name in attrs if str(name).endswith("_version")]
    for name in (*_MADE_OF, *versions):
        if name in attrs:
            yield f"{name}: {shortened(str(attrs[name]), _LONGEST)}"
    yield from str(attrs.get("history", "")).splitlines()

"""The images that scores belong to."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from cscore_data.data.assembly import assembled
from cscore_data.data.examples import Examples, ScoredExamples
from cscore_data.data.options import DEFAULT_OPTIONS, LoadOptions
from cscore_data.data.sources import read_source
from cscore_data.errors import CscoreDataError, InvalidInputError, reason
from cscore_data.scores.example_rows import example_rows


@dataclass(frozen=True)
class ScoredImages:
    """What a data set has on each score, in the order of the scores.

    Attributes
    ----------
    name : str
        That of the data set.
    image : uint8 or float32 (example, ...), or str (example,)
        Texts, where the features were made of them.
    label : int64 (example,)
    class_names : tuple of str
    matched_by : str
        ``filename`` or ``example``.
    examples : Examples
        The whole data set, in its own order.
    """

    name: str
    image: np.ndarray
    label: np.ndarray
    class_names: tuple[str, ...]
    matched_by: str
    examples: Examples


def load_images(
    scores: xr.Dataset, dataset: str | None = None, options: LoadOptions = DEFAULT_OPTIONS
) -> ScoredImages:
    """Load the images of scores.

    Parameters
    ----------
    scores : xarray.Dataset
        Of all examples of a data set or of a part, in any order.
    dataset : str, optional
        As in `load_examples`; by default the data set that the scores name.
    options : LoadOptions
        How to read it; by default as the scores say that it was read.

    Raises
    ------
    CscoreDataError
        If the data set is unknown or cannot be loaded.
    MismatchError
        If they are not scores of this data set.
    """
    if options == DEFAULT_OPTIONS and "dataset_options" in scores.attrs:
        options = LoadOptions.from_json(scores.attrs["dataset_options"])
    examples = load_named(scores, options) if dataset is None else load_scored(dataset, options)
    rows = example_rows(scores, examples)
    image = examples.image if examples.text is None else examples.text
    # Images that are in order already need no copy.
    if not np.array_equal(rows, np.arange(len(examples))):
        image = image[rows]
    by_name = "filename" in scores.coords and examples.filename is not None
    return ScoredImages(
        examples.name,
        image,
        examples.label[rows],
        examples.class_names,
        "filename" if by_name else "example",
        examples,
    )


def load_named(scores: xr.Dataset, options: LoadOptions) -> Examples:
    """Load the data set that scores name."""
    source = scores.attrs.get("dataset")
    if not source:
        raise InvalidInputError(
            "the scores do not say of which data set they are; give it with --dataset to "
            "plot-cscores, compare-cscores or browse-cscores"
        )
    try:
        return load_scored(source, options)
    except (CscoreDataError, OSError) as error:
        raise InvalidInputError(
            f"{reason(error)}; the scores name this data set: if it is elsewhere, give it to "
            "plot-cscores, compare-cscores or browse-cscores with --dataset"
        ) from error


def load_scored(source: str, options: LoadOptions) -> Examples:
    """Load a data set as `load_examples` does, even if there is nothing to learn from it."""
    raw = assembled(source, read_source(source, options), options)
    return ScoredExamples(source, **raw.as_fields(), options=options)

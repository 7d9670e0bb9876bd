"""What ``plot-cscores --kind influence`` does: load both sides of the pairs, and draw them."""

import numpy as np
import xarray as xr

from cscore_data import figures
from cscore_data.cli.jobs.scored_images import load_images
from cscore_data.data.options import LoadOptions
from cscore_data.data.split import load_test_split
from cscore_data.errors import MismatchError
from cscore_data.figures.kinds import KINDS


def draw_influence(
    pairs: xr.Dataset, dataset: str | None, out: str, *, options: LoadOptions
) -> None:
    """Draw influential pairs to a file.

    Parameters
    ----------
    pairs : xarray.Dataset
        From `influential_pairs`, or `open_pairs`.
    dataset : str or None
        Where images come from; by default the data set that the pairs name.
    out : str
        Name of the file.
    options : LoadOptions
        How to read the data set; by default as the pairs say.

    Raises
    ------
    MismatchError
        If they are not pairs of this data set, or of its test split.
    """
    pairs = pairs.load()
    loaded = load_images(pairs, dataset, options)
    image = loaded.image
    if pairs.attrs["on"] == "train":
        # Both in ascending order; some targets may have been left out.
        target_image = image[np.searchsorted(pairs["example"].values, pairs["target"].values)]
    else:
        test = load_test_split(loaded.examples)
        same = len(test) == pairs.sizes["test_example"]
        if not same or not np.array_equal(test.label, pairs["test_label"].values):
            raise MismatchError(
                f"the influences are on {pairs.sizes['test_example']} test examples, and the test "
                f"split of {loaded.name} has {len(test)}, or others; give the data set with "
                "--dataset"
            )
        target_image = test.image
    page = KINDS["influence"].draw(
        pairs, image=image, target_image=target_image, class_names=loaded.class_names
    )
    figures.save(page, out)

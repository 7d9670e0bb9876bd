"""The kinds of figure that ``plot-cscores`` can draw.

A new kind is one module with a function that draws a page, and one entry in `KINDS`.
"""

import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Kind:
    """A kind of figure of a set of scores.

    Attributes
    ----------
    page : str
        The function that draws it, as ``module:function`` in `cscore_data.figures`. It is loaded
        when it is used, so that the command can list the kinds without importing matplotlib.
    meaning : str
        What the figure shows, for the help text.
    needs_labels : bool
        The scores must have labels, and the function takes `class_names`.
    needs_images : bool
        The function takes `image`, in the order of the scores.
    needs : tuple of str
        Variables that the scores must have besides `cscore`; keys of `VARIABLES`.
    needs_runs : bool
        It is drawn of a cube: the function takes a `curve` over runs in place of the scores.
    needs_pairs : bool
        It is drawn of influential pairs: SCORES is the store that ``reduce-cscores --influence``
        writes.
    summary : str, optional
        A further argument of the function, computed from the scores: ``curves``, ``statistics`` or
        ``correlation``. It is left out if the scores lack what it is computed from.
    """

    page: str
    meaning: str
    needs_labels: bool = False
    needs_images: bool = False
    needs: tuple[str, ...] = ()
    needs_runs: bool = False
    needs_pairs: bool = False
    summary: str | None = None

    def draw(self, scores: "xr.Dataset", **inputs: Any) -> "Figure":
        """Draw the page of `scores`, or of a curve; `inputs` are what else this kind needs."""
        page = pkgutil.resolve_name(f"cscore_data.figures.{self.page}")
        figure: Figure = page(scores, **inputs)
        return figure


_WITHOUT_MARGINS = (
    "margins, which only a cube has that was trained with train-holdout --record margin; reduce "
    "such a cube with reduce-cscores"
)

#: Variables that not all scores have: what to say of scores that lack one, after "needs".
VARIABLES = {
    "profile": (
        "held-out accuracies at each ratio, which only scores written by reduce-cscores have; give "
        "such scores"
    ),
    "soft_cscore": _WITHOUT_MARGINS,
    "variability": _WITHOUT_MARGINS,
    "memorization": (
        "memorization, which only scores written by reduce-cscores have; reduce the cube again"
    ),
}

KINDS = {
    "overview": Kind(
        "pages:overview",
        "extreme examples of each class, a histogram of the scores, and the profiles of examples "
        "by their score",
        needs_labels=True,
        needs_images=True,
        summary="curves",
    ),
    "examples": Kind(
        "pages:examples",
        "more of the images with the highest and the lowest scores of each class",
        needs_labels=True,
        needs_images=True,
    ),
    "histograms": Kind(
        "pages:histograms",
        "scores of each class, linear and logarithmic",
        needs_labels=True,
    ),
    "classes": Kind(
        "pages:classes",
        "mean against spread of each class",
        needs_labels=True,
        summary="statistics",
    ),
    "profiles": Kind(
        "pages:profiles",
        "held-out accuracy against subset ratio",
        needs=("profile",),
        summary="curves",
    ),
    "ratios": Kind(
        "pages:ratios",
        "held-out accuracies at each ratio, and how well a single ratio stands in for the C-score",
        needs=("profile",),
        summary="correlation",
    ),
    "data-map": Kind(
        "data_maps:data_map",
        "mean held-out probability of the label against its variability, colored by the C-score",
        needs=("soft_cscore", "variability"),
    ),
    "memorization": Kind(
        "memorization_plots:memorization",
        "how much more often examples are classified correctly once they are trained on, and that "
        "against the C-score",
        needs=("memorization",),
    ),
    "reliability": Kind(
        "reliability_curves:reliability",
        "correlation of the scores with a repetition of the study, against the number of runs; "
        "SCORES is the cube",
        needs_runs=True,
    ),
    "influence": Kind(
        "influence:influence",
        "test images beside the training images that help them most and those that hurt them; "
        "SCORES is the store of influences that reduction writes",
        needs_pairs=True,
    ),
}

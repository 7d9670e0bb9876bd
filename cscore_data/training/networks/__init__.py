"""The networks that a recipe can name: each is one file here and one entry in `NETWORKS`.

Nothing here imports jax, so that recipes can be made and checked without it.
"""

from typing import NamedTuple


class Network(NamedTuple):
    """Where a network is defined.

    Attributes
    ----------
    module : str
        The module in this folder, or in full.
    function : str
        ``function(image_shape, classes) -> Model``.
    takes_hidden : bool
        The function takes ``hidden=``, the widths of the recipe's hidden layers, too.
    """

    module: str
    function: str
    takes_hidden: bool = False


_HERE = __name__

#: Networks by the name that recipes give them.
NETWORKS = {
    "mlp": Network(f"{_HERE}.mlp", "mlp", takes_hidden=True),
    "small-inception": Network(f"{_HERE}.small_inception", "small_inception"),
    "fast-cnn": Network(f"{_HERE}.fast_cnn", "fast_cnn"),
}

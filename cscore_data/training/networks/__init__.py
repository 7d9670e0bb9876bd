"""The networks that a recipe can name: each is one file here and one entry in `NETWORKS`.

Nothing here imports jax, so that recipes can be made and checked without it.
"""

from typing import NamedTuple


class Network(NamedTuple):
    """Where a network is defined.

    Attributes
    ----------
    module : str
    function : str
        ``function(image_shape, classes) -> Model``.
    takes_hidden : bool
        The function also takes ``hidden=``, the widths of the recipe's hidden layers.
    """

    module: str
    function: str
    takes_hidden: bool = False


#: Networks by the name that recipes give them.
NETWORKS = {
    "mlp": Network("cscore_data.training.networks.mlp", "mlp", takes_hidden=True),
    "small-inception": Network("cscore_data.training.networks.small_inception", "small_inception"),
    "fast-cnn": Network("cscore_data.training.networks.fast_cnn", "fast_cnn"),
}

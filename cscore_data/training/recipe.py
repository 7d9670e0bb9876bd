"""How one model is trained: its hyperparameters."""

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any

from cscore_data.errors import InvalidInputError
from cscore_data.training.hyperparameters import (
    Check,
    Flag,
    at_least_one,
    check_values,
    flags,
    hyper,
    inner_share,
    not_negative,
    positive,
    share,
)
from cscore_data.training.networks import NETWORKS
from cscore_data.training.standardization import STANDARDIZATIONS

#: The networks that a recipe can name, besides ``module:function``.
MODEL_NAMES = tuple(NETWORKS)

SCHEDULES = ("constant", "triangular", "cosine")

PRECISIONS = ("float32", "tf32", "bfloat16")


def _is_model_name(name: str) -> bool:
    return name in MODEL_NAMES or re.fullmatch(r"[\w.]+:\w+", name) is not None


_names = ", ".join(MODEL_NAMES)
_model_name = Check(_is_model_name, f"one of {_names}, or MODULE:FUNCTION")
_widths = Check(lambda widths: all(width >= 1 for width in widths), "widths >= 1")


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of SGD with momentum on the cross entropy.

    Each epoch visits the training subset in a new random order. The defaults are those of the
    authors' MNIST demo.

    Each hyperparameter is declared once, as a field below: default, meaning, valid values. Its flag
    of ``train-holdout`` and its line in the help text follow from the field (`recipe_flags`).

    Raises
    ------
    InvalidInputError
        If a value is out of range.

    Examples
    --------
    >>> recipe = Recipe(hidden=(64,), batch_size=32, epochs=20)
    >>> recipe.steps_per_epoch(subset_size=100)
    4
    >>> Recipe(momentum=1.5)
    Traceback (most recent call last):
    cscore_data.errors.InvalidInputError: momentum: found 1.5, expected 0 <= momentum < 1
    """

    model: str = hyper(
        "mlp",
        f"network: {_names}, or MODULE:FUNCTION for one of yours, see docs/networks.md",
        check=_model_name,
        metavar="NAME",
    )
    #: Empty for a linear model. Other networks ignore it.
    hidden: tuple[int, ...] = hyper(
        (512, 256),
        "widths of the hidden layers of mlp, none for a linear model",
        check=_widths,
        metavar="WIDTH",
    )
    learning_rate: float = hyper(
        0.1, "learning rate of SGD, the greatest where a schedule varies it", check=positive
    )
    #: velocity = momentum * velocity + gradient; weights = weights - learning_rate * velocity.
    momentum: float = hyper(0.9, "momentum of SGD", check=share)
    batch_size: int = hyper(128, "examples in a batch", check=at_least_one)
    #: A short batch that is the only one of its epoch stays. Otherwise a short batch is a step like
    #: any other, by the mean over the examples that it has.
    drop_last: bool = hyper(False, "leave out the last batch of an epoch where it is short")
    epochs: int = hyper(10, "passes over the training subset", check=at_least_one)
    #: With a number of steps, small subsets are trained on for as long as large ones.
    steps: int | None = hyper(
        None, "batches in all, the same at each ratio, instead of --epochs", check=at_least_one
    )
    #: Bounds on what `epochs` makes of the size of a subset; `steps` overrides them.
    min_steps: int | None = hyper(
        None, "batches at the least, where epochs would make fewer", check=at_least_one
    )
    max_steps: int | None = hyper(
        None, "batches at the most, where epochs would make more", check=at_least_one
    )
    #: The rise is linear, from 0 to the learning rate, in the first `warmup` of the steps.
    schedule: str = hyper(
        "constant",
        "learning rate over the steps: constant; triangular: up, then down to 0; cosine: up, then "
        "half a wave to 0",
        choices=SCHEDULES,
    )
    warmup: float = hyper(0.15, "share of the steps in which a schedule goes up", check=inner_share)
    #: weights = weights - learning_rate * (gradient + momentum * velocity).
    nesterov: bool = hyper(False, "use Nesterov's momentum")
    weight_decay: float = hyper(
        0.0, "weight decay: so many times the weights are added to the gradient", check=not_negative
    )
    label_smoothing: float = hyper(
        0.0, "share of the target that is spread over all classes", check=share
    )
    #: Drawn again for each example of each batch, as is `flip` (`augmentation.augment`).
    crop: int = hyper(
        0,
        "shift training images at random, by so many pixels at most",
        check=not_negative,
        metavar="PIXELS",
    )
    flip: bool = hyper(False, "mirror training images at random, left to right")
    #: By the whole set, once, before training (`standardization.standardize`).
    standardize: str = hyper(
        "no",
        "center and scale features: no; columns: each by itself; auto: so too, or all alike where "
        "they look like those of an embedding",
        choices=STANDARDIZATIONS,
    )
    #: In training and evaluation. Operands of tf32 products have 10 bits where the device has units
    #: for that and are float32 elsewhere. bfloat16 has 7 bits; statistics are computed in float32.
    precision: str = hyper(
        "tf32",
        "precision of matrix products: float32; tf32: rounded to 10 bits where the device has "
        "units for that; bfloat16: the network in bfloat16, weights kept in float32",
        choices=PRECISIONS,
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(int(width) for width in self.hidden))
        check_values(self)
        if self.min_steps and self.max_steps and self.min_steps > self.max_steps:
            raise InvalidInputError(
                f"min_steps: found {self.min_steps}, expected at most max_steps, {self.max_steps}"
            )

    def steps_per_epoch(self, subset_size: int) -> int:
        """Number of batches that a training subset of this size is cut into."""
        whole, rest = divmod(subset_size, self.batch_size)
        if rest == 0:
            return whole
        if self.drop_last and whole > 0:
            return whole
        return whole + 1

    def steps_of(self, subset_size: int) -> int:
        """Number of batches that a model is trained on in all."""
        if self.steps is not None:
            return self.steps
        steps = self.epochs * self.steps_per_epoch(subset_size)
        if self.min_steps is not None:
            steps = max(steps, self.min_steps)
        if self.max_steps is not None:
            steps = min(steps, self.max_steps)
        return steps

    def epochs_of(self, subset_size: int) -> float:
        """Number of passes over a training subset of this size, not always a whole one."""
        return self.steps_of(subset_size) / self.steps_per_epoch(subset_size)

    def to_dict(self) -> dict[str, Any]:
        """The hyperparameters by name, as JSON has them."""
        return dict(json.loads(self.to_json()))

    def to_json(self) -> str:
        """The recipe as one line of JSON, for a store's attributes."""
        return json.dumps(dataclasses.asdict(self))


def recipe_flags() -> dict[str, Flag]:
    """The flags that change single hyperparameters of a recipe, by field name, in order.

    Examples
    --------
    >>> flag = recipe_flags()["crop"]
    >>> flag.kind, flag.several, flag.metavar
    (<class 'int'>, False, 'PIXELS')
    >>> flag.help
    'shift training images at random, by so many pixels at most'
    """
    return {flag.name: flag for flag in flags(Recipe)}

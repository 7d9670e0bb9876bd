"""How one model is trained: the hyperparameters, and the sets of them that have a name."""

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any

from cscore_data.errors import InvalidInputError

#: The networks that a recipe can name, beside ``module:function``; `model` and `convnets` define them.
MODEL_NAMES = ("mlp", "small-inception", "fast-cnn")

SCHEDULES = ("constant", "triangular", "cosine")

PRECISIONS = ("float32", "tf32", "bfloat16")


@dataclass(frozen=True)
class Recipe:
    """SGD with momentum on cross entropy, a fresh permutation of the training subset each epoch.

    The defaults are those of the authors' MNIST demo.

    Parameters
    ----------
    model : str
        One of `MODEL_NAMES`, or ``module:function`` (`networks.make_model`).
    hidden : sequence of int
        Widths of the hidden layers of ``mlp``; none for a linear model. Other networks ignore it.
    learning_rate : float
        The greatest, where a schedule varies it.
    momentum : float
        v = momentum · v + gradient; weights = weights - learning_rate · v.
    batch_size : int
    drop_last : bool
        Leave out the last batch of an epoch if it is short, and not the only one; else it is as good a step as another,
        by the mean over its own examples.
    epochs : int
        Passes over the training subset.
    steps : int, optional
        Batches in all, instead of `epochs`: then small subsets are trained on as long as large ones.
    schedule : str
        ``constant``; ``triangular``: from 0 up to the learning rate in the first `warmup` of the steps, then linearly
        to 0; ``cosine``: the same rise, then half a cosine wave to 0.
    warmup : float
        0..1, the share of the steps in which a schedule rises.
    nesterov : bool
        weights = weights - learning_rate · (gradient + momentum · v).
    weight_decay : float
        This times the weights is added to the gradient.
    label_smoothing : float
        0..1, the share of the target that is spread evenly over all classes.
    crop, flip : int, bool
        `augmentation.augment`, for each example of each batch.
    precision : str
        Of products in training and evaluation. ``float32``; ``tf32``: float32 kept, products with operands rounded to
        10 bits where the device has units for that, as float32 elsewhere; ``bfloat16``: the whole network in bfloat16
        (7 bits), weights kept and updated, and statistics computed, in float32.

    Raises
    ------
    InvalidInputError
        If a value is out of range.
    """

    model: str = "mlp"
    hidden: tuple[int, ...] = (512, 256)
    learning_rate: float = 0.1
    momentum: float = 0.9
    batch_size: int = 128
    drop_last: bool = False
    epochs: int = 10
    steps: int | None = None
    schedule: str = "constant"
    warmup: float = 0.15
    nesterov: bool = False
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    crop: int = 0
    flip: bool = False
    precision: str = "tf32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(int(width) for width in self.hidden))
        known = self.model in MODEL_NAMES or re.fullmatch(r"[\w.]+:\w+", self.model)
        for name, valid, expected in (
            ("model", known, f"one of {', '.join(MODEL_NAMES)}, or MODULE:FUNCTION"),
            ("hidden", all(width > 0 for width in self.hidden), "widths >= 1"),
            ("learning_rate", 0 < self.learning_rate < float("inf"), "a number > 0"),
            ("momentum", 0 <= self.momentum < 1, "0 <= momentum < 1"),
            ("batch_size", self.batch_size > 0, "a number >= 1"),
            ("epochs", self.epochs > 0, "a number >= 1"),
            ("steps", self.steps is None or self.steps > 0, "a number >= 1"),
            ("schedule", self.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}"),
            ("warmup", 0 < self.warmup < 1, "0 < warmup < 1"),
            ("weight_decay", 0 <= self.weight_decay < float("inf"), "a number >= 0"),
            ("label_smoothing", 0 <= self.label_smoothing < 1, "0 <= label_smoothing < 1"),
            ("crop", self.crop >= 0, "a number >= 0"),
            ("precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}"),
        ):
            if not valid:
                raise InvalidInputError(f"{name}: found {getattr(self, name)!r}, expected {expected}")

    def steps_an_epoch(self, subset_size: int) -> int:
        """Batches that a training subset of this size is cut into."""
        whole, left = divmod(subset_size, self.batch_size)
        return whole + (left > 0 and not (self.drop_last and whole > 0))

    def steps_of(self, subset_size: int) -> int:
        """Batches that a model is trained on in all."""
        return self.steps or self.epochs * self.steps_an_epoch(subset_size)

    def epochs_of(self, subset_size: int) -> float:
        """Passes over a training subset of this size; where `steps` says how many batches, the last one in part."""
        return self.steps_of(subset_size) / self.steps_an_epoch(subset_size)

    def to_dict(self) -> dict[str, Any]:
        """The hyperparameters by name, as JSON has them."""
        return dict(json.loads(self.to_json()))

    def to_json(self) -> str:
        """The recipe as one line of JSON, for a store's attrs."""
        return json.dumps(dataclasses.asdict(self))


# Short batches are dropped where there is batch norm: what they do is much, and depends on the subset ratio. With
# batches of 128, three epochs of `cifar-fast` on 900 images (a last batch of 4) came to 17%, on 896 to 41%.
_CIFAR10_PAPER = Recipe(
    "small-inception",
    learning_rate=0.4,
    batch_size=512,
    drop_last=True,
    epochs=80,
    schedule="triangular",
    crop=4,
    flip=True,
)

#: Recipes by name. Of the paper's (appendix, settings), what it does not list is off.
RECIPES = {
    # 8 x 8 and few: a narrow network and small batches (twice the width gains 0.002 of held-out accuracy at two thirds
    # of the speed).
    "digits": Recipe(hidden=(64,), batch_size=32, epochs=20),
    "mnist-demo": Recipe(),
    "mnist-paper": Recipe(batch_size=256, epochs=20, schedule="triangular", crop=4, flip=True),
    "cifar10-paper": _CIFAR10_PAPER,
    "cifar100-paper": dataclasses.replace(_CIFAR10_PAPER, epochs=160),
    "cifar-fast": Recipe(
        "fast-cnn",
        learning_rate=1.5,
        momentum=0.85,
        batch_size=1024,
        drop_last=True,
        epochs=12,
        schedule="triangular",
        warmup=0.23,
        nesterov=True,
        weight_decay=0.00133,
        label_smoothing=0.2,
        crop=2,
        flip=True,
        precision="bfloat16",
    ),
}

_DEFAULTS = {"digits": "digits", "cifar10": "cifar-fast", "cifar100": "cifar-fast"}


def default_recipe(dataset: str) -> str:
    """The name of the recipe for a data set: ``mnist-demo`` for all that have none of their own."""
    return _DEFAULTS.get(dataset, "mnist-demo")

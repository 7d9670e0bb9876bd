"""Recipes by name, and the one that is used for a data set by default."""

import dataclasses
from typing import Any

from cscore_data.training.recipe import Recipe

# Recipes with batch norm drop short batches: their effect is large and depends on the subset ratio.
# With batches of 128, three epochs of `cifar-fast` on 900 images (whose last batch has 4) reached
# 17 %, on 896 images 41 %.
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

#: Recipes by name. What the paper (appendix, settings) does not mention is off.
RECIPES = {
    # Few images of 8 x 8: a narrow network and small batches. Twice the width gains 0.002 of
    # held-out accuracy at two thirds of the speed.
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
    # Features: embeddings, tables, texts. Small weights and few epochs make models that do not
    # learn wrong labels by heart: with 5 % of the labels of Banking77 changed, five models rank
    # the changed ones with an average precision of .96, without weight decay and with twice the
    # epochs .95. The bounds are 240 epochs of a hundred examples and 2.6 of a million.
    "features": Recipe(
        hidden=(512,),
        epochs=15,
        min_steps=240,
        max_steps=20_000,
        schedule="cosine",
        weight_decay=0.002,
        standardize="auto",
    ),
}

_DEFAULTS = {"digits": "digits", "cifar10": "cifar-fast", "cifar100": "cifar-fast"}


#: What is changed in a recipe with a constant learning rate whose models are to find wrong labels.
_AGAINST_WRONG_LABELS = {"label_smoothing": 0.2, "schedule": "cosine"}


def default_recipe(dataset: str, image_shape: tuple[int, ...] = ()) -> str:
    """The name of the recipe for a data set.

    Parameters
    ----------
    dataset : str
        Some sets have a recipe of their own.
    image_shape : tuple of int
        Shape of one example: those of a single axis are features. Others are images, for which it
        is ``mnist-demo``.

    Examples
    --------
    >>> default_recipe("cifar10")
    'cifar-fast'
    >>> default_recipe("embeddings.npz", (256,))
    'features'
    """
    if dataset in _DEFAULTS:
        return _DEFAULTS[dataset]
    if len(image_shape) == 1:
        return "features"
    return "mnist-demo"


def against_wrong_labels(recipe: Recipe) -> dict[str, Any]:
    """What to change in a recipe if some of the labels that it is trained on are wrong.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    dict of str to value
        Hyperparameters: label smoothing and a learning rate that ends at 0, where it is constant
        and labels are taken as they are; else nothing.

    Notes
    -----
    A network learns wrong labels by heart when it has long learned the others, and becomes sure of
    what it has learned so. A rate that falls to 0 and smoothed labels prevent both. The recipe
    `features` prevents them by its weight decay.

    Examples
    --------
    >>> against_wrong_labels(RECIPES["mnist-demo"])
    {'label_smoothing': 0.2, 'schedule': 'cosine'}
    >>> against_wrong_labels(RECIPES["features"])
    {}
    """
    if recipe.schedule != "constant" or recipe.label_smoothing:
        return {}
    return dict(_AGAINST_WRONG_LABELS)

"""What a trained model makes of every example."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from cscore_data.training.model import Logits, Model, Params, is_convolutional
from cscore_data.training.recipe import Recipe
from cscore_data.training.training_loop import Data, Learner, as_float, predict

#: Maximum number of examples that a model evaluates at once, which bounds the memory of the hidden
#: layers. Convolutional networks, whose layers are larger, use the training batch size instead.
EVALUATION_BATCH = 2048


class Evaluation(NamedTuple):
    """What a trained model makes of the examples.

    Attributes
    ----------
    correct : bool (example,)
        It classifies the example correctly.
    finite : bool
        All its logits are finite.
    margin : float32 (example,), optional
        From `label_margin`.
    prediction : int32 (example,), optional
        The class that it gives.
    """

    correct: Bool[Array, " example"]
    finite: Bool[Array, ""]
    margin: Float[Array, " example"] | None = None
    prediction: Int[Array, " example"] | None = None


def evaluate(
    recipe: Recipe, model: Model, with_margins: bool, learner: Learner, data: Data
) -> Evaluation:
    """What the model makes of each example; without margins, only whether it is right."""

    def evaluate_batch(index: Int[Array, " batch"]) -> Evaluation:
        image = data.image.at[index].get(mode="clip")
        label = data.label.at[index].get(mode="clip")
        pixels = as_float(image)
        logits, _ = predict(recipe, model, learner.params, learner.state, pixels)
        prediction = logits.argmax(-1)
        correct = prediction == label
        finite = jnp.isfinite(logits).all()
        if not with_margins:
            return Evaluation(correct, finite)
        margin = label_margin(logits, label)
        return Evaluation(correct, finite, margin, prediction)

    # All batches are of the same size: indices behind the end are clipped to the last example.
    examples = len(data.image)
    batch_size = min(evaluation_batch_size(recipe, learner.params), examples)
    batches = math.ceil(examples / batch_size)
    index = jnp.arange(batches * batch_size)
    index = index.reshape(batches, batch_size)
    found: Evaluation = jax.lax.map(evaluate_batch, index)

    def joined(part: jax.Array) -> jax.Array:
        return part.reshape(-1)[:examples]

    whole: Evaluation = jax.tree.map(joined, found)
    return whole._replace(finite=found.finite.all())


def label_margin(logits: Logits, label: Int[Array, " batch"]) -> Float[Array, " batch"]:
    """log p/(1-p) of the label's probability p: its logit, less the log-sum-exp of the others."""
    classes = logits.shape[-1]
    is_label = jax.nn.one_hot(label, classes, dtype=bool)
    own = jnp.where(is_label, logits, 0).sum(-1)
    others = jnp.where(is_label, -jnp.inf, logits)
    return own - jax.nn.logsumexp(others, axis=-1)


def evaluation_batch_size(recipe: Recipe, params: Params) -> int:
    """Number of examples that a model evaluates at once."""
    shapes = [leaf.shape for leaf in jax.tree.leaves(params)]
    if is_convolutional(shapes):
        return min(recipe.batch_size, EVALUATION_BATCH)
    return EVALUATION_BATCH

import math
from dataclasses import replace

import jax
import numpy as np
import pytest

import oracles
from cscore_data.data.examples import Examples
from cscore_data.data.sources import load_examples
from cscore_data.design.plan import Plan
from cscore_data.training.recipe import Recipe
from cscore_data.training.trainer import Trainer

RECIPE = Recipe(hidden=(16, 8), batch_size=16, epochs=4)

#: The same with a network that compiles sooner.
SHALLOW = replace(RECIPE, hidden=(8,))


def make_trainer(examples, recipe=RECIPE, *, lanes=3):
    """A trainer for subsets of every size: those of one recipe share a compilation."""
    return Trainer(
        examples.image,
        examples.class_index(),
        recipe,
        lanes=lanes,
        largest_subset=len(examples),
    )


def train(trainer, plan, ratio, runs, **keywords):
    draw = plan.draw(ratio, runs)
    return trainer.train(draw.subsets, draw.seeds, **keywords)


@pytest.mark.parametrize("ratio", [0.21, 0.8])  # 25 of 120 examples: one full batch and a short one
def test_each_lane_equals_the_oracle(blobs, ratio):
    plan = Plan(len(blobs), (0.21, 0.8))
    trainer = make_trainer(blobs)
    outcome = train(trainer, plan, ratio, [0, 1, 2])
    for lane, correct in enumerate(outcome.correct):
        logits = oracle_logits(blobs, plan, ratio, lane, RECIPE, [16, 16, 8, 3])
        np.testing.assert_array_equal(correct, logits.argmax(1) == blobs.label)


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        replace(SHALLOW, steps=11, schedule="triangular", warmup=0.3, weight_decay=0.01),
        replace(SHALLOW, schedule="cosine", nesterov=True, label_smoothing=0.2),
        replace(SHALLOW, drop_last=True),  # batches of 16, 16, 16 and 12
        replace(SHALLOW, drop_last=True, batch_size=64),
    ],
    ids=["constant", "triangular", "cosine", "no short batch", "nothing but a short batch"],
)
def test_weights_equal_the_oracles(blobs, recipe):
    """The final weights of each lane, not only what they classify."""
    plan = Plan(len(blobs), (0.5,))
    trainer = make_trainer(blobs, recipe)
    draw = plan.draw(0.5, [0, 1, 2])
    learners = trainer.train_group(draw.subsets, draw.seeds)
    x = blobs.image.reshape(len(blobs), -1).astype(np.float32) / 255
    for lane in range(3):
        params = jax.tree.map(lambda part, lane=lane: np.asarray(part)[lane], learners.params)
        logits = oracle_logits(blobs, plan, 0.5, lane, recipe, [16, *recipe.hidden, 3])
        np.testing.assert_allclose(oracles.logits_of(params, x), logits, rtol=2e-3, atol=2e-4)


@pytest.mark.slow
def test_digits_agree_with_the_oracle_on_all_but_a_handful():
    digits = load_examples("digits")
    plan = Plan(len(digits), (0.5,))
    recipe = Recipe(hidden=(32,), batch_size=32, epochs=10)
    outcome = train(make_trainer(digits, recipe, lanes=2), plan, 0.5, [0, 1])
    for run in (0, 1):
        logits = oracle_logits(digits, plan, 0.5, run, recipe, [64, 32, 10])
        assert np.count_nonzero(outcome.correct[run] != (logits.argmax(1) == digits.label)) <= 3


def oracle_logits(examples, plan, ratio, run, recipe, widths):
    return oracles.train_one(
        examples.image,
        examples.class_index(),
        plan.subset(ratio, run),
        plan.training_seed(ratio, run),
        recipe.to_dict(),
        widths=widths,
        padded_size=math.ceil(len(examples) / recipe.batch_size) * recipe.batch_size,
    )


def test_precision_of_products(blobs):
    """Seven bits give other weights, which classify nearly the same."""
    plan = Plan(len(blobs), (0.5,))
    exact, rough = (
        train(make_trainer(blobs, recipe), plan, 0.5, range(3)).correct
        for recipe in (RECIPE, replace(RECIPE, precision="bfloat16"))
    )
    assert np.count_nonzero(exact != rough) <= 0.03 * exact.size


def test_one_compilation_serves_all_ratios(blobs):
    plan = Plan(len(blobs), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9))
    trainer = make_trainer(blobs, Recipe(hidden=(), epochs=1))  # a recipe of this test alone
    for ratio in plan.ratios:
        train(trainer, plan, ratio, [0, 1, 2, 3])  # a full group of lanes and a short one
        draw = plan.draw(ratio, range(3))
        assert trainer.seconds_per_step(draw.subsets, draw.seeds) > 0
    assert trainer.compilations() == 1


@pytest.mark.slow
def test_compilations_are_really_counted(blobs):
    recipe = Recipe(hidden=(), batch_size=16, epochs=1)
    plan = Plan(len(blobs), (0.5,))
    for longest in (64, 80):  # subsets padded to another length need another compilation
        trainer = Trainer(blobs.image, blobs.class_index(), recipe, lanes=3, largest_subset=longest)
        train(trainer, plan, 0.5, [0])
    assert trainer.compilations() == 2


def test_grouping_into_lanes_changes_nothing(blobs):
    plan = Plan(len(blobs), (0.5,))
    alone, together = (
        train(make_trainer(blobs, lanes=lanes), plan, 0.5, range(5)) for lanes in (1, 3)
    )
    # Products of another width may round in another way: a logit on the edge can tip.
    assert np.count_nonzero(alone.correct != together.correct) <= 2


def test_a_lane_does_not_see_its_neighbours(blobs):
    plan = Plan(len(blobs), (0.5,))
    trainer = make_trainer(blobs)
    first = train(trainer, plan, 0.5, [4, 0, 1]).correct[0]
    second = train(trainer, plan, 0.5, [7, 2, 4]).correct[2]
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_diverged_runs_are_noticed(blobs):
    plan = Plan(len(blobs), (0.5,))
    recipe = Recipe(hidden=(16,), learning_rate=1e30, batch_size=16, epochs=2)
    assert not train(make_trainer(blobs, recipe), plan, 0.5, [0, 1, 2]).finite.any()
    assert train(make_trainer(blobs), plan, 0.5, [0, 1, 2]).finite.all()


@pytest.mark.slow
def test_epochs_are_reported(blobs):
    plan = Plan(len(blobs), (0.5,))
    seen = []
    train(make_trainer(blobs), plan, 0.5, range(4), on_epoch=seen.append)
    assert seen == [3] * RECIPE.epochs + [1] * RECIPE.epochs


def test_float_images_are_taken_as_they_are(blobs):
    plan = Plan(len(blobs), (0.5,))
    scaled = (blobs.image / 255).astype(np.float32)
    trainer = Trainer(scaled, blobs.class_index(), RECIPE, lanes=3, largest_subset=len(blobs))
    expected = train(make_trainer(blobs), plan, 0.5, [0, 1, 2])
    np.testing.assert_array_equal(train(trainer, plan, 0.5, [0, 1, 2]).correct, expected.correct)


@pytest.mark.slow
def test_blank_pixels_are_left_out_of_the_first_layer_and_change_nothing(blobs):
    """Nothing but the order of the sums: the oracle multiplies by their zeros."""
    image = np.zeros((len(blobs), 6, 6), np.uint8)
    image[:, 1:5, 1:5] = blobs.image
    framed = replace(blobs, image=image)
    plan = Plan(len(blobs), (0.5,))
    trainer = make_trainer(framed)
    draw = plan.draw(0.5, [0, 1, 2])
    learners = trainer.train_group(draw.subsets, draw.seeds)
    assert learners.params[0].matrix.shape == (3, 16, 16)
    found = trainer.evaluate(learners).correct
    for lane, correct in enumerate(found):
        logits = oracle_logits(framed, plan, 0.5, lane, RECIPE, [36, 16, 8, 3])
        np.testing.assert_array_equal(correct, logits.argmax(1) == blobs.label)


@pytest.mark.slow
def test_features_of_half_precision_stay_so_on_the_device(blobs):
    features = blobs.image.reshape(len(blobs), -1).astype(np.float16) / 255
    recipe = Recipe(hidden=(16,), batch_size=16, epochs=4, standardize="columns")
    plan = Plan(len(blobs), (0.5,))
    half, single = (
        train(make_trainer(Examples("rows", values, blobs.label), recipe), plan, 0.5, range(3))
        for values in (features, features.astype(np.float32))
    )
    assert np.count_nonzero(half.correct != single.correct) <= 0.03 * half.correct.size

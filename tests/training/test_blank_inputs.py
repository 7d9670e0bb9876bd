"""Which inputs are left out of the first layer."""

import numpy as np
import pytest

from cscore_data.training.blank_inputs import used_inputs
from cscore_data.training.recipe import Recipe


def images(blank):
    """Ten rows of a hundred inputs, of which the first are zero."""
    image = np.ones((10, 100), np.uint8)
    image[:, :blank] = 0
    return image


def test_inputs_that_no_example_uses_are_left_out():
    assert used_inputs(Recipe(), [images(20)]) == tuple(range(20, 100))


def test_a_few_blank_inputs_stay():
    assert used_inputs(Recipe(), [images(5)]) is None


def test_inputs_that_only_test_examples_use_stay():
    assert used_inputs(Recipe(), [images(20), images(10)]) == tuple(range(10, 100))


@pytest.mark.parametrize("recipe", [Recipe("fast-cnn"), Recipe(crop=2), Recipe(flip=True)])
def test_networks_and_augmentations_that_need_all_pixels_get_them(recipe):
    assert used_inputs(recipe, [images(20)]) is None


def test_of_blank_examples_all_inputs_stay():
    assert used_inputs(Recipe(), [images(100)]) is None

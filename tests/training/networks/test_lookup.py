import jax
import numpy as np
import pytest

from cscore_data.errors import InvalidInputError
from cscore_data.training.networks.lookup import check_recipe, make_model
from cscore_data.training.recipe import MODEL_NAMES, Recipe

NETWORK = """
import jax.numpy as jnp
from cscore_data.training.model import Model

def linear(image_shape, classes):
    pixels = image_shape[0] * image_shape[1]

    def init(key, images):
        return jnp.full((pixels, classes), 0.5), ()

    def apply(params, state, images, weight=None):
        return images.reshape(len(images), -1) @ params, state

    return Model(init, apply)

def broken(image_shape, classes):
    def apply(params, state, images, weight=None):
        return undefined, state

    return Model(lambda key, images: (jnp.zeros(2), ()), apply)

def narrow(image_shape, classes):
    def apply(params, state, images, weight=None):
        return images[:, :1, 0], state

    return Model(lambda key, images: ((), ()), apply)

def forgetful(image_shape, classes):
    model = linear(image_shape, classes)

    def apply(params, state, images, weight=None):
        return images.reshape(len(images), -1) @ params, (jnp.zeros(()),)

    return model._replace(apply=apply)

def needy(image_shape, classes):
    model = linear(image_shape, classes)

    def apply(params, state, images, weight=None):
        return images.reshape(len(images), -1) @ params * weight.sum(), ()

    return model._replace(apply=apply)

def nothing(image_shape, classes):
    return 3

constant = 4
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "my_network_for_test.py").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    return "my_network_for_test"


def test_every_name_that_a_recipe_can_give_has_a_network():
    for name in MODEL_NAMES:
        model = make_model(name, (12, 12, 3), 5, hidden=(8,))
        params, state = jax.eval_shape(
            model.init, jax.random.key(0), np.zeros((4, 12, 12, 3), np.float32)
        )
        logits, after = jax.eval_shape(
            model.apply, params, state, np.zeros((7, 12, 12, 3), np.float32), np.ones(7)
        )
        assert logits.shape == (7, 5)
        assert jax.tree.structure(after) == jax.tree.structure(state)


def test_a_network_of_the_users(mine):
    model = make_model(f"{mine}:linear", (2, 3), 4)
    params, _ = model.init(jax.random.key(0), np.ones((1, 2, 3)))
    np.testing.assert_allclose(model.apply(params, (), np.ones((1, 2, 3)))[0], np.full((1, 4), 3.0))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:f", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("{mine}:absent", "AttributeError: module .* has no attribute 'absent'"),
        ("{mine}:constant", "TypeError: 'int' object is not callable"),
        ("{mine}:nothing", "nothing gives a int, expected a cscore_data.Model"),
        ("{mine}:broken", "NameError in line 18: name 'undefined' is not defined"),
        ("{mine}:narrow", r"gives logits \(2, 1\) for 2 images \(2, 3\), expected \(2, 4\)"),
        ("{mine}:forgetful", "gives a state of another form than init"),
        ("{mine}:needy", "AttributeError in line 40: 'NoneType' object"),
    ],
)
def test_what_is_not_a_network_is_refused(mine, name, message):
    with pytest.raises(InvalidInputError, match=message):
        make_model(name.format(mine=mine), (2, 3), 4)


def test_images_without_rows_and_columns_cannot_be_shifted():
    with pytest.raises(InvalidInputError, match="found 1 axes, expected height x width"):
        check_recipe(Recipe(crop=1), (64,), 10)

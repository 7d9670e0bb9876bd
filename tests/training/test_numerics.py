"""The environment does not change what a model computes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cscore_data.studies.study import open_study
from cscore_data.studies.trainer import PieceTrainer, draw_piece
from cscore_data.training.numerics import fixed_numerics
from cscore_data.training.recipe import Recipe
from small_studies import make_study

#: What ``JAX_ENABLE_X64=1`` and its like do, within a ``with``.
SETTINGS = {
    "x64": lambda: jax.enable_x64(True),
    "other random bits": lambda: jax.threefry_partitionable(False),
    "strict promotion": lambda: jax.numpy_dtype_promotion("strict"),
    "no broadcasting": lambda: jax.numpy_rank_promotion("raise"),
    "other keys": lambda: jax.default_prng_impl("rbg"),
    "other products": lambda: jax.default_matmul_precision("bfloat16"),
}


@pytest.fixture(scope="module")
def outcome(blobs, tmp_path_factory):
    """What training two runs gives, as a function without arguments."""
    study = make_study(
        blobs,
        tmp_path_factory.mktemp("numerics") / "cube.zarr",
        recipe=Recipe(hidden=(4,), batch_size=32, epochs=1, crop=1),
        runs=2,
    )
    (piece, *_) = open_study(study, command="test").pieces()
    return lambda: PieceTrainer(study, 2, with_margins=True).train(draw_piece(study, piece))


@pytest.mark.parametrize("name", SETTINGS)
def test_models_are_the_same_under_every_setting(name, outcome):
    expected = outcome()
    with SETTINGS[name]():
        found = outcome()
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for part, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert part.dtype == other.dtype
        np.testing.assert_array_equal(part, other)


def test_settings_are_as_before_afterwards():
    with jax.enable_x64(True):
        with fixed_numerics():
            assert jnp.zeros(1, float).dtype == jnp.float32
        assert jnp.zeros(1, float).dtype == jnp.float64

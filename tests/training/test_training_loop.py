import jax
import numpy as np

from cscore_data.training.networks.lookup import make_model
from cscore_data.training.recipe import Recipe
from cscore_data.training.training_loop import predict


def test_half_the_bits_give_other_logits_which_are_float32_all_the_same():
    model = make_model("mlp", (4, 4), 3, hidden=(8,))
    params, state = jax.jit(model.init)(jax.random.key(0), np.zeros((1, 4, 4)))
    images = np.random.default_rng(0).random((5, 4, 4), np.float32)
    exact, rough = (
        jax.jit(predict, static_argnums=(0, 1))(
            Recipe(precision=precision), model, params, state, images, None
        )[0]
        for precision in ("float32", "bfloat16")
    )
    assert exact.dtype == rough.dtype == np.float32
    np.testing.assert_allclose(exact, rough, atol=0.05)
    assert not np.array_equal(exact, rough)

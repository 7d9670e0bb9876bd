import jax
import numpy as np

import oracles
from cscore_data.training.networks.mlp import mlp


def test_mlp_has_the_demos_parameters():
    model = mlp((28, 28), 10, hidden=(512, 256))
    params, state = jax.jit(model.init)(jax.random.key(0), np.zeros((1, 28, 28)))
    params = jax.tree.map(np.asarray, params)
    assert state == ()
    assert sum(part.size for layer in params for part in layer) == 535_818
    for weight, bias in params:
        assert weight.dtype == bias.dtype == np.float32
        assert abs(weight.std() / np.sqrt(2 / sum(weight.shape)) - 1) < 0.1
        assert bias.std() < 0.02


def test_mlp_agrees_with_the_oracle():
    seed = np.array([3, 4], np.uint32)
    model = mlp((4, 4), 3, hidden=(8,))
    key = jax.random.fold_in(jax.random.wrap_key_data(seed, impl="threefry2x32"), 0)
    params, _ = jax.jit(model.init)(key, np.zeros((1, 4, 4)))
    expected = oracles.glorot_mlp(seed, [16, 8, 3])
    for layer, other in zip(params, expected, strict=True):
        for part, twin in zip(layer, other, strict=True):
            np.testing.assert_allclose(part, twin, rtol=1e-6)
    x = np.random.default_rng(0).random((5, 4, 4), np.float32)
    np.testing.assert_allclose(
        jax.jit(model.apply)(params, (), x)[0],
        oracles.logits_of(expected, x.reshape(5, 16)),
        rtol=1e-5,
        atol=1e-6,
    )


def test_mlp_without_hidden_layers_is_linear():
    model = mlp((2, 2), 3, hidden=())
    params, _ = jax.jit(model.init)(jax.random.key(1), np.zeros((1, 2, 2)))
    ((weight, bias),) = jax.tree.map(np.asarray, params)
    found, _ = jax.jit(model.apply)(params, (), np.ones((1, 2, 2), np.float32))
    np.testing.assert_allclose(found[0], weight.sum(0) + bias, rtol=1e-6)

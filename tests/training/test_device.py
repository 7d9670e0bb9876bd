"""The devices that models are trained on."""

import pytest

from cscore_data.cli import train_holdout
from cscore_data.errors import InvalidInputError
from cscore_data.training.device import check_device


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RuntimeError("Unable to initialize backend 'cuda'"), "Unable to initialize backend"),
        (RuntimeError("Unknown backend tpu9"), "Unknown backend tpu9"),
        (AssertionError(), "there are none"),
    ],
)
def test_a_device_that_jax_cannot_start_on_is_one_line(monkeypatch, error, why):
    def devices():
        raise error

    monkeypatch.setattr("jax.devices", devices)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(InvalidInputError, match=rf"JAX_PLATFORMS=cuda \({why}.*unset the variable"):
        check_device()


def test_the_command_says_so_and_makes_no_cube(monkeypatch, tmp_path, capsys):
    def devices():
        raise RuntimeError("Unknown backend tpu9")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jax.devices", devices)
    assert train_holdout.main(["--dataset", "digits", "--hidden", "4"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "unset the variable" in line
    assert not list(tmp_path.iterdir())

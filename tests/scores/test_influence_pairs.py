import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data import influence, influential_pairs
from cscore_data.errors import InvalidInputError, StoreError, StoreExistsError
from cscore_data.scores import influence_pairs as module
from cscore_data.scores.chance import chance_of_counts
from cscore_data.scores.influence_files import open_pairs, save_pairs
from cscore_data.scores.top_rows import TopRows
from cscore_data.storage.zarr_store import write_store
from cscore_data.testing import make_cube


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), block=st.integers(1, 400), top=st.integers(1, 6))
def test_top_rows_are_those_of_sorting_everything(seed, block, top):
    random = np.random.default_rng(seed)
    matrix = random.integers(0, 30, (700, 3)).astype(np.float32)
    matrix[random.random(matrix.shape) < 0.2] = np.nan
    found = TopRows(columns=3, top=top)
    for start in range(0, len(matrix), block):
        found.add(matrix[start : start + block], first=start)
    order = np.argsort(-matrix, axis=0, kind="stable")[:top]  # NaN comes last
    np.testing.assert_array_equal(found.rows, order.T)
    np.testing.assert_array_equal(found.values, np.take_along_axis(matrix, order, 0).T)


@settings(max_examples=25)
@given(st.data())
def test_the_chance_of_counts_is_fishers(data):
    runs = data.draw(st.integers(2, 300))
    drawn = data.draw(st.integers(1, runs - 1))
    total = data.draw(st.integers(0, runs))
    count = data.draw(st.integers(max(0, drawn + total - runs), min(drawn, total)))
    expected = scipy.stats.hypergeom.sf(count - 1, runs, total, drawn)
    found = chance_of_counts(*np.array([[count], [drawn], [total], [runs]]))
    assert found[0] == pytest.approx(expected, rel=1e-5, abs=1e-15)


@pytest.mark.parametrize("on", ["test", "train"])
@pytest.mark.parametrize("outcome", ["correct", "margin"])
def test_pairs_are_the_ends_of_all_influences(on, outcome, monkeypatch):
    cube = make_cube(record="margin", runs=30, examples=25, test_examples=9, seed=5)
    every = influence(cube, 0.5, on=on, outcome=outcome).load()
    monkeypatch.setattr(module, "BLOCK", 8)
    pairs = influential_pairs(cube, 0.5, top=4, on=on, outcome=outcome)
    for side, sign in (("helps", 1), ("hurts", -1)):
        signed = sign * np.nan_to_num(every["influence"].values, nan=-sign * np.inf)
        order = np.argsort(-signed, axis=0, kind="stable")[:4].T
        values = np.take_along_axis(signed.T, order, 1)
        is_pair = values > 0
        np.testing.assert_array_equal(pairs[side], np.where(is_pair, order, -1))
        found = pairs[f"{side}_influence"].values
        np.testing.assert_array_equal(found, np.where(is_pair, sign * values, np.nan))
        stderr = np.take_along_axis(every["influence_stderr"].values.T, order, 1)
        np.testing.assert_allclose(
            pairs[f"{side}_stderr"], np.where(is_pair, stderr, np.nan), rtol=1e-5
        )


def test_chances_are_those_of_all_examples():
    """Of right and wrong by counting runs, for both sides."""
    cube = make_cube(runs=30, examples=25, test_examples=9, seed=5)
    pairs = influential_pairs(cube, 0.5, top=2)
    at_ratio = cube.sel(ratio=0.5)
    trained_on = ~at_ratio["held_out"].values
    for side, is_in in (("helps", trained_on), ("hurts", ~trained_on)):
        target = int(np.argmax(pairs[side].values[:, 1] >= 0))
        right = at_ratio["test_correct"].values[:, target]
        drawn = is_in[:, int(pairs[side].values[target, 1])]
        successes = int((right & drawn).sum())
        chance = scipy.stats.hypergeom.sf(successes - 1, 30, right.sum(), drawn.sum())
        assert pairs[f"{side}_chance"].values[target, 1] == pytest.approx(25 * chance, rel=1e-5)


def test_pairs_come_back_from_a_store(tmp_path):
    pairs = influential_pairs(make_cube(runs=10, test_examples=3), 0.5, top=2)
    save_pairs(pairs, tmp_path / "pairs.zarr")
    save_pairs(pairs, tmp_path / "pairs.zarr")
    assert open_pairs(tmp_path / "pairs.zarr").load().identical(pairs)


def test_other_stores_are_neither_read_nor_replaced(tmp_path):
    write_store(tmp_path / "other.zarr", make_cube())
    with pytest.raises(StoreError, match="does not hold influences"):
        open_pairs(tmp_path / "other.zarr")
    pairs = influential_pairs(make_cube(runs=10, test_examples=3), 0.5, top=2)
    with pytest.raises(StoreExistsError, match="something other than influences is there"):
        save_pairs(pairs, tmp_path / "other.zarr")


def test_at_least_one_of_each_is_asked_for():
    with pytest.raises(InvalidInputError, match="top: found 0, expected at least 1"):
        influential_pairs(make_cube(), 0.5, top=0, on="train")

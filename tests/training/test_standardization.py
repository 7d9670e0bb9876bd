import numpy as np
import pytest

from cscore_data.training.standardization import standardize, standardize_alike


@pytest.fixture
def table():
    """Columns in units of their own, one of them constant."""
    random = np.random.default_rng(0)
    units = np.array([1, 1000, 0.001, 20])
    values = random.normal(size=(50, 4)) * units + 3 * units
    values[:, 3] = 7
    return values.astype(np.float32)


@pytest.fixture
def embedding():
    random = np.random.default_rng(0)
    return random.normal(size=(200, 40)) * np.geomspace(1, 0.1, 40)


def row_length(rows):
    return np.sqrt((rows.astype(float) ** 2).sum(axis=1).mean())


@pytest.mark.parametrize("how", ["columns", "auto"])
def test_columns_of_a_table_get_one_spread(table, how):
    found = standardize(table, how)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-6)
    assert (found[:, 3] == 0).all()
    np.testing.assert_allclose(found[:, :3].std(axis=0), 1, rtol=1e-5)


def test_columns_of_an_embedding_keep_their_proportions(embedding):
    found = standardize(embedding, "auto")
    spread = found.std(axis=0) / embedding.std(axis=0)
    np.testing.assert_allclose(spread, spread[0], rtol=1e-5)
    assert row_length(found) == pytest.approx(np.sqrt(40))


def test_many_columns_do_not_make_long_rows():
    values = np.random.default_rng(0).normal(size=(30, 400))
    assert row_length(standardize(values, "columns")) == pytest.approx(8)


def test_they_get_one_spread_on_request(embedding):
    found = standardize(embedding, "columns")
    np.testing.assert_allclose(found.std(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("how", ["columns", "auto"])
def test_the_unit_and_the_origin_do_not_matter(table, embedding, how):
    for features in (table, embedding.astype(np.float32)):
        moved = (features * 100 + 5).astype(np.float32)
        np.testing.assert_allclose(standardize(moved, how), standardize(features, how), atol=3e-4)


def test_nothing_changes_unless_asked_for(table):
    assert standardize(table, "no") is table


def test_one_wild_value_does_not_move_far(table):
    table[0, 0] = 1e30
    found = standardize(table)
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 60


def test_all_constant_is_all_zero():
    assert (standardize(np.full((5, 3), 0.1, np.float32)) == 0).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8])
def test_any_dtype_and_any_shape(dtype):
    values = np.random.default_rng(0).integers(0, 200, (9, 4, 5)).astype(dtype)
    found = standardize(values)
    assert found.shape == (9, 4, 5)
    precision = 1e-3 if dtype == np.float16 else 1e-6  # float16 stays float16
    assert row_length(found.reshape(9, -1)) == pytest.approx(np.sqrt(20), rel=precision)


def test_others_are_standardized_as_the_first_are(table, embedding):
    for features, how in ((table, "columns"), (embedding, "auto")):
        first, other = standardize_alike([features, features[3:9]], how)
        np.testing.assert_array_equal(first, standardize(features, how))
        np.testing.assert_array_equal(other, first[3:9])
    assert standardize_alike([table, table], "no")[1] is table

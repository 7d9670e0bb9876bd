import numpy as np
import pytest

from cscore_data import schema
from cscore_data.errors import InvalidInputError


def test_template_is_lazy_and_has_the_chunks_of_the_design():
    template = schema.cube_template((0.1, 0.9), 5000, np.zeros(1_281_167, int), runs_per_chunk=100)  # 12.8 GB if real
    assert template["correct"].dtype == template["held_out"].dtype == template["done"].dtype == bool
    assert template["correct"].data.chunksize == template["held_out"].data.chunksize == (1, 100, 131_072)
    assert template["done"].data.chunksize == (1, 100)
    assert template["run"].dtype == np.int32
    assert template["example"].dtype == np.int64


def test_synthetic_cube_is_a_cube():
    cube = schema.validate_cube(schema.make_cube())
    assert cube["done"].all()
    assert 0 < cube["correct"].mean() < 1
    assert 0 < cube["held_out"].mean() < 1


def spoiled_cubes():
    cube = schema.make_cube()
    return [
        (cube.drop_vars("held_out"), "missing held_out"),
        (cube.drop_vars("label"), "missing label"),
        (cube.transpose("run", "ratio", "example"), "correct: found dims"),
        (cube.assign(correct=cube["correct"].astype(float)), "correct: found dtype float64"),
        (cube.assign_coords(label=cube["label"].astype(float)), "label: found dtype"),
        (cube.assign_attrs(schema_version=99), "schema_version: found 99, expected 1"),
        (cube.drop_attrs(), "this is not a cube"),
        (cube.drop_attrs().assign(cscore=cube["example"] * 0.1), "these are scores, made from a cube already"),
    ]


@pytest.mark.parametrize(("cube", "message"), spoiled_cubes())
def test_what_is_no_cube_is_refused(cube, message):
    with pytest.raises(InvalidInputError, match=message):
        schema.validate_cube(cube)


def test_more_variables_are_ignored():
    cube = schema.make_cube()
    schema.validate_cube(cube.assign(prediction=cube["correct"].astype("int16")))


def test_scores_need_a_score_for_each_example():
    with pytest.raises(InvalidInputError, match="missing cscore"):
        schema.validate_scores(schema.make_cube().drop_vars("correct"))

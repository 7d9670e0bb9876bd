"""What a study's end says of its models."""

import numpy as np
import pytest

from cscore_data.cli.jobs.study_report import accuracy_table
from cscore_data.testing import make_cube


@pytest.mark.parametrize(("share_correct", "remarks"), [(1 / 3, 2), (0.37, 2), (0.6, 0), (0.9, 0)])
def test_a_ratio_near_chance_gets_a_remark(share_correct, remarks):
    cube = make_cube(ratios=[0.3, 0.6], runs=20, examples=300)
    cube["label"] = ("example", np.arange(300) % 3)
    shape = cube["correct"].shape
    correct = np.random.default_rng(1).random(shape) < share_correct
    cube["correct"] = (cube["correct"].dims, correct)
    assert accuracy_table(cube).count("near chance (0.33)") == remarks

"""Commands as processes, as the tests of several modules need them."""

import subprocess
import sys
import time

import numpy as np
import xarray as xr

from cscore_data.schema import CUBE_VARIABLES

#: A study of a second on the blobs: 2 x 6 models in 6 pieces.
FAST = [
    "--runs",
    "6",
    "--runs-per-chunk",
    "2",
    "--lanes",
    "2",
    "--ratios",
    "0.3",
    "0.7",
    "--hidden",
    "8",
    "--epochs",
    "3",
]


def start(tmp_path, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "cscore_data.cli.train_holdout", *map(str, arguments)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def assert_same_cube(path, other):
    cube, expected = xr.open_zarr(path), xr.open_zarr(other)
    assert cube["done"].all()
    for name in (*CUBE_VARIABLES, "label", "ratio", "run", "example"):
        np.testing.assert_array_equal(cube[name], expected[name], err_msg=name)

"""Commands as processes, as the tests of several modules need them."""

import importlib
import multiprocessing
import os
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import xarray as xr

from cscore_data.schema import CUBE_VARIABLES

#: A study of a second on the blobs: 2 x 6 models in 6 pieces.
FAST = "--runs 6 --runs-per-chunk 2 --lanes 2 --ratios 0.3 0.7 --hidden 8 --epochs 3".split()


# Processes begin as forks of one that has imported what takes long and is safe to fork, which jax is not.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "sklearn.datasets",
        "scipy.stats",
        "cscore_data.cli.jobs.reduce_cscores",
        "cscore_data.cli.jobs.train_holdout",
        "processes",
        "external_models",
    ]
)


class Running:
    """A command in a process of its own; what it prints goes to files in `folder`."""

    def __init__(self, name, arguments, folder, cwd, environment):
        self._files = [Path(folder) / stream for stream in ("stdout", "stderr")]
        arguments = (
            name,
            list(map(str, arguments)),
            cwd,
            {**os.environ, **environment},
            self._files,
        )
        self._process = _FORKS.Process(target=_run, args=arguments)
        self._process.start()
        self.pid, self.kill, self.wait = self._process.pid, self._process.kill, self._process.join

    @property
    def returncode(self):
        """As of `subprocess.Popen`: None while it runs, -9 after it was killed."""
        return self._process.exitcode

    def communicate(self, timeout=300):
        """Wait for the end; returns what was printed to standard output and to standard error."""
        self.wait(timeout)
        assert self.returncode is not None, "still running"
        return [file.read_text() for file in self._files]


def _run(name, arguments, cwd, environment, files):
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for descriptor, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    warnings.simplefilter("error")
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored in what a shell started in the background
    sys.argv = [name, *arguments]
    sys.exit(importlib.import_module(f"cscore_data.cli.{name.replace('-', '_')}").main(arguments))


def begin(function, *arguments):
    """Call a function in a process of its own; it and its arguments must be such that they can be pickled."""
    process = _FORKS.Process(target=function, args=arguments, daemon=True)
    process.start()
    return process


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

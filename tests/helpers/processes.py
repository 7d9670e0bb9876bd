"""Commands in processes of their own."""

import importlib
import multiprocessing
import os
import shlex
import signal
import sys
import time
import warnings
from pathlib import Path

#: Flags of a study on the blobs that takes a second: 2 x 6 models in 6 pieces.
FAST = shlex.split("--runs 6 --runs-per-chunk 2 --lanes 2 --ratios 0.3 0.7 --hidden 8 --epochs 3")

#: Seconds after which a test gives up: far more than anything takes on a busy machine.
PATIENCE = 300

# Processes are forks of a server that has already imported the slow modules, except for jax, which
# is not safe to fork.
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
    """A command that runs in a process of its own; what it prints goes to files in `folder`."""

    def __init__(self, name, arguments, folder, cwd, environment):
        self._files = [Path(folder) / stream for stream in ("stdout", "stderr")]
        words = [str(argument) for argument in arguments]
        call = (name, words, cwd, {**os.environ, **environment}, self._files)
        self._process = _FORKS.Process(target=_run, args=call)
        self._process.start()
        self.pid = self._process.pid
        self.kill = self._process.kill
        self.wait = self._process.join

    @property
    def returncode(self):
        """As in `subprocess.Popen`: None while it runs, -9 after it was killed."""
        return self._process.exitcode

    def communicate(self, timeout=PATIENCE):
        """Wait for the end; returns standard output and standard error."""
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
    # Shells make processes in the background ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [name, *arguments]
    command = importlib.import_module(f"cscore_data.cli.{name.replace('-', '_')}")
    sys.exit(command.main(arguments))


def run_without(modules, name, arguments):
    """Run a command where these modules cannot be imported, and end this process."""
    for module in modules:
        assert module not in sys.modules, f"{module} was imported before"
        sys.modules[module] = None
    command = importlib.import_module(f"cscore_data.cli.{name.replace('-', '_')}")
    sys.exit(command.main(arguments))


def begin(function, *arguments):
    """Call a function in a process of its own; function and arguments must be picklable."""
    process = _FORKS.Process(target=function, args=arguments, daemon=True)
    process.start()
    return process


def wait_for(condition, seconds=PATIENCE):
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited for {seconds} seconds in vain"
        time.sleep(0.005)

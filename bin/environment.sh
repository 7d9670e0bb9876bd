# Sourced by the programs in this folder, with $bin set to it: the Python environment to run in.
#
# An active environment (VIRTUAL_ENV or CONDA_PREFIX) is used as it is; otherwise the clone's own .venv.

root=$(dirname -- "$bin")
environment=${VIRTUAL_ENV:-${CONDA_PREFIX:-$root/.venv}}
PYTHON=$environment/bin/python

# find_python: a Python that can make the environment, 3.11 or later.
find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -I -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    echo "$0: error: found no Python 3.11 or later with venv; install one, or activate an environment" >&2
    exit 2
}

# ensure_installed [EXTRA]: the package and the extra are installed from this clone.
ensure_installed() {
    extra=${1:-}
    if [ ! -x "$PYTHON" ]; then
        base=$(find_python) || exit 2
        echo "Making $environment"
        "$base" -I -m venv "$environment"
        # The pip that comes with an older Python takes minutes to resolve what a newer one does in seconds.
        "$PYTHON" -P -m pip install --quiet --disable-pip-version-check --upgrade pip
    fi
    # Remember what was installed, and from which clone and requirements: the next time takes no time.
    stamp=$environment/.cscore_data${extra:+-$extra}
    wanted="$root $(cksum <"$root/pyproject.toml")"
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        echo "Installing cscore_data${extra:+ with the extra '$extra'} into $environment"
        "$PYTHON" -P -m pip install --quiet --disable-pip-version-check --editable "$root${extra:+[$extra]}"
        echo "$wanted" >"$stamp"
    fi
}

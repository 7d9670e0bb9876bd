"""Whatever byte of a file is damaged: it is read, or refused with a message that names it."""

import gzip
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cscore_data.data.cifar import CifarLayout, read_cifar
from cscore_data.data.idx import read_idx
from cscore_data.data.npz import npz_headers, read_npy
from cscore_data.data.npz_examples import read_npz_examples
from cscore_data.errors import InvalidInputError
from image_files import idx, npy, tar_gz, write

PIXELS = np.arange(12.0).reshape(3, 2, 2)
LAYOUT = CifarLayout(("d/a.bin",), records_per_batch=1, label_bytes=1, names="d/n.txt", classes=2)


def npz_content():
    file = io.BytesIO()
    np.savez(file, image=PIXELS, label=np.arange(3))
    return file.getvalue()


SAMPLES = {
    "npz": (npz_content(), read_npz_examples),
    "headers of npz": (npz_content(), npz_headers),
    "npy": (npy(PIXELS), read_npy),
    "idx": (gzip.compress(idx(np.ones((4, 3, 2), np.uint8))), lambda path: read_idx(path, ndim=3)),
    "tar": (
        tar_gz([("d/n.txt", b"a\nb\n"), ("d/a.bin", bytes(3073))]),
        lambda path: read_cifar(path, LAYOUT),
    ),
}


@pytest.mark.filterwarnings("default:Reading `.npy` or `.npz` file required additional header")
@pytest.mark.parametrize("kind", SAMPLES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, kind, data):
    content, read = SAMPLES[kind]
    place = data.draw(st.integers(0, len(content) - 1))
    cut = content[:place]
    changed = cut + b"\xff" + content[place + 1 :]
    damaged = data.draw(st.sampled_from([cut, changed]))
    path = write(tmp_path_factory.mktemp("damaged") / "file", damaged)
    try:
        read(str(path))
    except InvalidInputError as error:
        assert str(path) in str(error)  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017

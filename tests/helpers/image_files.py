"""Small files of the real formats, built byte by byte: idx, binary CIFAR in a tar.gz, npy, npz."""

import io
import struct
import tarfile
import zipfile

import numpy as np


def idx(array, *, magic=None, shape=None):
    """An idx file of uint8; `magic` and `shape` put something else into its header."""
    if magic is None:
        magic = 0x0800 + array.ndim
    sizes = shape or array.shape
    return struct.pack(f">I{array.ndim}I", magic, *sizes) + array.tobytes()


def write(path, content):
    """Write a file; returns its path."""
    path.write_bytes(content)
    return path


NAMES10 = b"airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"
NAMES100 = "".join(f"class_{number}\n" for number in range(100)).encode()


def tar_gz(members):
    """An archive of members (name, content) or (TarInfo, content)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for info, content in members:
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def link(name, target, kind):
    """A member that is a link of this kind (`tarfile.SYMTYPE`, `tarfile.LNKTYPE`)."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info, b""


def cifar10(image, label):
    """Members as in the real archive: the batches are out of order, with other files between them.

    A record is the label, then the image with its channels first.
    """
    pixels = image.transpose(0, 3, 1, 2).reshape(len(image), -1)
    records = np.concatenate([label[:, None].astype(np.uint8), pixels], 1)
    folder = "cifar-10-batches-bin"
    batches = []
    for number, batch in enumerate(np.split(records, 5), start=1):
        batches.append((f"{folder}/data_batch_{number}.bin", batch.tobytes()))
    batches.reverse()
    return [
        batches[0],
        (f"{folder}/batches.meta.txt", NAMES10),
        (f"{folder}/test_batch.bin", b"test"),
        *batches[1:],
    ]


def cifar100(image, label):
    """Members as in the real archive.

    A record is the coarse label, the fine label, then the image with its channels first.
    """
    labels = np.stack([label % 20, label], 1).astype(np.uint8)
    records = np.concatenate([labels, image.transpose(0, 3, 1, 2).reshape(len(image), -1)], 1)
    return [
        ("cifar-100-binary/coarse_label_names.txt", b"fish\n"),
        ("cifar-100-binary/fine_label_names.txt", NAMES100),
        ("cifar-100-binary/train.bin", records.tobytes()),
        ("cifar-100-binary/test.bin", b"test"),
    ]


def npy(array, **header):
    """An npy file; `header` replaces fields of its header."""
    file = io.BytesIO()
    form = np.lib.format.header_data_from_array_1_0(array) | header
    np.lib.format.write_array_header_1_0(file, form)
    return file.getvalue() + array.tobytes()


def npz(path, **members):
    """Write an npz file of npy files; returns its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return str(path)

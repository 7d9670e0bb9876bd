"""Small files of the true formats, byte by byte: idx, tar.gz and the binary CIFAR in it, npy and npz."""

import io
import struct
import tarfile
import zipfile

import numpy as np


def idx(array, *, magic=None, shape=None):
    header = struct.pack(">I", 0x0800 + array.ndim if magic is None else magic)
    return header + struct.pack(f">{array.ndim}I", *(shape or array.shape)) + array.tobytes()


def write(path, content):
    path.write_bytes(content)
    return path


NAMES10 = b"airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"
NAMES100 = "".join(f"class_{number}\n" for number in range(100)).encode()


def tar_gz(members):
    """An archive of (name, content) or (TarInfo, content)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for info, content in members:
            info = tarfile.TarInfo(info) if isinstance(info, str) else info
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def link(name, target, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def cifar10(image, label):
    """Members as in the real archive: channels first, the label in front, batches not in order, others between."""
    records = np.concatenate(
        [label[:, None].astype(np.uint8), image.transpose(0, 3, 1, 2).reshape(len(image), -1)], 1
    )
    folder = "cifar-10-batches-bin"
    batches = [
        (f"{folder}/data_batch_{5 - n}.bin", batch.tobytes())
        for n, batch in enumerate(np.split(records, 5)[::-1])
    ]
    return [
        batches[0],
        (f"{folder}/batches.meta.txt", NAMES10),
        (f"{folder}/test_batch.bin", b"test"),
        *batches[1:],
    ]


def cifar100(image, label):
    """Members as in the real archive: the coarse label, the fine one, the image, channels first."""
    labels = np.stack([label % 20, label], 1).astype(np.uint8)
    records = np.concatenate([labels, image.transpose(0, 3, 1, 2).reshape(len(image), -1)], 1)
    return [
        ("cifar-100-binary/coarse_label_names.txt", b"fish\n"),
        ("cifar-100-binary/fine_label_names.txt", NAMES100),
        ("cifar-100-binary/train.bin", records.tobytes()),
        ("cifar-100-binary/test.bin", b"test"),
    ]


def npy(array, **header):
    file = io.BytesIO()
    form = np.lib.format.header_data_from_array_1_0(array) | header
    np.lib.format.write_array_header_1_0(file, form)
    return file.getvalue() + array.tobytes()


def npz(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return str(path)

"""Files as `torch.save` writes them, made without torch."""

import io
import pickle
import sys
import zipfile
from types import ModuleType

import numpy as np

STORAGES = {
    "int64": "LongStorage",
    "int32": "IntStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
    "float32": "FloatStorage",
}


class Tensor:
    """A tensor, to be written as torch writes one; `strides` and `offset` as torch counts them."""

    def __init__(self, array, strides=None, offset=0):
        self.array = np.asarray(array)
        self.strides = strides
        self.offset = offset


def fake_torch():
    """Modules with the names that pickles of torch refer to."""
    torch = ModuleType("torch")
    utils = ModuleType("torch._utils")

    def _rebuild_tensor_v2(*_):
        raise AssertionError("a tensor was unpickled")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    for name in STORAGES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    return {"torch": torch, "torch._utils": utils}


def torch_save(path, content, *, protocol=2, **zip_options):
    """Write `content` as a file of torch."""
    modules = fake_torch()
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        pickled, storages = _pickled(content, protocol, modules)
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module
    with zipfile.ZipFile(path, "w", **zip_options) as archive:
        archive.writestr("labels/data.pkl", pickled)
        archive.writestr("labels/version", "3\n")
        for number, array in enumerate(storages):
            archive.writestr(f"labels/data/{number}", array.tobytes())
    return str(path)


def _pickled(content, protocol, modules):
    storages = []
    rebuild = modules["torch._utils"]._rebuild_tensor_v2

    class Storage:
        def __init__(self, array):
            self.array = array

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if not isinstance(value, Storage):
                return None
            storages.append(value.array)
            kind = getattr(modules["torch"], STORAGES[value.array.dtype.name])
            return ("storage", kind, str(len(storages) - 1), "cpu", value.array.size)

        def reducer_override(self, value):
            if not isinstance(value, Tensor):
                return NotImplemented
            array = value.array
            strides = value.strides or tuple(step // array.itemsize for step in array.strides)
            storage = Storage(array.reshape(-1))
            return rebuild, (storage, value.offset, array.shape, strides, False, {})

    file = io.BytesIO()
    Pickler(file, protocol).dump(content)
    return file.getvalue(), storages

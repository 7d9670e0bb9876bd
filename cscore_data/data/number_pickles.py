"""Pickles that hold nothing but arrays of numbers, read without unpickling.

A pickle is a program for a small stack machine, and `pickle.load` lets it import and call anything.
Here its instructions are followed one by one, and whatever is not needed for numbers, lists, dicts
and arrays ends in an error. A name such as ``numpy.dtype`` is never looked up: it is a text that is
compared with the few that are known.
"""

import pickletools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np


class Name(NamedTuple):
    """The name of a class or function in a pickle, such as ``numpy dtype``; only a text."""

    text: str


class Array:
    """An array of numpy in the making: what it holds comes with a later instruction."""

    def __init__(self) -> None:
        self.values = np.empty(0)


class DType:
    """A dtype of numpy in the making: its byte order comes with a later instruction."""

    def __init__(self, code: str) -> None:
        self.dtype = np.dtype(code)


class _Mark:
    """Where a group of values begins on the stack."""


#: From a storage, and the shape and offset of a tensor in it, to an array.
TensorReader = Callable[[Any, tuple[int, ...], int], np.ndarray]

_CONSTANTS = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
}

#: Instructions whose argument is the value itself.
_LITERALS = {
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINFLOAT",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
}

_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

#: The codes of dtypes that are numbers: bools, integers and floats.
_NUMBER_CODES = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)}
_NUMBER_CODES |= {"b1", "f2", "f4", "f8"}


def read_numbers(content: bytes, read_tensor: TensorReader) -> Any:
    """What a pickle holds, if it is made of numbers, texts, lists, dicts and arrays of numbers.

    Parameters
    ----------
    content : bytes
        The pickle.
    read_tensor : callable
        Reads a tensor of torch, whose numbers are not in the pickle.

    Returns
    -------
    dict, list, array, number or str

    Raises
    ------
    ValueError
        If there is anything else in it, or it is damaged. Damaged pickles may also raise
        IndexError, KeyError, TypeError and AttributeError.

    Examples
    --------
    >>> import pickle
    >>> content = pickle.dumps({"clean": np.array([3, 5])}, protocol=2)
    >>> read_numbers(content, read_tensor=None)
    {'clean': array([3, 5])}
    >>> read_numbers(pickle.dumps(print), read_tensor=None)
    Traceback (most recent call last):
    ValueError: it holds builtins.print
    """
    machine = _Machine(read_tensor)
    for name, argument in _instructions(content):
        if name == "STOP":
            return _finished(machine.stack.pop())
        machine.follow(name, argument)
    raise ValueError("it has no end")


def _instructions(content: bytes) -> Iterator[tuple[str, Any]]:
    for opcode, argument, _ in pickletools.genops(content):
        yield opcode.name, argument


def _finished(value: Any) -> Any:
    """A value, or a dict of values, with arrays in place of arrays in the making."""
    if isinstance(value, dict):
        return {key: _unwrapped(one) for key, one in value.items()}
    return _unwrapped(value)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, Array):
        return value.values
    if isinstance(value, Name):
        raise ValueError(f"it holds {value.text.replace(' ', '.')}")
    return value


class _Machine:
    """The stack machine: values, and those of them that are remembered by number."""

    def __init__(self, read_tensor: TensorReader) -> None:
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._read_tensor = read_tensor

    def follow(self, name: str, argument: Any) -> None:
        """Follow one instruction."""
        if name in ("PROTO", "FRAME"):
            return
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in ("BINPUT", "LONG_BINPUT"):
            self._memo[argument] = self.stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self._memo[argument])
        elif name in _TUPLES:
            values = tuple(self.stack[-_TUPLES[name] :])
            del self.stack[-_TUPLES[name] :]
            self.stack.append(values)
        else:
            self._follow_rarer(name, argument)

    def _follow_rarer(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name == "EMPTY_DICT":
            stack.append({})
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name == "MARK":
            stack.append(_Mark())
        elif name == "TUPLE":
            stack.append(tuple(self._since_mark()))
        elif name in ("APPENDS", "APPEND"):
            values = self._since_mark() if name == "APPENDS" else [stack.pop()]
            _expect(stack[-1], list).extend(values)
        elif name in ("SETITEMS", "SETITEM"):
            values = self._since_mark() if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
            _expect(stack[-1], dict).update(zip(values[::2], values[1::2], strict=True))
        elif name == "GLOBAL":
            stack.append(Name(argument))
        elif name == "STACK_GLOBAL":
            module, function = stack.pop(-2), stack.pop()
            stack.append(Name(f"{module} {function}"))
        elif name == "REDUCE":
            arguments = _expect(stack.pop(), tuple)
            stack.append(self._make(_expect(stack.pop(), Name).text, arguments))
        elif name == "BUILD":
            state = _expect(stack.pop(), tuple)
            _fill(stack[-1], state)
        elif name == "BINPERSID":
            stack.append(_expect(stack.pop(), tuple))
        else:
            raise ValueError(f"it holds the instruction {name}")

    def _since_mark(self) -> list[Any]:
        """Take the values since the last mark from the stack."""
        values = []
        while not isinstance(self.stack[-1], _Mark):
            values.append(self.stack.pop())
        self.stack.pop()
        return values[::-1]

    def _make(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """What a known function makes of its arguments."""
        # Modules of numpy were renamed with version 2.
        name = name.replace("numpy._core", "numpy.core")
        if name == "numpy.core.multiarray _reconstruct":
            return Array()
        if name == "numpy dtype":
            return _number_type(arguments[0])
        if name == "numpy.core.multiarray scalar":
            dtype, content = arguments
            return np.frombuffer(content, _expect(dtype, DType).dtype)[0]
        if name == "_codecs encode" and arguments[1:] == ("latin1",):
            return _expect(arguments[0], str).encode("latin1")
        if name == "collections OrderedDict" and arguments == ():
            return {}
        if name == "torch._utils _rebuild_tensor_v2":
            storage, offset, shape, strides = arguments[:4]
            if strides != _contiguous(shape):
                raise ValueError("a tensor is not contiguous")
            return self._read_tensor(storage, shape, offset)
        raise ValueError(f"it holds {name.replace(' ', '.')}")


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"it holds {type(value).__name__} in place of {kind.__name__}")
    return value


def _number_type(code: str) -> DType:
    if code not in _NUMBER_CODES:
        raise ValueError(f"it holds an array of dtype {code}")
    return DType(code)


def _fill(value: Any, state: tuple[Any, ...]) -> None:
    """Give an array or a dtype in the making what it holds."""
    if isinstance(value, DType):
        value.dtype = value.dtype.newbyteorder(_expect(state[1], str))
        return
    _, shape, dtype, is_fortran, content = state
    flat = np.frombuffer(_expect(content, bytes), _expect(dtype, DType).dtype)
    array = flat.reshape(_expect(shape, tuple))
    if is_fortran:
        array = flat.reshape(shape[::-1]).T
    _expect(value, Array).values = array


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array of this shape in one piece, counted in numbers."""
    strides = []
    step = 1
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))

"""Kernels of a compiled program, read from its text (HLO, as XLA prints it)."""

import math
import re
from typing import NamedTuple

#: Operations that are kernels of their own; others are part of one, or cost nothing.
_KERNELS = ("fusion", "custom-call", "copy", "sort")

_INSTRUCTION = re.compile(r"\s*(?:ROOT )?%(\S+) = (\(.*?\)|\S+) ([\w-]+)\((.*?)\)")
_OPERAND = re.compile(r"%([\w.-]+)")
_ARRAY = re.compile(r"(\w+)\[([\d,]*)\]")

_BYTES_PER_VALUE = {
    "pred": 1,
    "u8": 1,
    "s8": 1,
    "bf16": 2,
    "f16": 2,
    "f32": 4,
    "s32": 4,
    "u32": 4,
}


class Instruction(NamedTuple):
    """One line of a program; `shape` is that of its result, as printed."""

    name: str
    shape: str
    operation: str
    operands: tuple[str, ...]


def kernels_of_step(program: str) -> dict[str, int]:
    """Bytes that each kernel in the loop over training steps reads and writes, by its name."""
    shapes: dict[str, str] = {}
    kernels: dict[str, int] = {}
    for instruction in parse_instructions(loop_body(program)):
        shapes[instruction.name] = instruction.shape
        if instruction.operation in _KERNELS:
            read = [shapes[operand] for operand in instruction.operands]
            kernels[instruction.name] = bytes_moved(instruction.shape, read)
    return kernels


def grouped_convolutions(program: str) -> int:
    """Number of convolutions in which each group of channels has filters of its own."""
    return program.count("feature_group_count=")


def loop_body(program: str) -> str:
    """The computation that the first loop of the program repeats."""
    body = re.search(r"body=%([^,\s]+)", program)
    if body is None:
        raise ValueError("found no loop in the program")
    for computation in re.split(r"\n(?=%|ENTRY)", program):
        if computation.startswith(f"%{body[1]} "):
            return computation
    raise ValueError(f"found no computation {body[1]} in the program")


def parse_instructions(computation: str) -> list[Instruction]:
    """The instructions of a computation, in order."""
    instructions = []
    for line in computation.splitlines():
        found = _INSTRUCTION.match(line)
        if found is not None:
            name, shape, operation, operands = found.groups()
            names = tuple(_OPERAND.findall(operands))
            instructions.append(Instruction(name, shape, operation, names))
    return instructions


def bytes_moved(written: str, read: list[str]) -> int:
    """Bytes that a kernel writes and reads, from the shapes of its result and operands."""
    total = bytes_of(written)
    for shape in read:
        size = bytes_of(shape)
        # A batch is gathered from the whole data set, the only array of bytes: no more is read
        # than is written.
        if shape.startswith("u8["):
            size = min(size, bytes_of(written))
        total += size
    return total


def bytes_of(shape: str) -> int:
    """Size of an array or a tuple of arrays, from their shapes as printed."""
    total = 0
    for dtype, lengths in _ARRAY.findall(shape):
        values = math.prod(int(length) for length in lengths.split(",") if length)
        total += _BYTES_PER_VALUE[dtype] * values
    return total

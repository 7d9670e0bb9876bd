"""Small synthetic cubes, for tests and documentation."""

from cscore_data.schema import make_cube

__all__ = ["make_cube"]

"""Places where no cube can be: one error, soon, and nothing left behind."""

import pytest

from cscore_data.errors import StoreError
from cscore_data.storage.cube import open_cube
from cscore_data.studies.study import open_study
from small_studies import make_study, run_study


@pytest.mark.parametrize("path", ["s3://lab", "s3://lab/", "memory://"])
def test_the_root_of_a_bucket_is_refused_before_anything_is_written(path, blobs, monkeypatch):
    pytest.importorskip("s3fs")

    def unexpected(*_, **__):
        pytest.fail("something was written")

    for system in ("s3fs.S3FileSystem", "fsspec.implementations.memory.MemoryFileSystem"):
        monkeypatch.setattr(f"{system}.pipe_file", unexpected)
    with pytest.raises(StoreError, match="add a name to it"):
        open_study(make_study(blobs, path), command="test")


@pytest.mark.parametrize("place", ["new/folder/cube.zarr", "new/cube.zarr", "cube.zarr"])
def test_a_new_folder_of_a_local_url(place, blobs, tmp_path):
    """Created if need be, as with a path."""
    study = make_study(blobs, f"local://{tmp_path}/{place}", runs=2)
    assert run_study(study)["done"].all()
    assert (tmp_path / place / "zarr.json").exists()
    assert open_cube(str(tmp_path / place))["done"].all()

import dataclasses
import gzip
import hashlib
import io
import re
import subprocess
import sys
import time
import warnings
import zipfile

import dask
import numpy as np
import pytest
import xarray as xr

from cscore_data import order, published, schema, scorefile
from cscore_data.errors import DownloadError, InvalidInputError
from cscore_data.published import REGISTRY, load_published

EXAMPLES = 40
IMAGENET = 1_281_167


def arrays(name, examples=EXAMPLES, seed=0):
    """What a published file of this shape could hold, in its own order."""
    random = np.random.default_rng(seed)
    made = {"labels": random.integers(0, REGISTRY[name].classes, examples), "scores": random.random(examples)}
    first = REGISTRY[name].first_labels
    made["labels"][: len(first)] = first
    made["scores"] = 0.01 + 0.9 * made["scores"]
    numbers = random.permutation(examples)
    made["filenames"] = np.array([b"n%08d_%d.JPEG" % (number % 1000, number) for number in numbers])
    return {key: made[key] for key in REGISTRY[name].arrays}


def as_bytes(name, values):
    file = io.BytesIO()
    if name == "mnist":
        np.save(file, values["scores"], allow_pickle=True)
    else:
        np.savez(file, **values)
    return file.getvalue()


def digest(kind, content):
    if kind == "git-blob":
        content = b"blob %d\0" % len(content) + content
    return f"{kind}:{hashlib.new({'sha256': 'sha256', 'git-blob': 'sha1'}[kind], content).hexdigest()}"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put a file into the cache, and an entry that expects it into the registry."""
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path))

    def put(name, values=None, content=None, **changes):
        values = arrays(name) if values is None else values
        content = as_bytes(name, values) if content is None else content
        entry = REGISTRY[name]
        changes = {
            "examples": EXAMPLES,
            "digest": digest(entry.digest.partition(":")[0], content),
            "urls": ("http://127.0.0.1:9/" + entry.file,),
            **changes,
        }
        monkeypatch.setitem(REGISTRY, name, dataclasses.replace(entry, **changes))
        path = tmp_path / "published" / entry.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return values

    return put


@pytest.fixture
def mnist_labels(tmp_path, monkeypatch):
    """A small label file of MNIST in the cache."""
    label = np.arange(EXAMPLES, dtype=np.uint8) % 10
    content = gzip.compress(b"\0\0\x08\x01" + EXAMPLES.to_bytes(4, "big") + label.tobytes())
    monkeypatch.setattr(published, "_MNIST_LABELS", f"sha256:{hashlib.sha256(content).hexdigest()}")
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(content)
    return label


def test_registry():
    assert published.NAMES == ("cifar10", "cifar100", "imagenet", "mnist")
    for entry in REGISTRY.values():
        assert len(entry.urls) == 2
        assert all(url.startswith("https://") and url.endswith("/" + entry.file) for url in entry.urls)
        assert not entry.first_labels or max(entry.first_labels) < entry.classes


def test_real_cifar10(real_data):
    if not (real_data / "published" / REGISTRY["cifar10"].file).exists():
        pytest.skip("the published file of CIFAR-10 is not there")
    scores = load_published("cifar10")
    score = scores["cscore"].values
    assert score.shape == (50_000,)
    assert [round(float(value), 5) for value in (score.mean(), score.min(), score.max())] == [0.76401, 0.00417, 0.91499]
    assert scores["label"].values[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    tfds = load_published("cifar10", order="tfds")
    assert tfds["example"].values[:3].tolist() == order.tfds_permutation(50_000)[:3].tolist()
    xr.testing.assert_identical(tfds.sortby("example").drop_attrs(deep=False), scores.drop_attrs(deep=False))


@pytest.mark.parametrize("name", published.NAMES)
def test_it_is_a_set_of_scores_that_says_what_it_is(name, publish):
    values = publish(name)
    scores = schema.validate_scores(load_published(name))
    assert scores["cscore"].dtype == np.float64
    assert scores["example"].dtype == np.int64
    assert scores["example"].values.tolist() == list(range(EXAMPLES))
    assert ("label" in scores.coords) == ("labels" in values)
    assert "profile" not in scores
    attrs = scores.attrs
    assert attrs["dataset"] == name
    assert attrs["digest"] == REGISTRY[name].digest
    assert attrs["source"] == REGISTRY[name].urls[0]
    assert attrs["direction"] == "higher = more regular"
    assert "ICML 2021" in attrs["citation"]
    assert attrs["published_order"] == {"mnist": "tfds", "imagenet": "arbitrary"}.get(name, "original")
    assert attrs["example_order"] == {"imagenet": "arbitrary"}.get(name, "original")
    assert attrs["history"].endswith(f"Z load_published {name} original")
    assert load_published(name, order="tfds").attrs["example_order"] == "tfds"


@pytest.mark.parametrize("name", published.NAMES)
def test_original_to_tfds_to_original_is_exact(name, publish):
    publish(name)
    original, tfds = load_published(name), load_published(name, order="tfds")
    keys = original["filename"].values.tolist() if name == "imagenet" else list(range(EXAMPLES))
    by_hash = sorted(range(EXAMPLES), key=lambda i: hashlib.md5(f"train{keys[i]}".encode()).digest())
    assert tfds["example"].values.tolist() == by_hash
    back = order.to_original(tfds["cscore"].values, keys=keys)
    assert np.array_equal(back, original["cscore"].values)
    assert np.array_equal(order.to_tfds(back, keys=keys), tfds["cscore"].values)
    xr.testing.assert_identical(tfds.sortby("example").drop_attrs(deep=False), original.drop_attrs(deep=False))


def test_mnist_is_brought_into_original_order(publish, mnist_labels):
    in_tfds_order = publish("mnist")["scores"]
    scores = load_published("mnist")
    permutation = order.tfds_permutation(EXAMPLES)
    assert all(scores["cscore"].values[permutation[i]] == in_tfds_order[i] for i in range(EXAMPLES))
    assert np.array_equal(scores["label"].values, mnist_labels)
    tfds = load_published("mnist", order="tfds")
    assert np.array_equal(tfds["cscore"].values, in_tfds_order)
    assert np.array_equal(tfds["label"].values, mnist_labels[permutation])


def test_mnist_labels_are_not_trusted_unless_they_are_the_right_ones(publish, mnist_labels, tmp_path):
    publish("mnist")
    (tmp_path / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"something else")
    assert "label" not in load_published("mnist").coords


def test_a_file_on_disk(publish, tmp_path):
    publish("cifar10")
    cached = tmp_path / "published" / REGISTRY["cifar10"].file
    elsewhere = cached.rename(tmp_path / "scores.bin")
    assert load_published("cifar10", file=elsewhere).sizes == {"example": EXAMPLES}
    elsewhere.write_bytes(elsewhere.read_bytes()[:-1])
    with pytest.raises(DownloadError, match="not those of the expected file"):
        load_published("cifar10", file=elsewhere)
    assert not cached.exists()


def test_names_that_are_none():
    with pytest.raises(InvalidInputError, match="found 'svhn', expected one of cifar10, cifar100, imagenet, mnist"):
        load_published("svhn")
    with pytest.raises(InvalidInputError, match="found 'torch', expected original or tfds"):
        load_published("cifar10", order="torch")


def changed(name="cifar10", **changes):
    return {**arrays(name), **changes}


def without(key):
    return {name: values for name, values in arrays("cifar10").items() if name != key}


def at(key, index, value, name="cifar10"):
    values = arrays(name)
    values[key][index] = value
    return values


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("cifar10", without("labels"), r"found scores\.npy, expected labels\.npy, scores\.npy"),
        ("cifar10", changed(more=np.zeros(3)), r"found labels\.npy, more\.npy, scores\.npy"),
        ("cifar10", {}, "found no arrays"),
        ("cifar10", changed(scores=np.zeros(EXAMPLES - 1)), r"scores has shape \(39,\) and dtype float64"),
        ("cifar10", changed(scores=np.zeros((EXAMPLES, 1))), r"scores has shape \(40, 1\)"),
        ("cifar10", changed(scores=np.zeros(EXAMPLES, int)), r"dtype int64, expected \(40,\) and a dtype of kind 'f'"),
        ("cifar10", changed(labels=np.zeros(EXAMPLES)), "labels has shape .* dtype float64"),
        ("cifar10", changed(labels=np.full(EXAMPLES, None)), "holds Python objects"),
        ("cifar10", at("scores", 7, np.nan), "scores span nan"),
        ("cifar10", at("scores", 7, np.inf), "scores span .*inf"),
        ("cifar10", at("scores", 7, 0.9151), r"scores span 0\..*\.\.0\.9151, expected 0\.00417\.\.0\.91499"),
        ("cifar100", at("scores", 7, -0.01, "cifar100"), r"scores span -0\.01\.\."),
        ("cifar10", at("labels", 20, 10), r"labels span 0\.\.10, expected 0\.\.9"),
        ("cifar10", at("labels", 20, -1), r"labels span -1\.\.9"),
        ("cifar10", at("labels", 0, 9), r"labels begin \(9, 9, 9, 4"),
        ("imagenet", at("filenames", 7, arrays("imagenet")["filenames"][3], "imagenet"), "filenames: 1 of 40 occur"),
        ("imagenet", at("filenames", 7, b"\xff", "imagenet"), "not a readable file .*ascii"),
        ("imagenet", changed("imagenet", filenames=np.full(EXAMPLES, "n1")), "dtype <U2, expected .* kind 'S'"),
        ("imagenet", changed("imagenet", filenames=np.full(EXAMPLES, "n", "S256")), r"dtype \|S256"),
        ("mnist", {"scores": np.zeros(EXAMPLES + 1)}, r"scores has shape \(41,\)"),
        ("mnist", {"scores": np.full(EXAMPLES, None)}, "holds Python objects"),
    ],
)
def test_what_arrives_is_checked_against_the_registry(name, values, message, publish):
    publish(name, values)
    with pytest.raises(InvalidInputError, match=message):
        load_published(name)


def npy(header, data=b"", version=1):
    header = header.encode()
    return b"\x93NUMPY" + bytes((version, 0)) + len(header).to_bytes(2 if version == 1 else 4, "little") + header + data


def describes(descr="'<f8'", shape=f"({EXAMPLES},)"):
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n"


HOSTILE = {
    "empty": b"",
    "no npy": b"PK\x03\x04 and then nothing",
    "cut in the header": npy(describes())[:20],
    "cut in the data": npy(describes(), b"\0" * 100),
    "declares terabytes": npy(describes(shape="(10**13,)"), b"\0" * 100),
    "declares more": npy(describes(shape="(1000000000000,)"), b"\0" * 100),
    "negative": npy(describes(shape="(-40,)"), b"\0" * 320),
    "pickle": npy(describes("'|O'"), b"cos\nsystem\n(S'false'\ntR."),
    "huge items": npy(describes("'|V1000000000'"), b"\0" * 100),
    "no dtype": npy(describes("'nonsense'"), b"\0" * 320),
    "calls something": npy("__import__('os').abort()\n"),
    "nested": npy("(" * 5000),
    "open string": npy("'" * 3 + "\n" * 5),
    "header of 4 GB": b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
    "version 3": npy(describes(), b"\0" * 320, version=3),
    "version 9": npy(describes(), b"\0" * 320, version=9),
}


@pytest.mark.filterwarnings("default:Reading `.npy` or `.npz` file required additional header parsing")
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_npy(case, publish):
    publish("mnist", content=HOSTILE[case])
    if case == "version 3":  # as good as version 2, but for the encoding of names of fields
        assert load_published("mnist").sizes == {"example": EXAMPLES}
        return
    with pytest.raises(InvalidInputError) as error:
        load_published("mnist")
    assert "\n" not in str(error.value)


def test_zip_bomb(publish, monkeypatch):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.npy", npy(describes("'<i8'"), bytes(50_000_000)))
        archive.writestr("scores.npy", npy(describes(shape="(1000000000,)"), bytes(50_000_000)))
    publish("cifar10", content=content.getvalue())
    with pytest.raises(InvalidInputError, match=r"scores has shape \(1000000000,\)"):
        load_published("cifar10")


@pytest.mark.filterwarnings("default:Reading `.npy` or `.npz` file required additional header parsing")
def test_damaged_files_never_end_in_anything_but_our_error(publish, tmp_path):
    content = as_bytes("cifar10", arrays("cifar10"))
    publish("cifar10")
    path = tmp_path / "damaged.npz"
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), random.integers(1, 4)):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged[: random.integers(1, len(content))] if random.random() < 0.3 else damaged)
        try:
            published.read_published(REGISTRY["cifar10"], path)
        except InvalidInputError as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_scores_are_kept_by_store_and_plain_xarray(publish, tmp_path):
    publish("imagenet")
    scores = load_published("imagenet")
    scorefile.save_scores(scores, tmp_path / "scores.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored = xr.open_zarr(tmp_path / "scores.zarr")
    xr.testing.assert_identical(stored.compute(), scores)


CONVERT = """
import dataclasses, resource, sys
from cscore_data import published
from cscore_data.cli.fetch_published import main
path, digest, examples, out = sys.argv[1:]
entry = published.REGISTRY["imagenet"]
published.REGISTRY["imagenet"] = dataclasses.replace(entry, digest=digest, examples=int(examples))
assert main(["imagenet", "--from-file", path, "--out", out]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("examples", [2000, pytest.param(IMAGENET, marks=pytest.mark.slow)])
def test_imagenet_converts_opens_lazily_and_joins_with_a_listing(examples, tmp_path, capsys):
    values = arrays("imagenet", examples)
    content = as_bytes("imagenet", values)
    (tmp_path / "file.npz").write_bytes(content)
    arguments = [tmp_path / "file.npz", digest("git-blob", content), examples, tmp_path / "scores.zarr"]
    began = time.perf_counter()
    command = [sys.executable, "-W", "error", "-c", CONVERT, *map(str, arguments)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    seconds, megabytes = time.perf_counter() - began, int(told[-1]) / 1024
    assert seconds < 30
    assert megabytes < 2000

    def refuse(*_, **__):
        raise AssertionError("something was computed")

    with dask.config.set(scheduler=refuse):
        scores = scorefile.open_scores(tmp_path / "scores.zarr")
    listing = np.sort(values["filenames"].astype("U"))[:: 1 if examples < 10_000 else 2]
    began = time.perf_counter()
    joined = scores.load().isel(example=order.positions(scores["filename"].values, listing))
    with capsys.disabled():
        if examples == IMAGENET:
            print(
                f"\nconverted in {seconds:.1f} s and {megabytes:.0f} MB, joined in {time.perf_counter() - began:.1f} s"
            )
    assert np.array_equal(joined["filename"].values.astype(object), listing.astype(object))
    expected = dict(
        zip(values["filenames"].tolist(), zip(values["scores"], values["labels"], strict=True), strict=True)
    )
    for row in np.random.default_rng(1).integers(0, len(listing), 1000):
        found = float(joined["cscore"].values[row]), int(joined["label"].values[row])
        assert found == expected[listing[row].encode()]
    with pytest.raises(InvalidInputError, match="'n00000000_missing'"):
        order.positions(scores["filename"].values, [*listing[:5], "n00000000_missing"])
    with pytest.raises(InvalidInputError, match=re.escape(listing[3])):
        order.positions(scores["filename"].values, [*listing[:5], listing[3]])

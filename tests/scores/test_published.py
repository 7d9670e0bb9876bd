import dataclasses
import gzip
import hashlib
import io
import re
import subprocess
import sys
import warnings
import zipfile

import dask
import numpy as np
import pytest
import xarray as xr

from cscore_data.data import order
from cscore_data.data.named_sets import MNIST
from cscore_data.data.names import positions
from cscore_data.errors import DownloadError, InvalidInputError
from cscore_data.scores.files import open_scores, save_scores
from cscore_data.scores.published import NAMES, REGISTRY, load_published
from cscore_data.scores.published_reader import read_published
from cscore_data.scores.statistics import validate_scores

EXAMPLES = 40
IMAGENET = 1_281_167


def arrays(name, examples=EXAMPLES, seed=0):
    """What a published file of this shape could hold, in its own order."""
    random = np.random.default_rng(seed)
    entry = REGISTRY[name]
    labels = random.integers(0, entry.classes, examples)
    labels[: len(entry.first_labels)] = entry.first_labels
    scores = 0.01 + 0.9 * random.random(examples)
    numbers = random.permutation(examples)
    filenames = [b"n%08d_%d.JPEG" % (number % 1000, number) for number in numbers]
    made = {"labels": labels, "scores": scores, "filenames": np.array(filenames)}
    return {key: made[key] for key in entry.arrays}


def as_bytes(name, values):
    file = io.BytesIO()
    if name == "mnist":
        np.save(file, values["scores"], allow_pickle=True)
    else:
        names = REGISTRY[name].names
        np.savez(file, **{names.get(key, key): array for key, array in values.items()})
    return file.getvalue()


def digest(kind, content):
    if kind == "sha256":
        return f"sha256:{hashlib.sha256(content).hexdigest()}"
    blob = b"blob %d\0" % len(content) + content
    return f"git-blob:{hashlib.sha1(blob).hexdigest()}"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put a file into the cache, and an entry that expects it into the registry."""
    monkeypatch.setenv("CSCORE_DATA_DIR", str(tmp_path))

    def put(name, values=None, content=None, **changes):
        if values is None:
            values = arrays(name)
        if content is None:
            content = as_bytes(name, values)
        entry = REGISTRY[name]
        changes = {
            "examples": EXAMPLES,
            "digest": entry.digest and digest(entry.digest.partition(":")[0], content),
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
    sha256 = hashlib.sha256(content).hexdigest()
    file = dataclasses.replace(MNIST.label, sha256=sha256)
    small = dataclasses.replace(MNIST, label=file)
    monkeypatch.setattr("cscore_data.scores.published.MNIST", small)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / file.name).write_bytes(content)
    return label


def assert_same_but_for_attrs(a, b):
    xr.testing.assert_identical(a.drop_attrs(deep=False), b.drop_attrs(deep=False))


def test_registry():
    memorization = ("cifar100-memorization", "imagenet-memorization")
    assert ("cifar10", "cifar100", "imagenet", "mnist", *memorization) == NAMES
    for name, entry in REGISTRY.items():
        assert entry.dataset == name.removesuffix("-memorization")
        assert (entry.digest is None) == (name in memorization)
        # Of files without a known hash, no mirror is known either.
        assert len(entry.urls) == (1 if name in memorization else 2)
        for url in entry.urls:
            assert url.startswith("https://")
            assert url.endswith("/" + entry.file)
        assert not entry.first_labels or max(entry.first_labels) < entry.classes


def test_real_cifar10(real_data):
    if not (real_data / "published" / REGISTRY["cifar10"].file).exists():
        pytest.skip("the published file of CIFAR-10 is not there")
    scores = load_published("cifar10")
    score = scores["cscore"].values
    assert score.shape == (50_000,)
    summary = [score.mean(), score.min(), score.max()]
    assert np.round(summary, 5).tolist() == [0.76401, 0.00417, 0.91499]
    assert scores["label"].values[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    tfds = load_published("cifar10", order="tfds")
    assert tfds["example"].values[:3].tolist() == order.tfds_permutation(50_000)[:3].tolist()
    assert_same_but_for_attrs(tfds.sortby("example"), scores)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_set_of_scores_that_says_what_it_is(name, publish):
    values = publish(name)
    scores = validate_scores(load_published(name))
    assert scores["cscore"].dtype == np.float64
    assert scores["example"].dtype == np.int64
    assert scores["example"].values.tolist() == list(range(EXAMPLES))
    assert ("label" in scores.coords) == ("labels" in values)
    assert "profile" not in scores
    attrs = scores.attrs
    dataset = name.removesuffix("-memorization")
    assert attrs["dataset"] == dataset
    assert attrs["digest"] == REGISTRY[name].digest or REGISTRY[name].digest is None
    assert attrs["source"] == REGISTRY[name].urls[0]
    assert attrs["direction"].endswith("higher = more regular")
    assert ("ICML 2021" in attrs["citation"]) == (name == dataset)
    published_orders = {"mnist": "tfds", "imagenet": "arbitrary"}
    assert attrs["published_order"] == published_orders.get(dataset, "original")
    assert attrs["example_order"] == ("arbitrary" if dataset == "imagenet" else "original")
    assert attrs["history"].endswith(f"Z load_published {name} original")
    assert load_published(name, order="tfds").attrs["example_order"] == "tfds"


@pytest.mark.parametrize("name", NAMES)
def test_original_to_tfds_to_original_is_exact(name, publish):
    publish(name)
    original = load_published(name)
    tfds = load_published(name, order="tfds")
    keys = list(range(EXAMPLES))
    if "filename" in original.coords:
        keys = original["filename"].values.tolist()
    by_hash = sorted(
        range(EXAMPLES), key=lambda i: hashlib.md5(f"train{keys[i]}".encode()).digest()
    )
    assert tfds["example"].values.tolist() == by_hash
    back = order.to_original(tfds["cscore"].values, keys=keys)
    assert np.array_equal(back, original["cscore"].values)
    assert np.array_equal(order.to_tfds(back, keys=keys), tfds["cscore"].values)
    assert_same_but_for_attrs(tfds.sortby("example"), original)


def test_memorization_is_turned_round_and_kept(publish):
    values = publish("cifar100-memorization")
    scores = load_published("cifar100-memorization")
    np.testing.assert_array_equal(scores["memorization"], values["scores"])
    np.testing.assert_array_equal(scores["cscore"], 1 - values["scores"])
    assert scores.attrs["title"] == "1 - published memorization of cifar100"
    assert "no sha256 of the file is known" in scores.attrs["comment"]


def test_a_file_without_a_known_hash_is_pinned_and_a_change_is_told(publish, tmp_path, caplog):
    publish("cifar100-memorization")
    first = load_published("cifar100-memorization").attrs["digest"]
    load_published("cifar100-memorization")
    pin = tmp_path / "published" / "cifar100_infl_matrix.npz.sha256"
    assert pin.read_text() == f"{first}\n"
    assert caplog.messages == []
    publish("cifar100-memorization", arrays("cifar100-memorization", seed=1))
    second = load_published("cifar100-memorization").attrs["digest"]
    assert second != first
    [message] = caplog.messages
    assert f"is another file than the first of this name, {second} in place of {first}" in message
    file = tmp_path / "published" / "cifar100_infl_matrix.npz"
    load_published("cifar100-memorization", file=file)
    assert len(caplog.messages) == 2


def test_a_file_that_holds_no_scores_is_not_pinned(publish, tmp_path, caplog):
    page = tmp_path / "page.npz"
    page.write_bytes(b"<html>moved</html>")
    with pytest.raises(InvalidInputError, match="not a readable npz file"):
        load_published("cifar100-memorization", file=page)
    publish("cifar100-memorization")
    load_published("cifar100-memorization")
    assert caplog.messages == []


def test_a_file_of_memorization_may_hold_more_but_not_less(publish):
    values = arrays("cifar100-memorization")
    publish("cifar100-memorization", {**values, "infl_matrix_class0": np.zeros((3, 2))})
    assert load_published("cifar100-memorization").sizes == {"example": EXAMPLES}
    publish("cifar100-memorization", {"labels": values["labels"]})
    with pytest.raises(InvalidInputError, match="found tr_labels, expected tr_labels, tr_mem"):
        load_published("cifar100-memorization")


def test_mnist_is_brought_into_original_order(publish, mnist_labels):
    in_tfds_order = publish("mnist")["scores"]
    scores = load_published("mnist")
    permutation = order.tfds_permutation(EXAMPLES)
    assert all(scores["cscore"].values[permutation[i]] == in_tfds_order[i] for i in range(EXAMPLES))
    assert np.array_equal(scores["label"].values, mnist_labels)
    tfds = load_published("mnist", order="tfds")
    assert np.array_equal(tfds["cscore"].values, in_tfds_order)
    assert np.array_equal(tfds["label"].values, mnist_labels[permutation])


def test_mnist_labels_are_used_only_if_they_are_the_right_ones(publish, mnist_labels, tmp_path):
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


def test_unknown_names_and_orders_are_refused():
    expected = "found 'svhn', expected one of cifar10, cifar100, imagenet, mnist"
    with pytest.raises(InvalidInputError, match=expected):
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
        ("cifar10", without("labels"), "found scores, expected labels, scores"),
        ("cifar10", changed(more=np.zeros(3)), "found labels, more, scores, expected"),
        ("cifar10", {}, "found no arrays"),
        (
            "cifar10",
            changed(scores=np.zeros(EXAMPLES - 1)),
            r"scores has shape \(39,\) and dtype float64",
        ),
        ("cifar10", changed(scores=np.zeros((EXAMPLES, 1))), r"scores has shape \(40, 1\)"),
        (
            "cifar10",
            changed(scores=np.zeros(EXAMPLES, int)),
            r"dtype int64, expected \(40,\) and a dtype of kind 'f'",
        ),
        ("cifar10", changed(labels=np.zeros(EXAMPLES)), "labels has shape .* dtype float64"),
        ("cifar10", changed(labels=np.full(EXAMPLES, None)), "holds Python objects"),
        ("cifar10", at("scores", 7, np.nan), "scores span nan"),
        ("cifar10", at("scores", 7, np.inf), "scores span .*inf"),
        (
            "cifar10",
            at("scores", 7, 0.9151),
            r"scores span 0\..*\.\.0\.9151, expected 0\.00417\.\.0\.91499",
        ),
        ("cifar100", at("scores", 7, -0.01, "cifar100"), r"scores span -0\.01\.\."),
        ("cifar10", at("labels", 20, 10), r"labels span 0\.\.10, expected 0\.\.9"),
        ("cifar10", at("labels", 20, -1), r"labels span -1\.\.9"),
        ("cifar10", at("labels", 0, 9), r"labels begin \(9, 9, 9, 4"),
        (
            "imagenet",
            at("filenames", 7, arrays("imagenet")["filenames"][3], "imagenet"),
            "filenames: 1 of 40 occur",
        ),
        ("imagenet", at("filenames", 7, b"\xff", "imagenet"), "filenames are not ASCII text"),
        (
            "imagenet",
            changed("imagenet", filenames=np.full(EXAMPLES, "n1")),
            "dtype <U2, expected .* kind 'S'",
        ),
        (
            "imagenet",
            changed("imagenet", filenames=np.full(EXAMPLES, "n", "S256")),
            r"dtype \|S256",
        ),
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
    width = 2 if version == 1 else 4
    length = len(header).to_bytes(width, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + length + header + data


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


@pytest.mark.filterwarnings(
    "default:Reading `.npy` or `.npz` file required additional header parsing"
)
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_npy(case, publish):
    publish("mnist", content=HOSTILE[case])
    if case == "version 3":  # as good as version 2, but for the encoding of names of fields
        assert load_published("mnist").sizes == {"example": EXAMPLES}
        return
    with pytest.raises(InvalidInputError) as error:
        load_published("mnist")
    assert "\n" not in str(error.value)


def test_zip_bomb(publish):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.npy", npy(describes("'<i8'"), bytes(50_000_000)))
        archive.writestr("scores.npy", npy(describes(shape="(1000000000,)"), bytes(50_000_000)))
    publish("cifar10", content=content.getvalue())
    with pytest.raises(InvalidInputError, match=r"scores has shape \(1000000000,\)"):
        load_published("cifar10")


@pytest.mark.filterwarnings(
    "default:Reading `.npy` or `.npz` file required additional header parsing"
)
def test_damaged_files_always_end_in_one_line(publish, tmp_path):
    content = as_bytes("cifar10", arrays("cifar10"))
    publish("cifar10")
    path = tmp_path / "damaged.npz"
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), random.integers(1, 4)):
            damaged[place] = random.integers(256)
        if random.random() < 0.3:
            damaged = damaged[: random.integers(1, len(content))]
        path.write_bytes(damaged)
        try:
            read_published(REGISTRY["cifar10"], path)
        except InvalidInputError as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_scores_are_kept_by_store_and_plain_xarray(publish, tmp_path):
    publish("imagenet")
    scores = load_published("imagenet")
    save_scores(scores, tmp_path / "scores.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored = xr.open_zarr(tmp_path / "scores.zarr")
    xr.testing.assert_identical(stored.compute(), scores)


CONVERT = """
import dataclasses, resource, sys
from cscore_data.cli.fetch_published import main
from cscore_data.scores.published import REGISTRY
path, digest, examples, out = sys.argv[1:]
REGISTRY["imagenet"] = dataclasses.replace(
    REGISTRY["imagenet"], digest=digest, examples=int(examples)
)
assert main(["imagenet", "--from-file", path, "--out", out]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("examples", [2000, pytest.param(IMAGENET, marks=pytest.mark.slow)])
def test_imagenet_converts_opens_lazily_and_joins_with_a_listing(
    examples, tmp_path, forbidden_scheduler
):
    values = arrays("imagenet", examples)
    content = as_bytes("imagenet", values)
    path = tmp_path / "file.npz"
    path.write_bytes(content)

    # The real command in a process of its own, which reports the memory that it took.
    arguments = [path, digest("git-blob", content), examples, tmp_path / "scores.zarr"]
    command = [sys.executable, "-W", "error", "-c", CONVERT, *map(str, arguments)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kilobytes = int(printed.split()[-1])
    assert kilobytes < 2_000_000

    with dask.config.set(scheduler=forbidden_scheduler):
        scores = open_scores(tmp_path / "scores.zarr")
    listing = np.sort(values["filenames"].astype("U"))
    if examples == IMAGENET:
        listing = listing[::2]
    names = scores["filename"].values
    joined = scores.load().isel(example=positions(names, listing))
    assert np.array_equal(joined["filename"].values.astype(object), listing.astype(object))

    pairs = zip(values["scores"], values["labels"], strict=True)
    expected = dict(zip(values["filenames"].tolist(), pairs, strict=True))
    for row in np.random.default_rng(1).integers(0, len(listing), 1000):
        found = float(joined["cscore"].values[row]), int(joined["label"].values[row])
        assert found == expected[listing[row].encode()]
    with pytest.raises(InvalidInputError, match="'n00000000_missing'"):
        positions(names, [*listing[:5], "n00000000_missing"])
    with pytest.raises(InvalidInputError, match=re.escape(listing[3])):
        positions(names, [*listing[:5], listing[3]])

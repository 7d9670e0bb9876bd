"""The files of scores that their authors published: where they are and what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CITATION = (
    "Ziheng Jiang, Chiyuan Zhang, Kunal Talwar, Michael C. Mozer: Characterizing Structural "
    "Regularities of Labeled Data in Overparameterized Models. ICML 2021, PMLR 139"
)
MEMORIZATION_CITATION = (
    "Vitaly Feldman, Chiyuan Zhang: What Neural Networks Memorize and Why: Discovering the Long "
    "Tail via Influence Estimation. NeurIPS 2020"
)


@dataclass(frozen=True)
class Published:
    """A published file, and what must be true of it.

    Attributes
    ----------
    dataset : str
        Name, as `load_examples` knows it.
    urls : tuple of str
        Mirrors, tried in this order; the file name is the same at all of them.
    digest : str or None
        ``sha256:HEX``, or ``git-blob:HEX`` where only that is known; None if neither is: what
        arrives first is pinned then (`published_pins`).
    examples, classes : int
    order : {"original", "tfds", "arbitrary"}
        The order of the file's rows.
    arrays : mapping of str to str
        The arrays in an npz file, `scores`, `labels` and `filenames`, with their dtype kinds; an
        npy file holds one.
    names : mapping of str to str
        What these arrays are called in the file, if it is something else; then the file may have
        others, too.
    quantity : {"cscore", "memorization"}
        What the scores are. Of memorization, 1 - memorization is the score.
    score_range : tuple of float
        The scores, rounded to five digits, lie in it; measured where the file was at hand.
    first_labels : tuple of int
    comment : str
        What else a user of the scores should know.
    citation : str
    """

    dataset: str
    urls: tuple[str, ...]
    digest: str | None
    examples: int
    classes: int
    order: str
    arrays: Mapping[str, str]
    score_range: tuple[float, float] = (0.0, 1.0)
    first_labels: tuple[int, ...] = ()
    comment: str = ""
    citation: str = CITATION
    names: Mapping[str, str] = field(default_factory=dict)
    quantity: str = "cscore"

    @property
    def file(self) -> str:
        """File name, at the mirrors and in the cache."""
        return self.urls[0].rpartition("/")[2]


_PAGES = "https://pluskid.github.io/structural-regularity/cscores/"
_RAW = "https://raw.githubusercontent.com/pluskid/structural-regularity/master/"
_GITHUB_RAW = "https://github.com/pluskid/structural-regularity/raw/master/"
_INFLUENCE_PAGES = "https://pluskid.github.io/influence-memorization/data/"
_NO_DIGEST = "no sha256 of the file is known here: the one that arrives first is pinned"

#: The published files by name, which is the data set's where they hold C-scores. To add a file, add
#: an entry.
REGISTRY = {
    "cifar10": Published(
        dataset="cifar10",
        urls=(
            f"{_PAGES}cifar10-cscores-orig-order.npz",
            f"{_RAW}docs/cscores/cifar10-cscores-orig-order.npz",
        ),
        digest="sha256:0f8b3e219fd37867fc1ef532335b6169f8109d137275ae53b802bb8177556ac8",
        examples=50_000,
        classes=10,
        order="original",
        arrays={"labels": "iu", "scores": "f"},
        score_range=(0.00417, 0.91499),
        first_labels=(6, 9, 9, 4, 1, 1, 2, 7, 8, 3),
    ),
    "cifar100": Published(
        dataset="cifar100",
        urls=(
            f"{_PAGES}cifar100-cscores-orig-order.npz",
            f"{_RAW}docs/cscores/cifar100-cscores-orig-order.npz",
        ),
        digest="sha256:8e1f3cfc7075052ae2ff4d4b66441dfe399b0d0e125394675cb52b5cc3c18a3a",
        examples=50_000,
        classes=100,
        order="original",
        arrays={"labels": "iu", "scores": "f"},
        comment="labels are the fine ones",
    ),
    "imagenet": Published(
        dataset="imagenet",
        urls=(
            f"{_PAGES}imagenet-cscores-with-filename.npz",
            f"{_RAW}docs/cscores/imagenet-cscores-with-filename.npz",
        ),
        digest="git-blob:18f1ae2d151ffc92be2501ac20a1d639bc7de1c5",
        examples=1_281_167,
        classes=1000,
        order="arbitrary",
        arrays={"labels": "iu", "scores": "f", "filenames": "S"},
        comment="subset ratio 0.7 only; join with your own examples by filename",
    ),
    "mnist": Published(
        dataset="mnist",
        urls=(f"{_RAW}mnist-cscores.npy", f"{_GITHUB_RAW}mnist-cscores.npy"),
        digest="sha256:2e0d1a2dd4be77592e4d4570df7ae764068398187bde7c02aa071a2e05a99a34",
        examples=60_000,
        classes=10,
        order="tfds",
        arrays={"scores": "f"},
        comment="from the authors' demo, 200 runs per ratio; not the scores of the paper",
    ),
    "cifar100-memorization": Published(
        dataset="cifar100",
        urls=(f"{_INFLUENCE_PAGES}cifar100_infl_matrix.npz",),
        digest=None,
        examples=50_000,
        classes=100,
        order="original",
        arrays={"labels": "iu", "scores": "f"},
        names={"labels": "tr_labels", "scores": "tr_mem"},
        quantity="memorization",
        score_range=(-1.0, 1.0),
        comment=f"4,000 models at subset ratio 0.7; labels are the fine ones; {_NO_DIGEST}",
        citation=MEMORIZATION_CITATION,
    ),
    "imagenet-memorization": Published(
        dataset="imagenet",
        urls=(f"{_INFLUENCE_PAGES}imagenet_index.npz",),
        digest=None,
        examples=1_281_167,
        classes=1000,
        order="arbitrary",
        arrays={"labels": "iu", "scores": "f", "filenames": "S"},
        names={"labels": "tr_labels", "scores": "tr_mem", "filenames": "tr_filenames"},
        quantity="memorization",
        score_range=(-1.0, 1.0),
        comment=(
            "2,000 models at subset ratio 0.7; join with your own examples by filename; "
            f"{_NO_DIGEST}"
        ),
        citation=MEMORIZATION_CITATION,
    ),
}
NAMES = tuple(REGISTRY)

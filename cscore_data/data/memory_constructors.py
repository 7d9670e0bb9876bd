"""Constructors of `Examples` for what programs have in memory, by the readers of it."""

from typing import TYPE_CHECKING, Any, Self

from cscore_data.data.options import LoadOptions


class MemoryConstructors:
    """The class methods of `examples.Examples` that take arrays and data sets of other packages."""

    if TYPE_CHECKING:
        # The constructor of `Examples`, for mypy.
        def __init__(self, name: str, **fields: Any) -> None: ...

    @classmethod
    def from_arrays(
        cls,
        image: Any,
        label: Any,
        *,
        name: str = "arrays",
        class_names: tuple[str, ...] = (),
        drop_unlabelled: bool = False,
    ) -> Self:
        """Examples of two arrays, as a program has them.

        Parameters
        ----------
        image : array (example, height, width[, channel]) or (example, feature)
            Also (example, channel, height, width), which is recognised and noted.
        label : array (example,), (example, 1) or one-hot (example, class)
            Whole numbers, strings or bools.
        name : str
            What to call them in messages and in the cube.
        class_names : tuple of str
            Names of classes 0, 1, …
        drop_unlabelled : bool
            Leave examples without a label out.

        Raises
        ------
        InvalidInputError
            As the constructor.

        Examples
        --------
        >>> from cscore_data import Examples
        >>> features = [[0.5, 2.0], [0.1, 7.0], [0.4, 3.0], [0.2, 9.0]]
        >>> examples = Examples.from_arrays(features, ["cat", "dog", "cat", "dog"])
        >>> examples
        <Examples 'arrays': 4 rows of features (2, float32), 2 classes>
        >>> examples.class_names
        ('cat', 'dog')
        """
        from cscore_data.data.memory_readers import raw_arrays

        options = LoadOptions(drop_unlabelled=drop_unlabelled)
        raw = raw_arrays(name, image, label, class_names, options)
        return cls(name, **raw.as_fields())

    @classmethod
    def from_dataframe(
        cls,
        table: Any,
        label: str | None = None,
        *,
        text: str | None = None,
        name: str = "dataframe",
        drop_unlabelled: bool = False,
    ) -> Self:
        """Examples of a pandas DataFrame, one per row.

        Parameters
        ----------
        table : pandas.DataFrame
            Numeric columns are features, columns of lists or arrays are embeddings.
        label, text, drop_unlabelled
            As in `options.LoadOptions`.
        name : str
            What to call them in messages and in the cube.

        Raises
        ------
        InvalidInputError
            If there is no such column, or one that is neither label nor numbers.

        Examples
        --------
        >>> import pandas
        >>> from cscore_data import Examples
        >>> table = pandas.DataFrame({"size": [1, 2, 8, 9], "kind": ["cat", "cat", "cow", "cow"]})
        >>> examples = Examples.from_dataframe(table, label="kind")
        >>> examples.image.ravel(), examples.class_names
        (array([1., 2., 8., 9.], dtype=float32), ('cat', 'cow'))
        """
        from cscore_data.data.memory_readers import raw_dataframe

        options = LoadOptions(label=label, text=text, drop_unlabelled=drop_unlabelled)
        raw = raw_dataframe(name, table, options)
        return cls(name, **raw.as_fields())

    @classmethod
    def from_huggingface(
        cls,
        dataset: Any,
        label: str | None = None,
        *,
        text: str | None = None,
        size: int | None = None,
        name: str = "huggingface",
        drop_unlabelled: bool = False,
    ) -> Self:
        """Examples of a data set of the Hugging Face library `datasets`, one split of it.

        Parameters
        ----------
        dataset : datasets.Dataset
        label, text, size, drop_unlabelled
            As in `options.LoadOptions`.
        name : str
            What to call them in messages and in the cube.

        Raises
        ------
        InvalidInputError
            If this is not one split, or its columns are not images, features or texts with labels.

        Examples
        --------
        >>> import datasets  # doctest: +SKIP
        >>> from cscore_data import Examples
        >>> mnist = datasets.load_dataset("ylecun/mnist", split="train")  # doctest: +SKIP
        >>> Examples.from_huggingface(mnist, name="mnist")  # doctest: +SKIP
        <Examples 'mnist': 60,000 images (28 x 28, uint8), 10 classes>
        """
        from cscore_data.data.memory_readers import raw_huggingface

        options = LoadOptions(label=label, text=text, size=size, drop_unlabelled=drop_unlabelled)
        raw = raw_huggingface(name, dataset, options)
        return cls(name, **raw.as_fields())

    @classmethod
    def from_torch(cls, dataset: Any, *, name: str = "torch", size: int | None = None) -> Self:
        """Examples of a map-style data set of torch or torchvision, item by item.

        Parameters
        ----------
        dataset : torch.utils.data.Dataset
            Its items are pairs of an image (PIL image, tensor or array) and a label.
        name : str
            What to call them in messages and in the cube.
        size : int, optional
            Height and width to which all images are resized.

        Raises
        ------
        InvalidInputError
            If the items are something else, or differ in shape.

        Examples
        --------
        Anything with a length and items will do:

        >>> import numpy as np
        >>> from cscore_data import Examples
        >>> items = [(np.full((2, 2), 9 * number, np.uint8), number % 2) for number in range(4)]
        >>> Examples.from_torch(items, name="mine")
        <Examples 'mine': 4 images (2 x 2, uint8), 2 classes>
        """
        from cscore_data.data.memory_readers import raw_torch

        raw = raw_torch(name, dataset, LoadOptions(size=size))
        return cls(name, **raw.as_fields())

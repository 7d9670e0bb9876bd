"""What to read from a source, and as what: the choices that its text does not make."""

import dataclasses
import json
from dataclasses import dataclass

from cscore_data.errors import InvalidInputError


@dataclass(frozen=True)
class LoadOptions:
    """How `sources.load_examples` reads a source; the flags of the same names.

    Parameters
    ----------
    label : str, optional
        Column with the labels; by default the one with a usual name.
    text : str, optional
        Column with the texts to learn from, in place of images or features.
    size : int, optional
        Height and width to which all images are resized.
    labels : str, optional
        ``FILE[:KEY]`` with other labels for the same examples.
    drop_unlabelled : bool
        Leave examples without a label out.
    skip_damaged : bool
        Leave images that cannot be decoded out.

    Raises
    ------
    InvalidInputError
        If `size` is less than 1.

    Examples
    --------
    >>> LoadOptions(label="kind", drop_unlabelled=True).to_json()
    '{"drop_unlabelled": true, "label": "kind"}'
    """

    label: str | None = None
    text: str | None = None
    size: int | None = None
    labels: str | None = None
    drop_unlabelled: bool = False
    skip_damaged: bool = False

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InvalidInputError(
                f"size: found {self.size}, expected a number of pixels, at least 1"
            )

    def given(self) -> dict[str, str | int | bool]:
        """The options that differ from their defaults."""
        values = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                values[field.name] = value
        return values

    def to_json(self) -> str:
        """The options that differ from their defaults, for the attributes of a cube."""
        return json.dumps(self.given(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "LoadOptions":
        """Read what `to_json` wrote.

        Raises
        ------
        InvalidInputError
            If the text is something else.

        Examples
        --------
        >>> LoadOptions.from_json('{"text": "question"}').text
        'question'
        """
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise InvalidInputError(
                f"dataset_options: found {text[:100]!r}, expected options of a data set as "
                "train-holdout writes them"
            ) from error


#: Everything by default.
DEFAULT_OPTIONS = LoadOptions()

import pytest

from cscore_data.data.options import LoadOptions
from cscore_data.data.sources import load_examples
from cscore_data.errors import InvalidInputError


def test_options_survive_the_way_through_attributes():
    options = LoadOptions(label="kind", text="question", labels="a.npz:y", drop_unlabelled=True)
    assert LoadOptions.from_json(options.to_json()) == options
    assert LoadOptions().to_json() == "{}"


@pytest.mark.parametrize("text", ["", "[1]", '{"labell": "a"}', "{", '{"size": 0}'])
def test_other_attributes_are_refused(text):
    with pytest.raises(InvalidInputError, match=r"^(dataset_options|size): found"):
        LoadOptions.from_json(text)


@pytest.mark.parametrize(
    ("source", "options", "flag"),
    [
        ("digits", LoadOptions(label="kind"), "--label"),
        ("a.npz", LoadOptions(skip_damaged=True), "--skip-damaged"),
        ("a.csv", LoadOptions(size=8), "--size"),
    ],
)
def test_an_option_that_means_nothing_for_a_source_is_refused(source, options, flag):
    with pytest.raises(InvalidInputError, match=f"^{source}: {flag} means nothing"):
        load_examples(source, options)

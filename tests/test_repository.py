"""What stands around the package: workflow, hooks, templates, citation."""

import re
import shlex
import tomllib

import pytest
import yaml

from conftest import ROOT
from cscore_data.scores.published_files import CITATION

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def load(name):
    return yaml.safe_load((ROOT / name).read_text())


JOBS = load(".github/workflows/tests.yml")["jobs"]


def commands(job):
    """The command lines of a job, as words."""
    lines = []
    for step in JOBS[job]["steps"]:
        lines += step.get("run", "").splitlines()
    return [shlex.split(line) for line in lines]


def classified_pythons():
    prefix = "Programming Language :: Python :: 3."
    minors = [line.removeprefix(prefix) for line in PROJECT["classifiers"] if prefix in line]
    return [f"3.{minor}" for minor in minors]


def test_the_workflow_tests_every_python_that_the_package_names():
    pythons = JOBS["tests"]["strategy"]["matrix"]["python"]
    assert pythons == classified_pythons()
    assert PROJECT["requires-python"] == f">={pythons[0]}"


def test_the_oldest_dependencies_are_tested_on_the_oldest_python():
    steps = JOBS["oldest-dependencies"]["steps"]
    (setup,) = [step for step in steps if "setup-python" in step.get("uses", "")]
    assert f">={setup['with']['python-version']}" == PROJECT["requires-python"]
    assert any("lowest-direct" in words for words in commands("oldest-dependencies"))


@pytest.mark.parametrize("job", JOBS)
def test_jobs_run_programs_and_extras_that_exist(job):
    assert JOBS[job]["steps"][0]["uses"].startswith("actions/checkout@")
    for words in commands(job):
        program = words[0].removeprefix(".venv/bin/")
        assert program in ("python", "uv") or (ROOT / program).is_file()
        for word in words:
            if word.startswith("tests/"):
                assert (ROOT / word).exists()
        extras = re.findall(r"\.\[([\w,]+)\]", shlex.join(words))
        for extra in ",".join(extras).split(",") if extras else ():
            assert extra in PROJECT["optional-dependencies"]


def test_hooks_run_the_tools_of_the_test_extra():
    (local,) = load(".pre-commit-config.yaml")["repos"]
    tools = [hook["entry"].split()[2] for hook in local["hooks"]]
    assert tools == ["ruff", "ruff", "mypy"]
    script = (ROOT / "bin" / "test").read_text()
    for hook in local["hooks"]:
        words = hook["entry"].removesuffix(" --force-exclude")
        assert f'"$PYTHON" {words.removeprefix("python ")}' in script


def test_templates_for_issues_ask_for_something():
    for file in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")):
        form = yaml.safe_load(file.read_text())
        if file.name != "config.yml":
            assert form["name"]
            assert any(entry["validations"]["required"] for entry in form["body"][:1])


def test_the_citation_names_the_paper_whose_measure_is_computed():
    cited = load("CITATION.cff")
    assert cited["cff-version"] == "1.2.0"
    assert cited["license"] == PROJECT["license"]
    assert {"message", "title", "authors"} <= cited.keys()
    (paper,) = cited["references"]
    names = [f"{author['given-names']} {author['family-names']}" for author in paper["authors"]]
    assert CITATION.startswith(f"{', '.join(names)}: {paper['title']}. ICML {paper['year']}")


def test_versions_of_the_changelog_have_sections_that_readers_know():
    text = (ROOT / "CHANGELOG.md").read_text()
    sections = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert set(sections) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert re.search(r"^## \[?\d+\.\d+\.\d+", text, re.MULTILINE)

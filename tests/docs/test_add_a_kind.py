"""docs/add-a-record-kind.md works: its steps are taken on a copy of the source, and the new kind is asked for."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.followed import ROOT, Step, copied, steps
from tests.test_kinds import AIM, lines, missing

SECONDS = 240
STEPS = steps()


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the source in which every step was taken."""
    root = copied(tmp_path_factory.mktemp("grown"))
    for step in STEPS:
        step.take(root)
    return root


@pytest.fixture(scope="module")
def told(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what the service of the copy answers; see tests/docs/asked.py."""
    command = [sys.executable, "-m", "tests.docs.asked", str(tmp_path_factory.mktemp("home"))]
    done = subprocess.run(command, cwd=grown, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answers: dict[str, Any] = json.loads(done.stdout)
    assert answers["source"] == str(grown)
    return answers


def test_a_new_record_is_made_in_its_first_state(told: dict[str, Any]) -> None:
    """The mutation that was generated from the model makes a record, and gives it back."""
    assert told["made"]["problems"] == []
    assert told["made"]["exhibition"]["status"] == "PLANNED"


def test_the_lifecycle_opens_records_to_members_and_publishing_to_everyone(told: dict[str, Any]) -> None:
    """The head lists it from the start, members from OPEN on, nobody in particular once it is published."""
    assert [told["planned"][who] for who in ("head", "member", "anonymous")] == [["Carpets"], [], []]
    assert [told["open"][who] for who in ("member", "anonymous")] == [["Carpets"], []]
    assert [told["published"][who] for who in ("member", "anonymous")] == [["Carpets"], ["Carpets"]]


def test_the_rule_of_the_kind_holds(told: dict[str, Any]) -> None:
    """The check in resolvers/ stops a step, and says what to do."""
    (problem,) = told["opened empty"]["problems"]
    assert (problem["code"], problem["message"]) == (
        "CONFLICT",
        "An exhibition without works cannot open: add works first",
    )


def test_a_step_is_taken_once(told: dict[str, Any]) -> None:
    """A step from a state that it does not lead from is refused, naming those that do."""
    assert told["opened"]["exhibition"]["status"] == "OPEN"
    (problem,) = told["opened again"]["problems"]
    assert problem["message"] == "open is not possible while OPEN: possible now are close"


def test_elements_change_one_by_one_and_revisions_guard(told: dict[str, Any]) -> None:
    """A patch adds a language and an element and keeps the rest; a revision that was used up is refused."""
    assert told["changed"]["problems"] == []
    assert [problem["code"] for problem in told["changed again"]["problems"]] == ["CONFLICT"]
    exhibition = told["seen by head"]["data"]["exhibition"]
    money = {"amount": "1500.00", "currency": "EUR"}
    lender = {"id": told["partner"]}
    assert exhibition["works"] == [
        {"title": {"en": "Runner", "ru": "Дорожка"}, "lender": lender, "insuredFor": money},
        {"title": {"en": "Saddle bag", "ru": None}, "lender": None, "insuredFor": None},
    ]
    assert [entry["action"] for entry in exhibition["history"]["nodes"]] == ["publish", "open", "update", "create"]


def test_masks_are_cut_from_the_labels(told: dict[str, Any]) -> None:
    """Money is there for finance and no field for members; the lender is no field for nobody in particular."""
    assert told["seen by finance"]["data"]["exhibition"]["works"][0]["insuredFor"]["amount"] == "1500.00"
    assert told["money for member"]["errors"] == ["Cannot query field 'insuredFor' on type 'Work'."]
    assert told["seen by member"]["data"]["exhibition"]["status"] == "OPEN"
    assert told["lender for anonymous"]["errors"] == ["Cannot query field 'lender' on type 'Work'."]
    assert told["seen by anonymous"]["data"]["exhibition"]["title"]["en"] == "Carpets"


def test_what_is_hidden_serves_no_condition(told: dict[str, Any]) -> None:
    """A member cannot ask by a sum that finance can ask by."""
    assert told["by money"]["finance"]["data"] == {"exhibitions": {"totalCount": 1}}
    assert told["by money"]["member"]["data"] is None
    assert "insuredFor" in told["by money"]["member"]["errors"][0]


def test_a_mutation_that_is_not_a_members_is_not_there(told: dict[str, Any]) -> None:
    """Who never may do an action finds neither it nor its input."""
    assert told["change by member"]["data"] is None
    assert "ExhibitionPatch" in told["change by member"]["errors"][0]


def test_the_field_of_its_own_keeps_to_the_scope(told: dict[str, Any]) -> None:
    """The last day counts, the day after does not, and a member does not count what is only planned."""
    assert told["on a day"]["member"]["data"] == {"in": {"totalCount": 1}, "out": {"totalCount": 0}}
    assert told["on a day"]["head"]["data"] == {"in": {"totalCount": 2}, "out": {"totalCount": 1}}


def test_search_reads_every_script(told: dict[str, Any]) -> None:
    """A Russian title is found by Latin letters."""
    assert told["searched"] == {"totalCount": 1}


def test_nothing_is_missing_when_every_step_was_taken(grown: Path) -> None:
    """The test of the kinds agrees with the document, and the new kind keeps to the aim."""
    assert missing(grown) == []
    assert 0 < lines(grown, "Exhibition")["all"] <= AIM


def test_the_new_files_keep_the_rules_of_the_source(grown: Path) -> None:
    """The code of the document passes the linter and is in form."""
    files = [step.file for step in STEPS]
    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, "--no-cache", "--config", str(ROOT / "pyproject.toml"), *files]
        done = subprocess.run(command, cwd=grown, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("left_out", "told_of"),
    [
        ("documents/exhibition.py", "make documents/exhibition.py"),
        ("documents/kinds.py", "name it in KINDS in documents/kinds.py"),
        ("auth/policy.py", "Exhibition has no row in SCOPE: add one in auth/policy.py"),
        ("resolvers/exhibition.py", "make resolvers/exhibition.py"),
        ("resolvers/kinds.py", "name it in MODULES in resolvers/kinds.py"),
        ("schema/exhibition.py", "make schema/exhibition.py"),
        ("schema/additions.py", "name it in ADDITIONS in schema/additions.py"),
    ],
)
def test_a_step_that_is_left_out_is_named(tmp_path: Path, left_out: str, told_of: str) -> None:
    """The test of the kinds says which file to make or to correct."""
    root = copied(tmp_path)
    for step in STEPS:
        if step.file != left_out:
            step.take(root)
    assert any(told_of in problem for problem in missing(root)), missing(root)


def test_a_place_that_moved_is_named(tmp_path: Path) -> None:
    """A step whose line the source no longer holds says so: the document is corrected with the source."""
    root = copied(tmp_path)
    step = Step("documents/kinds.py", "", "below", "no such line")
    with pytest.raises(ValueError, match="holds the line 'no such line' 0 times"):
        step.take(root)

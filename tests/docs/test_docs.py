"""The documentation is true: its queries run, its commands, settings, names, files and links are there."""

import asyncio
import importlib
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer.main
from graphql import OperationDefinitionNode, parse
from rich.console import Console

import cli
from auth.backend import Authenticator
from auth.caller import Caller, Role, caller
from demo.office import Office
from demo.samples import samples
from demo.serve import Chosen, choose, fill, shown, token_for
from documents.kinds import KINDS
from resolvers.context import Services
from schema.graph import Graph
from schema.names import plural, singular
from schema.view import View
from settings import Settings, load_settings
from tests.conftest import Ask, Clock, asking, opened
from tests.docs.followed import DOCUMENT, ROOT, steps
from tests.world import NOW

LAYERS = ("documents", "auth", "resolvers", "schema", "exchange", "work", "demo")
MAP = "docs/map.md"
# Pages for strangers, which show what each query answers.
PAGES = ("docs/intranet-front-page.md", "docs/partner-visit-page.md")
HEAD = caller(Role.HEAD)
MADE_BY_MAKE = {"schema/schema.graphql"}
# Words of a document that look like a name of the house, and are an example of one.
EXAMPLES = {"documents.exhibition", "resolvers.exhibition", "schema.exhibition"}
SUFFIXES = "py|md|toml|yaml|graphql|lock|txt|css|js|html|svg"


def _documents() -> list[str]:
    return [
        "README.md",
        "CHANGELOG.md",
        *(p.relative_to(ROOT).as_posix() for p in sorted((ROOT / "docs").rglob("*.md"))),
    ]


DOCUMENTS = _documents()


@cache
def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the rest of its info string, and where it begins."""

    document: str
    line: int
    language: str
    info: str
    code: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def _blocks(*languages: str) -> list[Block]:
    found = []
    for name in DOCUMENTS:
        for match in re.finditer(r"^```(\w+)([^\n]*)\n(.*?)^```$", _text(name), re.MULTILINE | re.DOTALL):
            line = _text(name)[: match.start()].count("\n") + 1
            if match[1] in languages:
                found.append(Block(name, line, match[1], match[2].strip(), match[3]))
    return found


def _prose(name: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", _text(name), flags=re.MULTILINE | re.DOTALL)


def _quoted(name: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", _prose(name))


@pytest.fixture(scope="module")
def filled(store_uri: str, home: Path) -> tuple[Settings, Office]:
    """Give the settings of a database that holds the demonstration, and what was put into it."""
    settings = load_settings(mode="demo", home=home, database=f"docs_{secrets.token_hex(6)}")

    async def made() -> Office:
        async with opened(settings, store_uri, Clock()) as found:
            return await fill(found, Console(quiet=True))

    return settings, asyncio.run(made())


@pytest.fixture
async def demonstration(store_uri: str, filled: tuple[Settings, Office], clock: Clock) -> AsyncIterator[Services]:
    """Give the services on the demonstration."""
    async with opened(filled[0], store_uri, clock) as found:
        yield found


@pytest.fixture
def ask_demo(demonstration: Services, graph: Graph) -> Ask:
    """Give a function that asks of the demonstration."""
    return asking(View(demonstration, graph, Authenticator(demonstration.settings, demonstration.store)))


async def _signed_in(services: Services, made: Office, role: str) -> Caller:
    """The caller whom `korpu token ROLE` signs in; nobody in particular for `anonymous`."""
    headers = {}
    if role != "anonymous":
        headers["authorization"] = f"Bearer {token_for(services.settings, choose(made, Chosen(role)))}"
    return await Authenticator(services.settings, services.store).caller(headers)


async def _changed(ask: Ask, who: Caller, clock: Clock, lag: float) -> str:
    """A cursor of changes, after which one contact of the caller's partner was changed and another archived."""
    partner = (await ask(who, "{ viewer { partner { id } } }"))["viewer"]["partner"]["id"]
    create = "mutation ($i: CreateContactInput!) { createContact(input: $i) { contact { id revision } } }"
    made = [
        (await ask(HEAD, create, i={"partner": partner, "familyName": name}))["createContact"]["contact"]
        for name in ("Stays", "Goes")
    ]
    clock.now += timedelta(seconds=lag + 1)
    cursor: str = (await ask(who, "{ changes(first: 0) { endCursor } }"))["changes"]["endCursor"]
    change = (
        "mutation ($i: ID!, $r: String!) "
        '{ updateContact(id: $i, ifRevision: $r, patch: { title: "Dr" }) { problems { path } } }'
    )
    assert (await ask(HEAD, change, i=made[0]["id"], r=made[0]["revision"]))["updateContact"]["problems"] == []
    clock.now += timedelta(seconds=1)
    archive = "mutation ($i: ID!) { archiveContact(id: $i) { problems { path } } }"
    assert (await ask(HEAD, archive, i=made[1]["id"]))["archiveContact"]["problems"] == []
    clock.now += timedelta(seconds=lag + 1)
    return cursor


async def _variables(ask: Ask, who: Caller, query: str, services: Services, clock: Clock) -> dict[str, Any]:
    """Values for the variables of a query, by their names.

    `$delegation` is the id of a delegation, `$revision` that one's revision; `$from` and `$to` are this week, `$month`
    is in a month, `$slug` is that of what happens this week, and `$cursor` one after which something changed.
    """
    (operation,) = [node for node in parse(query).definitions if isinstance(node, OperationDefinitionNode)]
    kinds = {singular(kind): kind for kind in KINDS}
    today = clock().date()
    monday = today - timedelta(days=today.weekday())
    days = {"from": monday, "to": monday + timedelta(days=7), "month": monday + timedelta(days=31)}
    found: dict[str, Any] = {}
    for name in [variable.variable.name.value for variable in operation.variable_definitions or ()]:
        if name in kinds:
            records = plural(kinds[name])
            nodes = (await ask(who, f"{{ {records}(first: 1) {{ nodes {{ id revision }} }} }}"))[records]["nodes"]
            found |= {name: nodes[0]["id"], "revision": nodes[0]["revision"]}
        elif name in days:
            found[name] = days[name].isoformat()
        elif name == "slug":
            week = f'from: "{days["from"]}", to: "{days["to"]}"'
            found[name] = (await ask(who, f"{{ happenings({week}) {{ nodes {{ slug }} }} }}"))["happenings"]["nodes"][
                0
            ]["slug"]
        elif name == "cursor":
            found[name] = await _changed(ask, who, clock, services.settings.changes_lag_seconds)
    return found


def _answers(block: Block) -> list[tuple[str, Any]]:
    """What a document shows below a query as its answers, each with the word beside ```json."""
    found: list[tuple[str, Any]] = []
    for other in _blocks("graphql", "json"):
        if other.document == block.document and other.line > block.line:
            if other.language == "graphql":
                break
            found.append((other.info, json.loads(other.code)))
    return found


def _like(shown: Any, answered: Any) -> bool:
    """Whether an answer has what is shown of it: fields and elements may be left out, `…` is anything but null."""
    if shown == "…":
        return answered is not None
    if isinstance(shown, dict):
        return isinstance(answered, dict) and all(_like(shown[name], answered.get(name)) for name in shown)
    if isinstance(shown, list) and shown:
        return isinstance(answered, list) and len(answered) >= len(shown) and all(map(_like, shown, answered))
    return bool(shown == answered)


@pytest.mark.parametrize("block", _blocks("graphql"), ids=str)
async def test_queries_run(
    block: Block, demonstration: Services, filled: tuple[Settings, Office], ask_demo: Ask, clock: Clock
) -> None:
    """Every query runs as the role that stands beside ```graphql, finds something, and answers what is shown below."""
    assert block.info, f"{block} does not say as whom it runs: write ```graphql member, or another role"
    who = await _signed_in(demonstration, filled[1], block.info)
    variables = await _variables(ask_demo, who, block.code, demonstration, clock)
    answer = await ask_demo(who, block.code, **variables)
    assert answer.errors == []
    for value in answer.data.values():
        assert value is not None
        assert value.get("problems", []) == []
        assert value.get("nodes", [1]) != []
    for word, answers in _answers(block):
        if word == "again":
            answer = await ask_demo(who, block.code, **variables)
        given = json.loads(orjson.dumps(answer.data))
        assert _like(answers, given), f"{block} answers {json.dumps(given, ensure_ascii=False)}"


@pytest.mark.parametrize("page", PAGES)
def test_every_query_of_a_page_has_its_answer(page: str) -> None:
    """Who builds from a page sees what each of its queries answers."""
    asked = [block for block in _blocks("graphql") if block.document == page]
    assert len(asked) >= 3
    assert [str(block) for block in asked if not _answers(block)] == []


async def test_the_front_page_is_read_page_by_page(
    demonstration: Services, filled: tuple[Settings, Office], ask_demo: Ask, clock: Clock
) -> None:
    """The paging query, asked on with each cursor, lists every happening once, as one page does."""
    (block,) = [found for found in _blocks("graphql") if "$after: String" in found.code]
    who = await _signed_in(demonstration, filled[1], block.info)
    variables = await _variables(ask_demo, who, block.code, demonstration, clock)
    slugs, after = [], None
    while True:
        page = (await ask_demo(who, block.code, **variables, after=after))["happenings"]
        slugs += [node["slug"] for node in page["nodes"]]
        after = page["endCursor"]
        if not page["hasNextPage"]:
            break
    whole = await ask_demo(who, block.code.replace("first: 1", "first: 50"), **variables)
    assert slugs == [node["slug"] for node in whole["happenings"]["nodes"]]
    assert len(slugs) > 1


@pytest.mark.parametrize("title", [sample["title"] for sample in samples(NOW.date(), "")])
async def test_samples_run(
    title: str, demonstration: Services, filled: tuple[Settings, Office], ask_demo: Ask, clock: Clock
) -> None:
    """Every sample of the query page runs without errors as each role that it is offered to, and finds something."""
    found = samples(clock().date(), shown(filled[1]))
    (sample,) = [sample for sample in found if sample["title"] == title]
    for role in sample["roles"] or sorted({person.role.value for person in filled[1].people}):
        who = await _signed_in(demonstration, filled[1], role)
        answer = await ask_demo(who, sample["query"], **sample["variables"])
        assert answer.errors == [], role
        for value in answer.data.values():
            assert value != [], role
            assert not isinstance(value, dict) or value.get("nodes", [1]) != [], role


def _shell() -> Iterator[tuple[Block, str]]:
    for block in _blocks("sh"):
        for line in block.code.replace("\\\n", " ").splitlines():
            yield block, line


def _commands() -> Iterator[tuple[str, str]]:
    """Every `korpu …` of the documents: (where, the words after it)."""
    for block, line in _shell():
        for match in re.finditer(r"\bkorpu ((?:[a-z-]+ ?)+[^)|&]*)", line):
            yield str(block), match[1]
    for name in DOCUMENTS:
        for quoted in _quoted(name):
            if quoted.startswith("korpu ") and quoted != "korpu …":
                yield name, quoted.removeprefix("korpu ")


@pytest.mark.parametrize(("where", "words"), sorted(set(_commands())))
def test_commands_exist(where: str, words: str) -> None:
    """Every command that is shown is one of `korpu`, with options that it takes."""
    command: Any = typer.main.get_command(cli.app)
    for word in words.split():
        if word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts}
            assert word.partition("=")[0] in known, f"{where}: {command.name} does not take {word}"
        elif hasattr(command, "commands"):
            assert word in command.commands, f"{where}: there is no command {word}"
            command = command.commands[word]


def test_every_command_is_told_of() -> None:
    """The README lists every command."""
    told = {words.split()[0] for where, words in _commands() if where == "README.md"}
    group: Any = typer.main.get_command(cli.app)
    assert set(group.commands) <= told


def test_targets_of_make_exist() -> None:
    """Every target of make that is shown is one of the Makefile."""
    known = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))
    shown = [line for _, line in _shell()] + [quoted for name in DOCUMENTS for quoted in _quoted(name)]
    wanted = {word for line in shown if (match := re.search(r"\bmake ([a-z ]+)$", line)) for word in match[1].split()}
    assert {"demo", "test"} <= wanted
    assert wanted <= known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_settings_exist(document: str) -> None:
    """Every variable KORPU_… that is named is a setting."""
    named = set(re.findall(r"\bKORPU_([A-Z]+(?:_[A-Z]+)*)\b", _text(document)))
    assert {name for name in named if name.lower() not in Settings.model_fields} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Every link within the project leads to a file that is there, and to a heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(document)):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        path = (ROOT / document).parent / name if name else ROOT / document
        assert path.exists(), f"{document} links to {target}"
        if heading:
            headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", found.lower()).replace(" ", "-") for found in headings}
            assert heading in slugs, f"{document} links to {target}"


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != MAP])
def test_files_exist(document: str) -> None:
    """Every file of the project that is named is there, or made by a step of the document that names it."""
    coming = {name for step in steps() for name in (step.file, Path(step.file).name) if document == DOCUMENT}
    for quoted in _quoted(document):
        if re.fullmatch(rf"\w[\w./-]*\.(?:{SUFFIXES})", quoted) and quoted not in coming | MADE_BY_MAKE:
            beside = [ROOT / quoted, *((ROOT / layer / quoted) for layer in LAYERS)]
            assert any(path.exists() for path in beside), f"{document} names {quoted}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_names_exist(document: str) -> None:
    """Every function, class or module that is named with its module is there."""
    for quoted in _quoted(document):
        name = quoted.partition("(")[0]
        if not re.fullmatch(rf"(?:app|cli|{'|'.join(LAYERS)})(?:\.\w+)+", name) or name in EXAMPLES:
            continue
        if not re.search(rf"\.(?:{SUFFIXES})$", name):
            assert _exists(name), f"{document} names {quoted}"


def _exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def _mapped() -> set[str]:
    """Every file and folder that is on the map."""
    found, folder = set(), ""
    for line in _text(MAP).splitlines():
        if line.startswith("## "):
            layer = line.removeprefix("## ").partition(":")[0]
            folder = f"{layer}/" if layer in LAYERS else ""
        elif line.startswith("- `"):
            found |= {f"{folder}{name}" for name in re.findall(r"`([^`]+)`", line.partition(": ")[0])}
    return found


def test_the_map_shows_the_house() -> None:
    """Every module of the layers and every file at the top is on the map."""
    files = [path for layer in LAYERS for path in (ROOT / layer).iterdir()]
    there = {path.relative_to(ROOT).as_posix() for path in files if path.suffix == ".py" and path.name != "__init__.py"}
    there |= {path.name for path in ROOT.glob("*.py")}
    top = ("*.md", "*.toml", "*.yaml", "*.lock", "Dockerfile", "Makefile", "LICENSE", ".*ignore")
    there |= {path.name for pattern in top for path in ROOT.glob(pattern)}
    assert there - _mapped() == set()


def test_nothing_on_the_map_is_missing() -> None:
    """What is on the map is in the source; a name with a star stands for at least one file."""
    assert {name for name in _mapped() if not list(ROOT.glob(name.rstrip("/")))} == set()


def test_decisions_are_numbered_and_whole() -> None:
    """Decisions count up from one, and each says its status, context, decision and consequences."""
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    for path in files:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {path.name[:4]}. ")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Status", "Context", "Decision", "Consequences"], path.name


def test_the_readme_is_short() -> None:
    """A stranger reads it in one go."""
    assert len(_text("README.md").splitlines()) < 200

"""The contenders, each a process of its own, on the same store."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from auth.bearer import Claims, issue_token
from auth.caller import Role
from bench.measure import Bare, Contender, python, started
from bench.records import CYCLE, Account, Records
from bench.serve import Told
from bench.service import settings

HOUSE = Path(__file__).parents[1]
YOGA = HOUSE / "bench" / "yoga"
FLOOR, SERVICE, OPEN, IDIOMATIC, YOGA_NAME = "floor", "korpu", "korpu, all open", "strawberry + beanie", "graphql-yoga"
FIELDS = {"Delegation": "delegations", "ItineraryIssue": "itineraryIssues"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the store is."""

    uri: str
    database: str
    home: Path


def node_missing() -> str | None:
    """Why graphql-yoga cannot be measured here; None where it can."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not on the PATH"
    if (YOGA / "node_modules").exists():
        return None
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],  # noqa: S607 - found on the PATH above
        cwd=YOGA,
        capture_output=True,
        text=True,
        check=False,
    )
    return None if done.returncode == 0 else f"npm ci failed in {YOGA}: {done.stderr.strip()[-200:]}"


def caller_of(account: Account) -> dict[str, Any]:
    """What the contenders without a table are told of an account: the tokens that open a record to it."""
    if account.role is Role.PARTNER:
        tokens = [f"issued:{account.partner}", f"partner:{account.partner}"]
    else:
        tokens = [f"assigned:{account.person}", "office"]
    return {"role": account.role.value, "tokens": tokens, "partner": account.partner}


@contextmanager
def contenders(place: Place, made: Records, names: tuple[str, ...]) -> Iterator[dict[str, Contender]]:
    """Start the contenders of these names and give them by name, as long as the block lasts."""
    callers = {name: caller_of(account) for name, account in made.accounts.items()}
    told = Told(place.uri, place.database, callers, str(place.home))
    with ExitStack() as stack:
        yield {name: _start(stack, name, told, made) for name in names}


def _start(stack: ExitStack, name: str, told: Told, made: Records) -> Contender:
    given = asdict(told)
    environment = {"PYTHONPATH": str(HOUSE), "NODE_ENV": "production"}
    command = python("service", given | {"open": name == OPEN})
    if name == YOGA_NAME:
        command = ["node", str(YOGA / "server.mjs"), orjson.dumps(given).decode()]
    elif name in (FLOOR, IDIOMATIC):
        command = python("floor" if name == FLOOR else "idiomatic", given)
    port = stack.enter_context(started(command, environment))
    if name in (SERVICE, OPEN):
        found = Contender(name, port, _tokens(told, made), {})
    else:
        found = (Bare if name == FLOOR else Contender)(name, port, {each: each for each in made.accounts}, None)
    stack.enter_context(closing(found))
    if found.cursors is not None:
        found.cursors = {kind: _deep(found, kind, account) for kind, account in DEEP.items()}
    return found


DEEP = {"Delegation": "officer", "ItineraryIssue": "partner"}


def _tokens(told: Told, made: Records) -> Mapping[str, str]:
    found = settings(told)
    return {
        name: f"Bearer {issue_token(found, Claims((one.role,), one.person, (), one.partner, name))}"
        for name, one in made.accounts.items()
    }


def _deep(service: Contender, kind: str, account: str) -> str:
    """The cursor after which the last cycle but one begins: two pages back from the end."""
    field = FIELDS[kind]
    text = f"""query Deep($last: Int!, $before: String) {{
      {field}(last: $last, before: $before) {{ pageInfo {{ startCursor }} }}
    }}"""
    cursor = None
    for last in (CYCLE + 1, CYCLE):
        body = orjson.dumps({"query": text, "variables": {"last": last, "before": cursor}})
        headers = {"Authorization": service.tokens[account], "Content-Type": "application/json"}
        cursor = orjson.loads(service.ask(("/graphql", body, headers)))["data"][field]["pageInfo"]["startCursor"]
    return str(cursor)

"""The demonstration: its records are put in on first start, and a page at `/` signs in by a click."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.progress import Progress
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.bearer import Claims, issue_token
from auth.caller import Role
from demo.load import load, loaded
from demo.office import DemoPerson, Office, office
from demo.provider import DemoProvider, open_accounts
from demo.samples import samples
from documents.delegation import Delegation
from documents.store import Store, Stored, translated
from errors import SettingsError
from resolvers.context import Services
from resolvers.itinerary import rebook
from schema.page import page_routes
from settings import Settings

SEED = 2026
MARK = "demonstration"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a token is for: a role, of a partner or a unit where that matters."""

    role: str
    partner: str | None = None
    unit: str | None = None


async def beginning(store: Store, today: date) -> date:
    """The day on which the demonstration of this store began: its records are dated around it."""
    with translated():
        collection = store.collection("loads")
        fresh = {"$setOnInsert": {"today": today.isoformat()}}
        await collection.update_one({"_id": MARK}, fresh, upsert=True)
        found = await collection.find_one({"_id": MARK})
    return date.fromisoformat(found["today"]) if found else today


async def fill(services: Services, console: Console) -> Office:
    """Put the made-up office into the store, where it is not yet. What was changed since stays."""
    made = office(await beginning(services.store, services.clock().date()), SEED)
    if not await loaded(services.store, "office"):
        await _put(services, made, console)
    await open_accounts(services, made.people)
    return made


async def _put(services: Services, made: Office, console: Console) -> None:

    async def seal(document: Stored, _: str) -> Stored:
        return await services.cipher.seal_document(document)

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Filling the office", total=len(made.records))
        advance: Callable[[int, int], None] = lambda _, records: bar.update(task, completed=records)  # noqa: E731
        await load(services.store, [made.records], progress=advance, seal=seal)
    await rebook(services.store)


def choose(made: Office, chosen: Chosen) -> DemoPerson:
    """The person of the demonstration for a role. Raises SettingsError naming what there is."""
    partners = {record.code: record.id for record in made.records if record.prefix == "prt"}
    units = {record.code: record.id for record in made.records if record.prefix == "unt"}
    for wanted, known, what in ((chosen.partner, partners, "--partner"), (chosen.unit, units, "--unit")):
        if wanted is not None and wanted not in known:
            msg = f"{what} {wanted} is unknown: choose one of {', '.join(sorted(known)[:60])}"
            raise SettingsError(msg)
    if chosen.role not in {role.value for role in Role}:
        msg = f"“{chosen.role}” is no role: choose one of {', '.join(role.value for role in Role)}"
        raise SettingsError(msg)
    fitting = [person for person in made.people if person.role.value == chosen.role]
    if chosen.partner:
        fitting = [person for person in fitting if person.partner == partners[chosen.partner]] or [
            _other(made, chosen, partners[chosen.partner])
        ]
    if chosen.unit:
        fitting = [person for person in fitting if units[chosen.unit] in person.units] or fitting
    if not fitting:
        return DemoPerson(chosen.role, Role(chosen.role), None, frozenset(), None, chosen.role, "")
    found = fitting[0]
    if chosen.unit and units[chosen.unit] not in found.units:
        found = DemoPerson(
            found.key, found.role, found.person, frozenset({units[chosen.unit]}), found.partner, found.label, ""
        )
    return found


def _other(made: Office, chosen: Chosen, partner: str) -> DemoPerson:
    """A contact of a partner whom no click signs in."""
    person = next((r.id for r in made.records if r.prefix == "prs" and getattr(r, "partner", None) == partner), None)
    label = f"contact of {chosen.partner}"
    return DemoPerson(chosen.role, Role(chosen.role), person, frozenset(), partner, label, label)


def shown(made: Office) -> str:
    """The id of the visit that samples ask for."""
    return next(visit.id for visit in made.all(Delegation) if visit.code == "DLG-ANKARA")


def token_for(settings: Settings, person: DemoPerson) -> str:
    """A demo token that says who this is."""
    claims = Claims((person.role,), person.person, tuple(sorted(person.units)), person.partner, person.label)
    return issue_token(settings, claims)


def demo_routes(services: Services, made: Office) -> list[Route]:
    """The query page, whom to sign in as, and queries to begin with."""

    async def roles(_: Request) -> Response:
        found = [
            {
                "role": person.key,
                "label": person.label,
                "description": person.description,
                "token": None if person.role is Role.ANONYMOUS else token_for(services.settings, person),
            }
            for person in made.people
        ]
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    async def queries(_: Request) -> Response:
        return JSONResponse(samples(services.clock().date(), shown(made)))

    provider = DemoProvider(services.settings, made.people, services.clock)
    return [Route("/demo/roles", roles), Route("/demo/samples", queries), *provider.routes(), *page_routes()]

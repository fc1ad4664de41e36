"""Who the caller is, and why they can or cannot see something."""

from typing import Any

import strawberry
from strawberry import Info

from auth.access import visible
from auth.caller import Role
from auth.policy import READ
from documents.kinds import collection_of, kind_of, tree_of
from documents.record import graphql_name
from documents.store import translated
from documents.tree import Path
from resolvers.context import Context
from resolvers.load import rows
from schema.derive import add, list_of, new_class
from schema.own_access import access_type
from schema.selection import load_at


@strawberry.type(description="Why a field of a record is or is not readable for you.")
class Access:
    """The answer to “why can't I see this?”."""

    readable: bool = strawberry.field(description="Whether you read it on this record.")
    label: str = strawberry.field(description="The labels it stands under, from the outside in.")
    rule: str = strawberry.field(description="Where your roles read it.")
    remedy: str = strawberry.field(description="What would let you read it.")


def _path(kind: str, field: str) -> Path | None:
    for path in tree_of(kind).walk():
        if ".".join(graphql_name(name) for name in path.path.split(".")) == field:
            return path
    return None


async def explain(context: Context, record_id: str, field: str) -> Access | None:
    """Why a field is or is not readable; None for a record or a field that does not exist for the caller."""
    kind = kind_of(record_id)
    sight = visible(kind, context.caller, context.now) if kind else None
    if kind is None or sight is None:
        return None
    path = _path(kind, field)
    if path is None or path.hidden or not sight.kind.readable(path):
        return None
    with translated():
        query = {"$and": [{"_id": record_id}, sight.filter()]}
        record = await context.store.collection(collection_of(kind)).find_one(query)
    if record is None:
        return None
    readable = sight.reads(path.chain, sight.bits(record))
    rules = {label.name: str(sight.kind.labels[label]) for label in path.chain if sight.kind.modes[label] == "if"}
    readers = [role.value for role in Role if all(READ[label].get(role) for label in path.chain)]
    return Access(
        readable=readable,
        label=" > ".join(label.name for label in path.chain),
        rule="; ".join(f"{name}: {rule}" for name, rule in rules.items()) or "wherever the record is in your scope",
        remedy="nothing: you read it" if readable else f"ask someone who reads it: {', '.join(readers)}",
    )


def add_viewer(graph: Any) -> None:
    """Add ``viewer`` and ``access`` to the graph."""
    viewer_type = new_class("Viewer")
    add(viewer_type, "name", str, description="How you are called here.")
    add(viewer_type, "roles", list[str], description="The roles that you hold.")
    add(viewer_type, "person", graph.outputs.records["Person"] | None, description="Your person in the register.")
    add(viewer_type, "partner", graph.outputs.records["Partner"] | None, description="The partner you act for.")
    add(
        viewer_type,
        "units",
        list_of(graph.outputs.records["Unit"]),
        description="Units you coordinate, with those below.",
    )
    add(viewer_type, "access", access_type(graph), description="All that the system holds about your access.")
    add(viewer_type, "languages", list[str], description="Languages of this service.")
    add(viewer_type, "zone", str, description="IANA time zone of the university.")
    add(viewer_type, "university", str, description="Name of the university.")
    strawberry.type(viewer_type, description="Who you are to this service.")

    async def viewer(info: Info) -> Any:
        context: Context = info.context
        caller = context.caller
        found: dict[str, Any] = {}
        for name, kind, ids in (
            ("person", "Person", caller.persons),
            ("partner", "Partner", caller.partners),
            ("units", "Unit", caller.units),
        ):
            found[name] = (
                await rows(context, load_at(info, kind, (name,)), {"_id": {"$in": sorted(ids)}}) if ids else []
            )
        return {
            "name": caller.name or ("somebody" if caller.signed_in else "nobody"),
            "roles": sorted(role.value for role in caller.roles),
            "person": next(iter(found["person"]), None),
            "partner": next(iter(found["partner"]), None),
            "units": found["units"],
            "access": {},
            "languages": context.settings.languages,
            "zone": context.settings.zone,
            "university": context.settings.university,
        }

    async def access(info: Info, id: strawberry.ID, field: str) -> Access | None:
        return await explain(info.context, id, field)

    viewer.__annotations__["return"] = viewer_type
    add(graph.query, "viewer", None, description="Who you are and what you hold.", resolver=viewer)
    says = "Why you do or do not read a field, such as `members.arrival.airport`, of a record; null for an unknown one."
    add(graph.query, "access", None, description=says, resolver=access)

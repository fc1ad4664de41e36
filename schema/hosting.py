"""What hosts are asked, and their answers."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import ID, Info

from documents.itinerary import HostAnswer
from documents.kinds import tree_of
from resolvers import hosting
from schema.derive import Mark, add, enum_type, list_of, new_class
from schema.scalars import Date, DateTime
from schema.selection import load_at, payload

FIELDS = ("title", "kind", "start", "end", "place")


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """What the caller hosts, and answering."""
    items = tree_of("Itinerary").path("days.items")
    cls = new_class("HostedItem")
    add(cls, "item", ID, description="Id of the item.")
    add(cls, "day", Date, description="The day on which it begins, in the zone of the place.")
    for path in (items.child(name) for name in FIELDS):
        if path.model is not None:
            kept: Any = graph.outputs.part("Itinerary", path)
        else:
            kept = DateTime if path.name in ("start", "end") else enum_type(path.leaf)
        add(cls, path.name, kept | None if path.nullable else kept, description=path.description)
    add(cls, "answer", enum_type(HostAnswer), description="What was answered.")
    add(cls, "itinerary", graph.outputs.records["Itinerary"] | None, description="The plan that it stands in.")
    add(cls, "visit", graph.outputs.records["Delegation"] | None, description="The visit; null where out of scope.")
    strawberry.type(cls, description="An item that you were asked to host.")

    async def my_hosting(
        info: Info,
        from_: Annotated[Date, strawberry.argument(name="from")],
        end: Annotated[Date, strawberry.argument(name="to")],
    ) -> Any:
        plans, visits = load_at(info, "Itinerary", ("itinerary",)), load_at(info, "Delegation", ("visit",))
        return await hosting.hosting(info.context, date.fromisoformat(from_), date.fromisoformat(end), plans, visits)

    async def answer_hosting(info: Info, id: ID, item: ID, answer: Any, substitute: ID | None = None) -> Any:
        outcome = await hosting.answer(info.context, id, item, answer, substitute)
        return await payload(info, "Itinerary", outcome)

    my_hosting.__annotations__["return"] = list_of(cls)
    says = "The items that you were asked to host, between two days, in the order of their start."
    mark = Mark("Itinerary", "extra", right="answer")
    add(graph.query, "my_hosting", None, description=says, mark=mark, resolver=my_hosting)
    says = "Accept or decline to host an item, or propose somebody who does; they are asked then."
    graph.action("Itinerary", "answer", answer_hosting, says, name="answer_hosting", answer=enum_type(HostAnswer))

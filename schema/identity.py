"""What is done with the identity data of persons: revealing and erasing."""

from typing import Any

import strawberry
from strawberry import ID, Info

from auth.mask import revealed
from documents.disclosure import IdentityField
from resolvers import disclosure, erasure
from resolvers.problem import Problem
from schema.derive import Mark, add, enum_type, list_of, new_class, scalar_type
from schema.selection import payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Revealing one person or several, and erasing."""
    cls = new_class("RevealedPerson")
    add(cls, "id", ID, description="Global id of the person.")
    for path in revealed("Person"):
        kept = graph.outputs.part("Person", path) if path.model else scalar_type(path)
        says = f"{path.description.partition('.')[0]}; null where it was not asked for, is not there, or was erased."
        add(cls, path.name, (list_of(kept) if path.many else kept) | None, description=says)
    strawberry.type(cls, description="What was revealed of a person. Every reading is logged.")
    answer = new_class("RevealPersonPayload")
    add(answer, "revealed", list_of(cls), description="What was asked for, person by person.")
    add(answer, "problems", list[Problem], description="What is wrong; of whom a problem tells, nothing is revealed.")
    strawberry.type(answer, description="What revealing came to.")
    fields = list_of(enum_type(IdentityField))

    async def reveal_person(info: Info, id: ID, reason: str, fields: Any) -> Any:
        return await disclosure.reveal(info.context, id, reason, fields)

    async def reveal_persons(info: Info, ids: list[ID], reason: str, fields: Any) -> Any:
        return await disclosure.reveal_all(info.context, list(ids), reason, fields)

    async def erase_person(info: Info, id: ID, reason: str) -> Any:
        return await payload(info, "Person", await erasure.erase(info.context, id, reason))

    for resolver in (reveal_person, reveal_persons):
        resolver.__annotations__.update({"fields": fields, "return": answer})
    says = "Tell identity data of a person. Who asked, when and what for is logged before it is decrypted."
    mark = Mark("Person", "action", action="reveal")
    add(graph.mutation, "reveal_person", None, description=says, mark=mark, resolver=reveal_person)
    says = "Tell identity data of several persons for one reason, logged for each. Who is not told is a problem."
    mark = Mark("Person", "extra", right="reveal")
    add(graph.mutation, "reveal_persons", None, description=says, mark=mark, resolver=reveal_persons)
    says = "Delete care and identity data of a person for good, in the record, its history and every copy of the store."
    graph.action("Person", "erase", erase_person, says)

"""The last part of a record's public address: made from its title where it is published without one."""

import secrets
from collections.abc import Mapping
from typing import Any

from auth.access import all_of
from documents.folding import words
from documents.kinds import KINDS, collection_of
from documents.values import in_words
from resolvers.context import Context

LONGEST = 60
LETTERS = 4
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
# What a record is called, by kind; the path that is read by everyone who has the record in scope.
TITLES = {kind: "title" if "title" in model.model_fields else "name" for kind, model in KINDS.items()}


def made_from(text: Mapping[str, Any] | None) -> str:
    """A text as a part of an address: folded, with hyphens; empty where nothing of it can be written so."""
    found = ""
    for word in words(in_words(text)):
        plain = "".join(sign for sign in word if sign.isascii() and sign.isalnum())
        if plain and len(found) + len(plain) < LONGEST:
            found = f"{found}-{plain}" if found else plain
    return found


def letters() -> str:
    """A few random letters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))


async def free(context: Context, kind: str, document: Mapping[str, Any], session: Any) -> str:
    """A slug for a record, unique among those that the caller sees.

    Whether one that they do not see has it is not looked at: the answer would tell. What is public is seen by all who
    publish, so that no two public records share one.
    """
    wanted = document["slug"] or made_from(document.get(TITLES[kind])) or letters()
    sight = context.sight(kind)
    assert sight is not None  # noqa: S101  # the record is in the caller's scope
    others = all_of([{"slug": wanted, "_id": {"$ne": document["_id"]}}, sight.filter()])
    taken = await context.store.collection(collection_of(kind)).find_one(others, {"_id": 1}, session=session)
    return wanted if taken is None else f"{wanted}-{letters()}"

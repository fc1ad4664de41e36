"""Drawing made-up records: the same seed gives the same ids, codes, elements and moments, on every machine."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from documents.record import Element, Facts, Record
from documents.unit import Unit

ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
BAKU = "Asia/Baku"

Kind = TypeVar("Kind", bound=Record)


def table(name: str) -> dict[str, Any]:
    """What ``name``.toml beside this module holds, by key."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))


def text(words: Sequence[str]) -> dict[str, str]:
    """A text from its Azerbaijani, English and Russian wording; an empty one is left out."""
    return {language: wording for language, wording in zip(("az", "en", "ru"), words, strict=True) if wording}


def moment(day: date, clock: str, zone: str = BAKU) -> datetime:
    """The instant of a day and time, such as ``10:30``, in a zone."""
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


def weekday(today: date, week: int, day: int) -> date:
    """A day of the week (0 is Monday), so many weeks from this one."""
    return today - timedelta(days=today.weekday()) + timedelta(weeks=week, days=day)


def token(random: Random, alphabet: str, length: int) -> str:
    """Characters drawn from an alphabet."""
    return "".join(random.choices(alphabet, k=length))


def element(random: Random) -> str:
    """The id of a list element."""
    return token(random, ID_ALPHABET, 12)


def facts_of(kind: type[Record]) -> type[Facts]:
    """The model of what a client may write into a kind."""
    return next(base for base in kind.__mro__ if issubclass(base, Facts) and not issubclass(base, Record))


@dataclass(frozen=True, slots=True)
class Draw:
    """The source of everything that is drawn."""

    seed: int

    def random(self, *names: object) -> Random:
        """A source of its own for what these names say, so that more of one thing changes nothing of another."""
        return Random("/".join(map(str, (self.seed, *names))))  # noqa: S311 - it makes up records and guards nothing

    def id(self, kind: type[Record], key: str) -> str:
        """The id of the record that is called ``key`` here."""
        return f"{kind.prefix}_{token(self.random(kind.prefix, key), ID_ALPHABET, 20)}"

    def ids(self, kind: type[Record], keys: str | Sequence[str]) -> list[str]:
        """The ids of several records; a string lists their keys with spaces between."""
        return [self.id(kind, key) for key in (keys.split() if isinstance(keys, str) else keys)]

    def code(self, kind: type[Record], key: str) -> str:
        """The code of that record."""
        return f"{kind.prefix.upper()}-{token(self.random(kind.prefix, key, 'code'), CODE_ALPHABET, 6)}"

    def record(self, kind: type[Kind], key: str, facts: dict[str, Any], **service: Any) -> Kind:
        """A record from its facts, which are validated, and from what the service adds, which is taken as it is.

        Raises ValidationError where the facts are none. ``created_at`` must be given: nothing here looks at a clock.
        """
        service.setdefault("id", self.id(kind, key))
        service.setdefault("owner", self.id(Unit, "IRD"))
        model = facts_of(kind)
        checked = model.model_validate(facts)
        number(checked, self.random(service["id"]))
        values = {name: getattr(checked, name) for name in model.model_fields}
        # Built without the ODM's constructor, which asks for an open store.
        record = kind.model_construct(**values, created_at=service.pop("created_at"), **service)
        if not record.code:
            record.code = record.code_fact() if kind is Unit else self.code(kind, key)
        return record


def number(part: BaseModel, random: Random) -> None:
    """Draw the ids of all list elements in a model that were not given one."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        for item in value if isinstance(value, list) else (value,):
            if not isinstance(item, BaseModel):
                continue
            if isinstance(item, Element) and "id" not in item.model_fields_set:
                item.id = element(random)
            number(item, random)

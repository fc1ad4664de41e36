"""What every record kind is made of: facts a client writes, what the service adds, and a lifecycle that is data."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from beanie import Document
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pymongo import IndexModel

from documents.labels import Label, author, campus, now, office, open_, system
from documents.values import Instant, PartnerId, PersonId, Prose, Tag, UnitId

_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def _token(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def secret(length: int) -> str:
    """Something that cannot be guessed: 5.17 random bits for each of its characters."""
    return _token(_ID_ALPHABET, length)


def element_id() -> str:
    """A new id for a list element: opaque, unique in practice (62 random bits)."""
    return _token(_ID_ALPHABET, 12)


class Labelled(BaseModel):
    """A model each of whose paths carries a label; importing one without stops the program, naming file and field."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, info in cls.model_fields.items():
            if name == "revision_id" or info.exclude:
                continue
            if sum(isinstance(mark, Label) for mark in info.metadata) != 1:
                msg = (
                    f"{cls.__module__}: {cls.__name__}.{name} needs exactly one label, outermost: "
                    "write Annotated[…, label], with “| None” inside the brackets"
                )
                raise TypeError(msg)


class Part(Labelled):
    """A nested part of a record whose fields carry labels of their own."""


class Element(Part):
    """A list element that can be edited on its own, by its id."""

    id: Annotated[str, open_] = Field(default_factory=element_id, description="Id of this element within its record.")


class Note(Element):
    """A working note."""

    text: Annotated[Prose, office] = Field(description="What is noted.")
    by: Annotated[PersonId | None, office, author] = Field(default=None, description="Who wrote it.")
    at: Annotated[Instant | None, office, now] = Field(default=None, description="When it was written.")


class Facts(Labelled):
    """What a client may write into a record."""

    tags: Annotated[list[Tag], Field(max_length=50), office] = Field(default=[], description="Free marks for finding.")
    notes: Annotated[list[Note], office] = Field(default=[], description="Working notes, each with author and time.")


@dataclass(frozen=True, slots=True)
class Action:
    """One named step of a lifecycle: from which states, to which, and which facts it takes as arguments."""

    name: str
    sources: tuple[str, ...]
    target: str
    says: str
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """States and actions of a kind, and from which states on members and the public have a record in scope."""

    states: tuple[str, ...]
    actions: tuple[Action, ...] = ()
    members: frozenset[str] = field(default_factory=frozenset)
    public: frozenset[str] = field(default_factory=frozenset)

    def valid(self, state: str) -> list[str]:
        """Names of the actions that may follow ``state``."""
        return [action.name for action in self.actions if state in action.sources]

    def diagram(self) -> str:
        """The lifecycle as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.states[0]}"]
        lines += [f"    {src} --> {act.target}: {act.name}" for act in self.actions for src in act.sources]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Happens:
    """Which paths of a kind say what happens when, for a front page; ``when`` is a period of days."""

    title: str
    when: str
    summary: str | None = None
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A date of a kind that waits for somebody: a top-level path, or one of the elements of ``among``.

    It waits as long as ``until`` has no value, or the one of ``waiting``; where ``states`` are given, only in those.
    ``within`` names lists below such an element, outermost first: then it waits for each element of the last one.
    """

    name: str
    date: str
    among: str | None = None
    until: str | None = None
    what: str | None = None
    whose: str | None = None
    states: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    waiting: str | None = None


class Record(Document, Facts):
    """A record: its facts and what the service adds."""

    model_config = ConfigDict(extra="forbid")  # type: ignore[misc]  # pydantic makes it a class variable

    prefix: ClassVar[str]
    lifecycle: ClassVar[Lifecycle]
    # A child record follows its parent's scope: an itinerary is seen by those who serve its delegation.
    parent: ClassVar[str | None] = None
    happens: ClassVar[Happens | None] = None
    dues: ClassVar[tuple[Due, ...]] = ()

    id: Annotated[str, open_] = Field(default="", description="Opaque global id.")  # type: ignore[assignment]  # ours are strings
    code: Annotated[str, open_] = Field(default="", description="Short code for people to say and type.")
    status: Annotated[StrEnum, campus]
    owner: Annotated[UnitId | None, campus] = Field(default=None, description="The unit that keeps the record.")
    issued_at: Annotated[Instant | None, campus] = Field(
        default=None, description="When it was issued to the partners concerned; null while it is not."
    )
    published_from: Annotated[Instant | None, open_] = Field(
        default=None, description="From when on everyone may see it; null while it is not published."
    )
    archived_at: Annotated[Instant | None, office] = Field(default=None, description="When it was archived.")

    issued_to: Annotated[list[PartnerId], system] = []
    created_at: Annotated[Instant, system] = Field(default_factory=lambda: datetime.now(UTC))
    created_by: Annotated[str | None, system] = None
    revision: Annotated[int, system] = 0
    counts: Annotated[dict[str, int], system] = {}
    scope: Annotated[list[str], system] = []
    terms: Annotated[list[str], system] = []
    sort: Annotated[dict[str, Any], system] = {}

    def scope_facts(self) -> set[str]:
        """Tokens that say who stands in which relation to this record, such as ``assigned:prs_…``.

        Kinds add theirs; auth/policy.py says what each token opens, and to whom.
        """
        return set()

    def bookkeeping(self) -> None:
        """Keep what the kind's own rules look things up by. Called before every write."""

    def first_status(self) -> StrEnum:
        """The state a new record begins in."""
        return self.status

    def code_fact(self) -> str:
        """The code that people use for this record; random, so that it tells nothing of others.

        Eight of 31 signs are 40 bits; the index refuses the rare second one.
        """
        return f"{self.prefix.upper()}-{_token(_CODE_ALPHABET, 8)}"

    @classmethod
    def new_id(cls) -> str:
        """A new global id: the kind's prefix and 103 random bits."""
        return f"{cls.prefix}_{_token(_ID_ALPHABET, 20)}"


class Storage:
    """Settings every kind shares; a kind's ``class Settings(Storage)`` adds name and indexes."""

    use_revision = False
    use_state_management = False
    validate_on_save = False
    keep_nulls = True
    # Those that the kind's own rules need; documents/stamp.py derives the ones that serve every scope and order.
    indexes: ClassVar[list[IndexModel]] = []


def graphql_name(name: str) -> str:
    """The name under which the graph shows a stored path segment."""
    return to_camel(name)

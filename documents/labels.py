"""The label vocabulary: how sensitive a stored path is. Who reads or writes a label is said in auth/policy.py alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """How sensitive a path is. A nested path is readable where its own label and every label above it allow."""

    name: str
    purpose: str

    def __repr__(self) -> str:
        return self.name


open_ = Label("open", "fit for the public")
campus = Label("campus", "inside the university")
shared = Label("shared", "between the office and the partner concerned")
office = Label("office", "working notes")
candid = Label("candid", "assessments and negotiation positions")
finance = Label("finance", "money")
personal = Label("personal", "private phone, birth date, citizenship, home address")
care = Label("care", "diet and access needs")
identity = Label("identity", "passport, visa and medical notes")
figures = Label("figures", "drafts of reports and reviews")
system = Label("system", "hashes, keys and bookkeeping")

LABELS = (open_, campus, shared, office, candid, finance, personal, care, identity, figures, system)


@dataclass(frozen=True, slots=True)
class Reference:
    """The value is the id of a record of this kind; it is loaded in batches, through that kind's scope."""

    kind: str


@dataclass(frozen=True, slots=True)
class ByService:
    """The client never writes this path; the service fills it when the element is added.

    ``fills`` is ``"author"`` (the caller's person), ``"now"`` (the moment of the change), or ``"later"``: nothing until
    a rule of the kind fills it.
    """

    fills: str


@dataclass(frozen=True, slots=True)
class Trait:
    """Something the service keeps beside a text so that it can be asked for cheaply."""

    name: str


@dataclass(frozen=True, slots=True)
class Apart:
    """The elements of the list are told apart by this field: an element rule may decide by it, and by nothing else."""

    field: str


searchable = Trait("searchable")
sortable = Trait("sortable")
author = ByService("author")
now = ByService("now")
later = ByService("later")

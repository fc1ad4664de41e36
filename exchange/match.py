"""Which partner a row means: known by identifier, then by domain, then by name and country, never by abbreviation."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from exchange.partners import PartnerRow

# A domain of more institutions than this is a portal, such as a school authority's: to share it says nothing.
PORTAL = 3

# How a row is known that an earlier import, or the same one, has met.
BY_ROW = "the row"

# What a merge fills in where the partner has nothing.
_SINGLE = ("city", "address", "postal_code", "website")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a partner, as far as matching and merging look at it.

    `names` are folded and without abbreviations (`exchange.partners.folded_names`); `holds` names the single values
    that it has, of `city`, `address`, `postal_code` and `website`.
    """

    id: str
    country: str
    names: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    holds: frozenset[str] = frozenset()
    charter_until: date | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """The row is a partner of its own."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The row is the partner `id`, known `by` it, and `adds` what the partner lacks."""

    id: str
    by: str
    adds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The row is the partner `id` and says nothing new of it."""

    id: str
    by: str


@dataclass(frozen=True, slots=True)
class Propose:
    """The row may be one of `ids`, or says too little (none): a person decides, `why` says what about.

    `create`: registers tell the row from all of them by identifiers that nobody else has, so it is written as a partner
    of its own and the pair proposed. Otherwise the row waits in the proposal.
    """

    ids: tuple[str, ...]
    why: str
    create: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The same row stands in a proposal already, open or decided: an import neither repeats nor overrules it."""


Decision = Create | Merge | Unchanged | Propose | Wait


class Index:
    """The known partners by what they are found by. It learns from each row, so that a file's own duplicates meet.

    Rows of earlier imports are told by their digest (`PartnerRow.digest`): `settled` gives the partner that each is,
    `waiting` are those that were proposed without being written.
    """

    def __init__(
        self, known: Iterable[Known] = (), *, settled: Mapping[str, str] | None = None, waiting: Iterable[str] = ()
    ) -> None:
        self._settled = dict(settled or {})
        self._waiting = set(waiting)
        self._known: dict[str, Known] = {}
        self._by_identifier: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._by_domain: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._by_name: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._portals: frozenset[str] = frozenset()
        self._disputed: frozenset[str] = frozenset()
        for partner in known:
            self.add(partner)

    def add(self, partner: Known) -> None:
        """Make `partner` known, or what it has become."""
        if before := self._known.get(partner.id):
            self._forget(before)
        self._known[partner.id] = partner
        for key in partner.identifiers:
            self._by_identifier[key][partner.id] = None
        for domain in partner.domains:
            self._by_domain[domain][partner.id] = None
        for name in partner.names:
            self._by_name[name, partner.country][partner.id] = None

    def _forget(self, partner: Known) -> None:
        for key in partner.identifiers:
            self._by_identifier[key].pop(partner.id, None)
        for domain in partner.domains:
            self._by_domain[domain].pop(partner.id, None)
        for name in partner.names:
            self._by_name[name, partner.country].pop(partner.id, None)

    @property
    def portals(self) -> frozenset[str]:
        """The domains that the survey found to be a portal's."""
        return self._portals

    def survey(self, rows: Iterable[PartnerRow], *, portals: Iterable[str] | None = None) -> None:
        """Look through a whole file for portals and disputed domains before its first row is decided.

        A domain is a portal's when rows and known partners together give it to more than three institutions, told apart
        by name; without this look the first schools of a portal would take its domain for their own. A domain that two
        rows of the file give to different names is disputed: alone it makes nobody the same. An import that goes on
        names the `portals` found when it began: the partners that it has written since would be counted twice.
        """
        names: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            for domain in row.domains:
                names[domain].add(min(row.folded_names(), default=row.digest()))
        found = (domain for domain, given in names.items() if self._holders(domain, given) > PORTAL)
        self._portals = frozenset(found if portals is None else portals)
        self._disputed = frozenset(domain for domain, given in names.items() if len(given) > 1)

    def _holders(self, domain: str, names: set[str]) -> int:
        known = [self._known[found] for found in self._by_domain.get(domain, ())]
        return len(known) + len(names.difference(*(partner.names for partner in known)))

    def own_domains(self, row: PartnerRow) -> tuple[str, ...]:
        """Give the domains of the row that are not a portal's: those to be stored."""
        return tuple(domain for domain in row.domains if domain not in self._portals)

    def decide(self, row: PartnerRow) -> Decision:
        """Say which partner the row means (PARTNER-1). Deciding twice without learning gives the same."""
        digest = row.digest()
        if digest in self._waiting:
            return Wait()
        if (settled := self._settled.get(digest)) in self._known:
            return Unchanged(settled, BY_ROW)
        if not (row.identifiers or self.own_domains(row) or row.folded_names()):
            return Propose((), "an abbreviation is all there is to know it by")
        return self._by_identifiers(row) or self._by_domains(row) or self._by_names(row) or Create()

    def learn(self, row: PartnerRow, decision: Decision, new_id: str) -> None:
        """Know what `decision` makes of the row; `new_id` is the id of the partner that it may create."""
        own = Known(
            id=new_id,
            country=row.country,
            names=row.folded_names(),
            domains=frozenset(self.own_domains(row)),
            identifiers=frozenset(row.identifiers),
            holds=frozenset(what for what in _SINGLE if getattr(row, what)),
            charter_until=row.charter_until,
        )
        match decision:
            case Create() | Propose(create=True):
                self.add(own)
                self._settled[row.digest()] = new_id
            case Merge(id=found):
                self._settled[row.digest()] = found
                partner = self._known[found]
                self.add(
                    replace(
                        partner,
                        names=partner.names | own.names,
                        domains=partner.domains | own.domains,
                        identifiers=partner.identifiers | own.identifiers,
                        holds=partner.holds | own.holds,
                        charter_until=own.charter_until or partner.charter_until,
                    )
                )
            case Propose():
                self._waiting.add(row.digest())
            case Unchanged(id=found):
                self._settled[row.digest()] = found
            case Wait():
                pass

    def _by_identifiers(self, row: PartnerRow) -> Decision | None:
        found = {key: self._by_identifier[key] for key in row.identifiers if self._by_identifier.get(key)}
        ids = tuple(dict.fromkeys(partner for holders in found.values() for partner in holders))
        if not ids:
            return None
        by = ", ".join(f"{scheme} {value}" for scheme, value in found)
        if len(ids) > 1:
            return Propose(ids, f"its identifiers belong to several partners: {by}")
        partner = self._known[ids[0]]
        if contradiction := _contradiction(row, partner):
            return Propose(ids, f"it shares {by} with the partner, but not {contradiction}")
        if row.country != partner.country and partner.names.isdisjoint(row.folded_names()):
            return Propose(ids, f"it shares {by} with the partner, but neither name nor country")
        return self._same(row, partner, by)

    def _by_domains(self, row: PartnerRow) -> Decision | None:
        domains = [domain for domain in self.own_domains(row) if self._by_domain.get(domain)]
        holders = [self._known[found] for found in dict.fromkeys(i for d in domains for i in self._by_domain[d])]
        if not holders:
            return None
        shared = " and ".join(domains)
        near = [partner for partner in holders if not _contradiction(row, partner)]
        if not near:
            return Propose(_ids(holders), f"it shares {shared}, but no identifier", create=True)
        here = [partner for partner in near if partner.country == row.country]
        named = [partner for partner in here if not partner.names.isdisjoint(row.folded_names())]
        if len(named) == 1:
            return self._same(row, named[0], f"{shared} and its name")
        doubt = ""
        if len(holders) > 1:
            doubt = f"{shared} belongs to several partners"
        elif not here:
            doubt = f"it shares {shared}, but not the country"
        elif self._disputed.issuperset(domains):
            doubt = f"other rows of the file claim {shared} too"
        return Propose(_ids(near), doubt) if doubt else self._same(row, here[0], shared)

    def _by_names(self, row: PartnerRow) -> Decision | None:
        names = sorted(name for name in row.folded_names() if self._by_name.get((name, row.country)))
        ids = dict.fromkeys(found for name in names for found in self._by_name[name, row.country])
        namesakes = [self._known[found] for found in ids]
        if not namesakes:
            return None
        near = [partner for partner in namesakes if not _contradiction(row, partner)]
        if not near:
            return Propose(_ids(namesakes), "it shares name and country, but no identifier", create=True)
        if len(near) > 1:
            return Propose(_ids(near), "several partners of its country have its name")
        own = self.own_domains(row)
        if own and near[0].domains and near[0].domains.isdisjoint(own):
            return Propose(_ids(near), f"it shares name and country, but not the domain: {', '.join(own)}")
        return self._same(row, near[0], "its name and country")

    def _same(self, row: PartnerRow, partner: Known, by: str) -> Merge | Unchanged:
        adds = (
            *(f"{scheme} {value}" for scheme, value in row.identifiers if (scheme, value) not in partner.identifiers),
            *(domain for domain in self.own_domains(row) if domain not in partner.domains),
            *sorted(row.folded_names() - partner.names),
            *(what for what in _SINGLE if getattr(row, what) and what not in partner.holds),
            *(("charter_until",) if row.charter_until not in {None, partner.charter_until} else ()),
        )
        return Merge(partner.id, by, adds) if adds else Unchanged(partner.id, by)


def _ids(partners: Iterable[Known]) -> tuple[str, ...]:
    return tuple(partner.id for partner in partners)


def _contradiction(row: PartnerRow, partner: Known) -> str:
    """Name the schemes in which both have identifiers and none in common."""
    given = {scheme: {value for other, value in row.identifiers if other == scheme} for scheme, _ in row.identifiers}
    against = []
    for scheme, values in given.items():
        theirs = {value for other, value in partner.identifiers if other == scheme}
        if theirs and theirs.isdisjoint(values):
            against.append(f"{scheme} {' '.join(sorted(values))} ({' '.join(sorted(theirs))})")
    return ", ".join(against)

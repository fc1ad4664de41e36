"""PARTNER-1: duplicates are found by identifier, then domain, then folded name and country, never by abbreviation."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.match import Create, Decision, Index, Known, Merge, Propose, Unchanged, Wait
from exchange.partners import COLUMNS, PartnerRow, folded_names, layout, partner_row
from exchange.read import open_table

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def row(
    name: str,
    country: str = "AZ",
    *,
    domains: Sequence[str] = (),
    number: int = 2,
    city: str | None = None,
    until: date | None = None,
    **identifiers: str,
) -> PartnerRow:
    """Give a row; identifiers are named by their scheme."""
    return PartnerRow(
        number=number,
        names=(("", name),),
        country=country,
        city=city,
        domains=tuple(domains),
        identifiers=tuple(identifiers.items()),
        charter_until=until,
    )


def known(id: str, name: str, country: str = "AZ", *, domains: Sequence[str] = (), **identifiers: str) -> Known:
    """Give a known partner; identifiers are named by their scheme."""
    return Known(id, country, folded_names([name]), frozenset(domains), frozenset(identifiers.items()))


def run(index: Index, rows: Sequence[PartnerRow]) -> list[Decision]:
    """Decide a whole file as an import does."""
    index.survey(rows)
    decisions = []
    for place, each in enumerate(rows):
        decision = index.decide(each)
        assert index.decide(each) == decision
        index.learn(each, decision, f"new {place} {each.digest()[:8]}")
        decisions.append(decision)
    return decisions


BSU = known("bsu", "Baku State University", domains=["bsu.edu.az"], PIC="999645141")


def test_baku_state_and_baku_slavic_stay_two() -> None:
    """PARTNER-1: bsu.edu.az and bsu-edu.org share an abbreviation and nothing else."""
    state = row("Baku State University", domains=["bsu.edu.az"])
    slavic = row("Baku Slavic University", domains=["bsu-edu.org"])
    for rows in ([state, slavic], [slavic, state]):
        assert run(Index(), rows) == [Create(), Create()]
    assert Index([BSU]).decide(slavic) == Create()


def test_an_abbreviation_alone_is_put_to_a_person() -> None:
    """A partner known by nothing else could not be found again, and would be created by each import anew."""
    portal = [row(f"School {letter}", domains=["p.az"]) for letter in "abcd"]
    for rows in ([row("BSU")], [*portal, row("BSU", domains=["p.az"])]):
        assert run(Index([BSU]), rows)[-1] == Propose((), "an abbreviation is all there is to know it by")
    assert run(Index([BSU]), [row("BSU", domains=["bsu-edu.org"])]) == [Create()]


@pytest.mark.parametrize(
    ("given_row", "by", "adds"),
    [
        (row("BDU", "AZ", PIC="999645141", OID="E10000001"), "PIC 999645141", ("OID E10000001",)),
        (row("Bakı Dövlət Universiteti", domains=["bsu.edu.az"]), "bsu.edu.az", ("baki dovlet universiteti",)),
        (row("BAKU STATE UNIVERSITY", OID="E10000001"), "its name and country", ("OID E10000001",)),
        (row("Baku State University", domains=["bsu.az"], PIC="999645141"), "PIC 999645141", ("bsu.az",)),
        (row("Baku State University", city="Bakı"), "its name and country", ("city",)),
        (row("Baku State University", until=date(2029, 12, 31)), "its name and country", ("charter_until",)),
    ],
)
def test_a_known_partner_gains_what_the_row_adds(given_row: PartnerRow, by: str, adds: tuple[str, ...]) -> None:
    """Identifier, domain and name each suffice where nothing speaks against them; afterwards nothing is new."""
    index = Index([BSU])
    decision = index.decide(given_row)
    assert decision == Merge("bsu", by, adds)
    index.learn(given_row, decision, "unused")
    assert isinstance(index.decide(given_row), Unchanged)


def test_what_a_partner_has_is_not_replaced() -> None:
    """A merge fills in single values; one that is there stays, whatever the row says."""
    index = Index([Known("bsu", "AZ", folded_names(["Baku State University"]), holds=frozenset({"city"}))])
    assert index.decide(row("Baku State University", city="Baku")) == Unchanged("bsu", "its name and country")


@pytest.mark.parametrize(
    ("given_row", "why", "create"),
    [
        (row("X Y", PIC="999645141", OID="E2"), "it shares PIC 999645141 with the partner, but not OID E2 (E1)", False),
        (row("X Y", "TR", PIC="999645141"), "it shares PIC 999645141 with the partner, but neither name nor", False),
        (row("X Y", domains=["bsu.edu.az"], PIC="1"), "it shares bsu.edu.az, but no identifier", True),
        (row("X Y", "TR", domains=["bsu.edu.az"]), "it shares bsu.edu.az, but not the country", False),
        (row("Baku State University", PIC="1"), "it shares name and country, but no identifier", True),
        (row("Baku State University", domains=["x.az"]), "it shares name and country, but not the domain: x.az", False),
    ],
)
def test_what_speaks_against_a_match_is_put_to_a_person(given_row: PartnerRow, why: str, create: bool) -> None:
    """Contradictions are never settled by the import; where registers tell the two apart, the row is written too."""
    partner = known("bsu", "Baku State University", domains=["bsu.edu.az"], PIC="999645141", OID="E1")
    decision = Index([partner]).decide(given_row)
    assert isinstance(decision, Propose)
    assert decision.ids == ("bsu",)
    assert decision.why.startswith(why)
    assert decision.create is create


def test_identifiers_of_several_partners_are_put_to_a_person() -> None:
    """A row that is two partners at once merges into neither."""
    index = Index([known("a", "A B", PIC="1"), known("b", "C D", OID="2")])
    assert index.decide(row("E F", PIC="1", OID="2")) == Propose(
        ("a", "b"), "its identifiers belong to several partners: PIC 1, OID 2"
    )


def test_an_identifier_with_an_agreeing_name_crosses_borders() -> None:
    """Overseas universities are listed under the mother country by one register and under their own by another."""
    index = Index([known("upf", "Université de la Polynésie Française", "PF", PIC="1")])
    assert isinstance(index.decide(row("Universite de la Polynesie Francaise", "FR", PIC="1")), Merge | Unchanged)


def test_a_name_in_another_country_is_another_institution() -> None:
    """A national defence academy is in every country."""
    index = Index([known("lv", "National Defence Academy", "LV")])
    assert index.decide(row("National Defence Academy", "EE")) == Create()


def test_a_domain_of_several_partners_is_put_to_a_person_unless_the_name_tells() -> None:
    """Two colleges of one group share its site: the row is proposed for both, or is the one that is named alike."""
    index = Index([known("n", "Vives Noord", domains=["vives.be"]), known("z", "Vives Zuid", domains=["vives.be"])])
    assert index.decide(row("Vives", domains=["vives.be"])) == Propose(
        ("n", "z"), "vives.be belongs to several partners"
    )
    assert index.decide(row("VIVES ZUID", domains=["vives.be"])) == Unchanged("z", "vives.be and its name")


def test_namesakes_in_one_country_are_put_to_a_person() -> None:
    """Three schools of a name: which one a bare name means is not for the import to guess."""
    index = Index([known(town, "IES Leonardo da Vinci", "ES", PIC=str(n)) for n, town in enumerate(("a", "b", "c"))])
    assert index.decide(row("IES Leonardo da Vinci", "ES")) == Propose(
        ("a", "b", "c"), "several partners of its country have its name"
    )


def test_a_portal_says_nothing_from_its_first_school_on() -> None:
    """Where more than three institutions of a file share a domain, none owns it and none is proposed for it."""
    schools = [row(f"School {letter}", "ES", domains=["edu.xunta.gal"], number=n) for n, letter in enumerate("abcd")]
    index = Index()
    assert run(index, schools) == [Create()] * 4
    assert index.own_domains(schools[0]) == ()
    assert all(isinstance(decision, Unchanged) for decision in run(index, schools))


def test_a_domain_that_two_rows_of_a_file_claim_makes_nobody_the_same() -> None:
    """The world list gives marun.edu.tr to Marmara and to Muğla: the second row waits for a person."""
    marmara = row("Marmara University", "TR", domains=["marun.edu.tr"])
    mugla = row("Mugla Sitki Kocman University", "TR", domains=["mu.edu.tr", "marun.edu.tr"])
    for first, second in ((marmara, mugla), (mugla, marmara)):
        index = Index()
        created, proposed = run(index, [first, second])
        assert created == Create()
        assert isinstance(proposed, Propose)
        assert proposed.why == "other rows of the file claim marun.edu.tr too"


def test_rows_of_one_file_meet_each_other() -> None:
    """An institution that stands twice in a file is written once."""
    first, again = row("A B", PIC="1", number=2), row("A  b", PIC="1", number=9)
    assert run(Index(), [first, again]) == [Create(), Unchanged("new 0 " + first.digest()[:8], "PIC 1")]


def test_a_row_in_a_proposal_waits_for_its_person() -> None:
    """What was asked is not asked again, nor settled by what became known since; a changed row is looked at anew."""
    doubtful = row("Baku State University", domains=["x.az"], number=2)
    index = Index([BSU])
    assert [type(decision) for decision in run(index, [doubtful, doubtful])] == [Propose, Wait]
    later = Index([BSU, known("x", "X", domains=["x.az"])], waiting=[doubtful.digest()])
    assert later.decide(doubtful) == Wait()
    assert later.decide(row("Baku State University", domains=["x.az"], city="Bakı")) != Wait()


def test_what_a_person_took_off_a_partner_is_not_brought_back_by_the_same_row() -> None:
    """A settled row has had its say; where its partner is gone, it is looked at anew."""
    wrong = row("Baku State University", domains=["wrong.az"], PIC="999645141")
    settled = {wrong.digest(): "bsu"}
    assert Index([BSU], settled=settled).decide(wrong) == Unchanged("bsu", "the row")
    assert Index([BSU]).decide(wrong) == Merge("bsu", "PIC 999645141", ("wrong.az",))
    assert Index(settled=settled).decide(wrong) == Create()


def test_a_renamed_partner_is_found_by_what_it_is_now() -> None:
    """The index forgets what a partner no longer is."""
    index = Index([known("a", "Old Name", domains=["old.az"], PIC="1")])
    index.add(known("a", "New Name", domains=["new.az"]))
    assert index.decide(row("Old Name", domains=["old.az"], PIC="1")) == Create()
    assert index.decide(row("New Name", domains=["new.az"])) == Unchanged("a", "new.az and its name")


Few = st.sampled_from
Rows = st.lists(
    st.builds(
        PartnerRow,
        number=st.integers(2, 99),
        names=st.tuples(st.tuples(st.just(""), Few(["Uni A", "Uni B", "Uni C", "Uni D", "ABC"]))),
        country=Few(["AZ", "TR"]),
        city=st.none() | Few(["Bakı", "Van"]),
        domains=st.lists(Few(["a.az", "b.az", "p.az"]), max_size=2, unique=True).map(tuple),
        identifiers=st.lists(
            st.tuples(Few(["PIC", "OID"]), Few(["1", "2", "3"])), max_size=2, unique_by=lambda pair: pair[0]
        ).map(tuple),
    ),
    max_size=12,
)


@settings(max_examples=200)
@given(Rows)
def test_a_second_import_changes_nothing(rows: list[PartnerRow]) -> None:
    """Whatever a file holds, what was written once is found again: nothing is created, merged or newly split."""
    index = Index()
    first = run(index, rows)
    second = run(index, rows)
    for before, after in zip(first, second, strict=True):
        assert isinstance(after, Unchanged | Wait), (before, after)


@settings(max_examples=200)
@given(Rows)
def test_an_import_into_a_store_that_forgot_its_rows_writes_nothing(rows: list[PartnerRow]) -> None:
    """Partners that were written are found again by what they are; at most a person is asked."""
    index = Index()
    run(index, rows)
    later = Index(index._known.values(), waiting=index._waiting)
    for decision in run(later, rows):
        assert isinstance(decision, Unchanged | Wait | Propose)
        assert not (isinstance(decision, Propose) and decision.create)


@given(Rows)
def test_nobody_is_ever_given_the_identifier_of_another(rows: list[PartnerRow]) -> None:
    """Identifiers stay unique across partners: the store would refuse the whole batch otherwise."""
    index = Index()
    run(index, rows)
    held = Counter(key for partner in index._known.values() for key in partner.identifiers)
    assert all(times == 1 for times in held.values())


@cache
def published(name: str) -> list[PartnerRow]:
    """Read a published list, or skip."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the data folder ../shared/data with {name} is absent")
    found = open_table(path, COLUMNS)
    columns = layout(found)
    return [partner for each in found.rows() if (partner := partner_row(each, columns)[0])]


def outcomes(decisions: Sequence[Decision]) -> Counter[str]:
    """Count the decisions by what becomes of the row."""
    return Counter(
        "Both" if isinstance(decision, Propose) and decision.create else type(decision).__name__
        for decision in decisions
    )


def test_the_published_lists_are_accounted_for_row_by_row() -> None:
    """Each of 16,393 rows has one outcome, the two lists overlap in over a thousand, and again nothing changes."""
    charter, world = published("eche-2026-04-08.xlsx"), published("world-universities.json")
    index = Index()
    first, second = run(index, charter), run(index, world)
    assert outcomes(first) == {"Create": 6044, "Both": 97, "Propose": 1}
    assert outcomes(second) == {"Create": 9133, "Merge": 820, "Unchanged": 220, "Propose": 78}
    assert (outcomes(first).total(), outcomes(second).total()) == (6142, 10_251)
    assert outcomes(run(index, charter)) == {"Unchanged": 6141, "Wait": 1}
    assert outcomes(run(index, world)) == {"Unchanged": 10_173, "Wait": 78}


def test_the_quirks_of_the_published_lists_are_met() -> None:
    """One organisation ID on two schools, a university under two countries, and the universities of Baku."""
    charter, world = published("eche-2026-04-08.xlsx"), published("world-universities.json")
    index = Index()
    decided = dict(zip((dict(each.identifiers)["ERASMUS"] for each in charter), run(index, charter), strict=True))
    twice = decided["F BESANCO36"]
    assert isinstance(twice, Propose)
    assert twice.why.startswith("it shares OID E10099124 with the partner, but not ERASMUS F BESANCO36 (F BESANCO35)")
    by_name = dict(zip(((each.names[0][1], each.country) for each in world), run(index, world), strict=True))
    assert by_name["Baku State University", "AZ"] == by_name["Baku Slavic University", "AZ"] == Create()
    assert isinstance(by_name["University of San Marino", "SM"], Propose)
    latvia = by_name["University of Latvia", "LV"]
    assert isinstance(latvia, Merge)
    assert (latvia.by, latvia.adds) == ("lu.lv", ("university of latvia",))

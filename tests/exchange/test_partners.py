"""Rows of institutions: each value in its stored spelling, or refused with row, column, reason and remedy."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from exchange.partners import COLUMNS, Layout, PartnerRow, Reject, layout, own_domain, partner_row, web_address
from exchange.read import Row, Table, Unreadable, open_table

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def table(*columns: str) -> Table:
    """Give a table with these columns and no rows."""
    return Table(Path("list.csv"), columns, 1, 0, "", lambda: iter(()))


def read(**cells: object) -> tuple[PartnerRow | None, list[Reject]]:
    """Read row 7 of a table whose columns are named as the cells are."""
    named = {"name": "Baku State University", "country": "AZ"} | cells
    columns = layout(table(*(name.replace("_", " ") for name in named)))
    return partner_row(Row(7, {name.replace("_", " "): cell for name, cell in named.items()}), columns)


def taken(**cells: object) -> PartnerRow:
    """Read a row from which everything can be taken."""
    partner, rejects = read(**cells)
    assert partner
    assert rejects == []
    return partner


def test_the_columns_of_the_commission_are_known() -> None:
    """What is not read is named, so that nothing is dropped in silence."""
    columns = (
        "Proposal number",
        "Erasmus Code",
        "PIC",
        "OID",
        "Legal Name",
        "Street",
        "Country Cd",
        "Erasmus Eche End",
    )
    assert layout(table(*columns)) == Layout(
        {
            "name": "Legal Name",
            "country": "Country Cd",
            "address": "Street",
            "ERASMUS": "Erasmus Code",
            "PIC": "PIC",
            "OID": "OID",
            "charter_until": "Erasmus Eche End",
        },
        ("Proposal number",),
    )


@pytest.mark.parametrize(("columns", "what"), [(("Country", "City"), "name"), (("Name", "City"), "country")])
def test_a_table_without_names_or_countries_is_refused(columns: tuple[str, ...], what: str) -> None:
    """The refusal says how to call the column."""
    with pytest.raises(Unreadable, match=f"list.csv, row 1: no column holds the {what}: call one “{what}”"):
        layout(table(*columns))


def test_a_row_of_the_commission_becomes_a_partner() -> None:
    """Padding, Commission country codes, missing schemes and days of workbooks get their stored spelling."""
    partner = taken(
        legal_name="PANEPISTIMIO  KRITIS ",
        erasmus_code="G\u00a0 RETHYMN01",
        pic=999854564.0,
        oid="e10209157",
        street="Gallou\r\nCampus\u200b",
        post_cd="741 00",
        city="Rethymno",
        country="EL",
        website_url="WWW.uoc.gr",
        erasmus_eche_start=datetime(2021, 1, 1),  # noqa: DTZ001 - a workbook knows no zones
        erasmus_eche_end="2029-12-31",
    )
    assert partner == PartnerRow(
        number=7,
        names=(("", "PANEPISTIMIO KRITIS"),),
        country="GR",
        city="Rethymno",
        address=("Gallou", "Campus"),
        postal_code="741 00",
        website="https://www.uoc.gr",
        domains=("uoc.gr",),
        identifiers=(("ERASMUS", "G RETHYMN01"), ("PIC", "999854564"), ("OID", "E10209157")),
        charter_from=date(2021, 1, 1),
        charter_until=date(2029, 12, 31),
    )


def test_names_by_language_aliases_and_abbreviations_are_told_apart() -> None:
    """PARTNER-1: an abbreviation is kept but is no name to know a partner by, whichever column it stands in."""
    partner = taken(
        name="BSU", name_az="Bakı Dövlət Universiteti", aliases="BDU; Baku State Univ.", acronym="BakiState"
    )
    assert partner.names == (("", "BSU"), ("az", "Bakı Dövlət Universiteti"))
    assert partner.abbreviations == ("BakiState",)
    assert partner.folded_names() == {"baki dovlet universiteti", "baku state univ"}


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("www.ph-noe.ac.at", "https://www.ph-noe.ac.at"),
        ("http://www.fhv.at ", "http://www.fhv.at"),
        ("HTTP://WWW.Franz-Stock.fr/", "http://www.franz-stock.fr"),
        ("http//www.univ-perp.fr", "http://www.univ-perp.fr"),
        ("https:/uni.az", "https://uni.az"),
        ("uni.az:8080/A?b=C#d", "https://uni.az:8080/A?b=C#d"),
        ("https://universität.example/ä", "https://xn--universitt-y5a.example/ä"),
    ],
)
def test_web_addresses_are_written_in_full(written: str, stored: str) -> None:
    """A missing or damaged scheme is mended; the path stays as it is."""
    assert taken(website=written).website == stored
    assert web_address(stored) == stored


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("03014851@edu.gva.es", "is an e-mail address"),
        ("http://lp.jean.perrin@ac-reunion.fr", "is an e-mail address"),
        ("www. iesadaja.centros.educa.jcyl.es", "is no single web address"),
        ("www.uoi.gr / www.rc.uoi.gr", "is no single web address"),
        ("/llompart.cat", "is no web address"),
        ("www.lka", "is no web address"),
        ("20004497200087", "is no web address"),
        ("https://uni.az/<script>", "is no web address of at most 500 characters"),
        ("https://uni.az/" + "a" * 500, "is no web address of at most 500 characters"),
        ("javascript:alert(1)", "is no web address"),
        ("uni.az:port", "is no web address"),
    ],
)
def test_what_is_no_web_address_is_left_out_of_its_row(written: str, reason: str) -> None:
    """The institution is taken without it; the reject names row and column."""
    partner, rejects = read(website=written)
    assert partner
    assert partner.website is None
    assert partner.domains == ()
    assert [(r.row, r.column, r.value, r.reason, r.whole) for r in rejects] == [
        (7, "website", written[:200], reason, False)
    ]
    assert rejects[0].remedy


@pytest.mark.parametrize(
    ("cells", "domains"),
    [
        ({"website": "http://www.fhv.at"}, ("fhv.at",)),
        ({"website": "http://w3.sdu.edu.tr/"}, ("sdu.edu.tr",)),
        ({"website": "https://www.czu.cz/en/"}, ("czu.cz",)),
        ({"website": "www.wlodkowic.pl/english.html"}, ("wlodkowic.pl",)),
        ({"website": "https://agora.xtec.cat/insbaixempordà"}, ()),
        ({"website": "https://sites.google.com/view/x"}, ()),
        ({"website": "https://www.facebook.com"}, ()),
        ({"website": "http://www.edu.az"}, ()),
        ({"website": "http://www.bsu.edu.az", "domains": ["Student.BSU.edu.az", "bsu.edu.az"]},
         ("student.bsu.edu.az", "bsu.edu.az")),
        ({"domains": "a.az; b.az,c.az a.az"}, ("a.az", "b.az", "c.az")),
    ],
)  # fmt: skip
def test_domains_are_those_that_the_institution_owns(cells: dict[str, object], domains: tuple[str, ...]) -> None:
    """Named domains come before the website's; a page deep inside a portal, a host and a register give none."""
    assert taken(**cells).domains == domains


@pytest.mark.parametrize("host", ["mil.lv", "edu.az", "kidu.blogspot.com", "gmail.com", "www.wixsite.com"])
def test_domains_of_registers_and_hosts_belong_to_nobody(host: str) -> None:
    """Named as an institution's own, such a domain is refused."""
    assert own_domain(host) is None
    partner, rejects = read(domains=[host])
    assert partner
    assert partner.domains == ()
    assert [(reject.column, reject.value) for reject in rejects] == [("domains", host)]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"name": None}, "name", "holds no name"),
        ({"name": "???"}, "name", "holds no name"),
        ({"name": "x" * 301}, "name", "is longer than 300 characters"),
        ({"name": "#REF!"}, "name", "is an error of the spreadsheet"),
        ({"name": True}, "name", "is neither text nor a number"),
        ({"country": None}, "country", "is empty"),
        ({"country": "Atlantis"}, "country", "“Atlantis” is no country"),
        ({"pic": "94882160"}, "pic", "“94882160” is no PIC"),
    ],
)
def test_a_row_that_means_nobody_is_left_out(cells: dict[str, object], column: str, reason: str) -> None:
    """Without a name, a country, or any sound identifier where some are given, nobody could tell whom a row means."""
    partner, rejects = read(**cells)
    assert partner is None
    assert [(r.row, r.column, r.reason, r.whole) for r in rejects] == [(7, column, reason, True)]
    assert rejects[0].remedy


def test_a_broken_row_is_left_out_with_its_reason() -> None:
    """What the reader of the file could not tell apart is handed on as a reject."""
    columns = layout(table("name", "country"))
    problem = "has 3 cells under 2 columns: check delimiters and quotes"
    assert partner_row(Row(9, {}, problem), columns) == (
        None,
        [Reject(9, "", "", "has 3 cells under 2 columns", "check delimiters and quotes", whole=True)],
    )


def test_one_wrong_identifier_beside_a_sound_one_is_left_out_alone() -> None:
    """The sound one says whom the row means."""
    partner, rejects = read(erasmus_code="A  BADEN01", pic="x")
    assert partner
    assert partner.identifiers == (("ERASMUS", "A BADEN01"),)
    assert [(reject.column, reject.whole) for reject in rejects] == [("pic", False)]


def test_the_country_divides_an_erasmus_code_without_a_space() -> None:
    """The Commission's list has RSPROKUP01 beside RS."""
    assert taken(country="RS", erasmus_code="RSPROKUP01").identifiers == (("ERASMUS", "RS PROKUP01"),)


@pytest.mark.parametrize(
    ("start", "end", "column"), [("2029-12-31", "2021-01-01", "charter until"), ("2021", None, "charter from")]
)
def test_impossible_charter_days_are_refused(start: str, end: str | None, column: str) -> None:
    """The institution is taken without them."""
    partner, rejects = read(charter_from=start, charter_until=end)
    assert partner
    assert (partner.charter_from, partner.charter_until) == (None, None)
    assert [reject.column for reject in rejects] == [column]


def test_the_digest_follows_what_a_row_says_and_not_where_it_stands() -> None:
    """A proposal recognises its row in a file that was sorted anew."""
    columns = layout(table("name", "country", "city"))
    cells: dict[str, object] = {"name": "x y", "country": "AZ"}
    one, moved, changed = (
        partner_row(Row(number, cells | {"city": city}), columns)[0]
        for number, city in ((2, "Bakı"), (5, "Bakı"), (2, "Şəki"))
    )
    assert one
    assert moved
    assert changed
    assert one.digest() == moved.digest() != changed.digest()


def published(name: str) -> tuple[list[PartnerRow], list[Reject]]:
    """Read a published list, or skip."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the data folder ../shared/data with {name} is absent")
    found = open_table(path, COLUMNS)
    columns = layout(found)
    read_rows = [partner_row(row, columns) for row in found.rows()]
    return [partner for partner, _ in read_rows if partner], [reject for _, rejects in read_rows for reject in rejects]


def test_every_row_of_the_commission_is_read() -> None:
    """All 6,142 institutions are taken, each under an Erasmus code and PIC of its own; 66 websites are none."""
    partners, rejects = published("eche-2026-04-08.xlsx")
    assert len(partners) == 6142
    assert Counter((reject.column, reject.whole) for reject in rejects) == {("Website Url", False): 66}
    schemes = Counter(scheme for partner in partners for scheme, _ in partner.identifiers)
    assert schemes == {"ERASMUS": 6142, "PIC": 6142, "OID": 6011}
    assert len({identifier for partner in partners for identifier in partner.identifiers}) == 6142 + 6142 + 6010
    assert {"EL", "UK"}.isdisjoint(partner.country for partner in partners)
    assert sum(partner.country == "GR" for partner in partners) == 32


def test_every_row_of_the_world_list_is_read() -> None:
    """All 10,251 universities are taken, 32 of them Azerbaijani; two domains belong to nobody."""
    partners, rejects = published("world-universities.json")
    assert len(partners) == 10_251
    assert sorted(reject.value for reject in rejects) == ["kidu-darululum.blogspot.com", "mil.lv"]
    assert sum(partner.country == "AZ" for partner in partners) == 32
    assert all(partner.website for partner in partners)

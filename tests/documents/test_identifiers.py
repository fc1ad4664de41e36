"""Identifiers: one spelling per scheme, and nothing accepted that its register could not have given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.identifiers import country, domain, normalise, spaced_erasmus
from documents.values import Identifier, IdentifierScheme

ROR_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
Scheme = st.sampled_from(sorted(IdentifierScheme))


@pytest.mark.parametrize(
    ("scheme", "written", "stored"),
    [
        ("ERASMUS", "A  BADEN01", "A BADEN01"),
        ("ERASMUS", "F\u00a0 BESANCO36", "F BESANCO36"),
        ("ERASMUS", "F\u00a0\u00a0PARIS063", "F PARIS063"),
        ("ERASMUS", "F  PARIS 063", "F PARIS063"),
        ("ERASMUS", " dk fredericia 01 ", "DK FREDERICIA01"),
        ("ERASMUS", "IRLDUBLIN01", "IRL DUBLIN01"),
        ("ERASMUS", "IRL DUBLIN01", "IRL DUBLIN01"),
        ("ERASMUS", "LUXLUX-VIL01", "LUX LUX-VIL01"),
        ("ERASMUS", "E  LA\u2010CORU06", "E LA-CORU06"),
        ("ERASMUS", "F  VERDUN1", "F VERDUN1"),
        ("PIC", "948 821 603", "948821603"),
        ("OID", "e10054064", "E10054064"),
        ("ROR", "https://ror.org/05dxps055", "05dxps055"),
        ("ROR", "ror.org/03VEK6S52", "03vek6s52"),
        ("ROR", "013meh722", "013meh722"),
        ("SCHAC", "BSU.edu.az", "bsu.edu.az"),
        ("SCHAC", "urn:schac:homeOrganization:bsu.edu.az", "bsu.edu.az"),
        ("SCHAC", "universität.example", "xn--universitt-y5a.example"),
        ("ISNI", "0000 0001 2281 955X", "000000012281955X"),
        ("ISNI", "https://isni.org/isni/000000041936754x", "000000041936754X"),
        ("ISNI", "ISNI: 0000-0004-1936-754X", "000000041936754X"),
    ],
)
def test_each_scheme_has_one_spelling(scheme: str, written: str, stored: str) -> None:
    """Spacing, case, web addresses and spreadsheet characters do not make two identifiers of one."""
    assert normalise(scheme, written) == stored
    assert normalise(scheme, stored) == stored


@pytest.mark.parametrize(
    ("scheme", "written", "remedy"),
    [
        ("ERASMUS", "RSPROKUP01", "such as A BADEN01"),
        ("ERASMUS", "PARIS 063", "such as A BADEN01"),
        ("ERASMUS", "A BADEN", "such as A BADEN01"),
        ("ERASMUS", "А BADEN01", "such as A BADEN01"),
        ("PIC", "94882160", "nine digits"),
        ("PIC", "Transitory Charter", "nine digits"),
        ("OID", "10054064", "E and eight digits"),
        ("ROR", "05dxps056", "check digits"),
        ("ROR", "05dxpi055", "https://ror.org/05dxps055"),
        ("ROR", "15dxps055", "https://ror.org/05dxps055"),
        ("SCHAC", "bsu", "such as bsu.edu.az"),
        ("SCHAC", "a b.edu.az", "such as bsu.edu.az"),
        ("SCHAC", f"{'a' * 64}.az", "such as bsu.edu.az"),
        ("SCHAC", "", "such as bsu.edu.az"),
        ("ISNI", "0000 0001 2281 9550", "check digit"),
        ("ISNI", "0000 0001 2281 955", "sixteen characters"),
        ("DUNS", "123456789", "ERASMUS, PIC, OID, ROR, SCHAC, ISNI"),
    ],
)
def test_what_no_register_gave_is_refused_with_the_remedy(scheme: str, written: str, remedy: str) -> None:
    """The refusal repeats the value and says how to write it."""
    with pytest.raises(ValueError, match=remedy) as refusal:
        normalise(scheme, written)
    assert written in str(refusal.value) or scheme in str(refusal.value)


def test_every_scheme_that_is_stored_can_be_checked() -> None:
    """No scheme of the store is without a check, and a stored identifier is in its one spelling."""
    for scheme in IdentifierScheme:
        with pytest.raises(ValueError, match="write"):
            normalise(scheme, "?")
    assert Identifier(scheme=IdentifierScheme.ERASMUS, value="A  BADEN01").value == "A BADEN01"


@given(
    st.integers(min_value=0, max_value=32**6 - 1), st.integers(min_value=0, max_value=5), st.sampled_from(ROR_DIGITS)
)
def test_a_ror_id_with_one_wrong_character_is_refused(number: int, place: int, wrong: str) -> None:
    """Every ROR ID that the register can give is accepted; no single slip of the pen is."""
    digits = "".join(ROR_DIGITS[number >> shift & 31] for shift in range(25, -1, -5))
    check = f"{98 - number * 100 % 97:02}"
    assert normalise("ROR", f"0{digits}{check}") == f"0{digits}{check}"
    if digits[place] != wrong:
        with pytest.raises(ValueError, match="check digits"):
            normalise("ROR", f"0{digits[:place]}{wrong}{digits[place + 1 :]}{check}")


@given(st.text("0123456789", min_size=15, max_size=15))
def test_an_isni_has_exactly_one_check_character(digits: str) -> None:
    """Of the eleven possible last characters one fits."""
    fitting = 0
    for last in "0123456789X":
        try:
            fitting += normalise("ISNI", digits + last) == digits + last
        except ValueError as error:
            assert "check digit" in str(error)  # noqa: PT017 - ten of eleven must fail, one must not
    assert fitting == 1


@given(Scheme, st.text(max_size=40))
def test_normalising_is_final_or_refused(scheme: str, written: str) -> None:
    """Any text is either refused, or given a spelling that does not change again."""
    try:
        stored = normalise(scheme, written)
    except ValueError:
        return
    assert normalise(scheme, stored) == stored


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("AZ", "AZ"),
        ("az ", "AZ"),
        ("EL", "GR"),
        ("UK", "GB"),
        ("GR", "GR"),
        ("AZE", "AZ"),
        ("Azerbaijan", "AZ"),
        ("XK", "XK"),
        ("Kosovo", "XK"),
        ("Viet Nam", "VN"),
    ],
)
def test_countries_become_iso_codes(written: str, code: str) -> None:
    """The Commission's codes, alpha-3 codes and English names give the alpha-2 code that is stored."""
    assert country(written) == code


@pytest.mark.parametrize("written", ["", "EU", "Azerbaycan Respublikasi?", "031x"])
def test_what_is_no_country_is_refused(written: str) -> None:
    """The refusal says how to write a country."""
    with pytest.raises(ValueError, match="such as AZ"):
        country(written)


@pytest.mark.parametrize(
    ("written", "place", "stored"),
    [
        ("RSPROKUP01", "RS", "RS PROKUP01"),
        ("DKOLN01", "DE", "D KOLN01"),
        ("DKOLN01", "DK", "DK OLN01"),
        ("ABADEN01", "AT", "A BADEN01"),
        ("IRLDUBLIN01", "IE", "IRL DUBLIN01"),
    ],
)
def test_the_country_tells_where_an_erasmus_code_is_divided(written: str, place: str, stored: str) -> None:
    """A code that lost its space is read by the country beside it."""
    assert normalise("ERASMUS", spaced_erasmus(written, place)) == stored


@pytest.mark.parametrize(("written", "place"), [("B  DIEPENB07", "NL"), ("PARIS063", "FR"), ("A BADEN01", "AT")])
def test_a_code_that_the_country_does_not_begin_stays(written: str, place: str) -> None:
    """The country divides codes; it corrects none."""
    assert spaced_erasmus(written, place) == written


@pytest.mark.parametrize(("written", "stored"), [("WWW.BSU.edu.az.", "www.bsu.edu.az"), ("a.xn--p1ai", "a.xn--p1ai")])
def test_domains_have_one_spelling(written: str, stored: str) -> None:
    """Case and the root's dot do not matter."""
    assert domain(written) == stored


@pytest.mark.parametrize("written", ["lka", "a..az", "-a.az", "a_b.az", "user@a.az", "1.2.3.4", "a.az/x", "." * 300])
def test_what_is_no_domain_is_refused(written: str) -> None:
    """Addresses, hosts without a dot and numbers are no domains."""
    with pytest.raises(ValueError, match=r"bsu\.edu\.az"):
        domain(written)

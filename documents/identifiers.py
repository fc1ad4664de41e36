"""What registers call institutions and countries: one spelling for each, checked as far as its scheme allows."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import pycountry

# What the Commission writes where ISO 3166-1 writes otherwise.
_COMMISSION_COUNTRIES = {"EL": "GR", "UK": "GB"}
_KOSOVO = {"XK", "XKX", "KOSOVO"}
# Country letters of Erasmus codes where they are not the ISO code.
_ERASMUS_LETTERS = {
    "AT": "A", "BE": "B", "DE": "D", "ES": "E", "FI": "SF", "FR": "F", "GB": "UK", "GR": "G", "IE": "IRL",
    "IT": "I", "LU": "LUX", "NO": "N", "PT": "P", "SE": "S",
}  # fmt: skip

_ERASMUS = re.compile(r"([A-Z]{1,3}) ([A-Z][A-Z-]*?)([0-9]{1,3})")
_ERASMUS_UNSPACED = re.compile(r"(IRL|LUX)(?=[A-Z])")
_PIC = re.compile(r"[0-9]{9}")
_OID = re.compile(r"E[0-9]{8}")
_ROR_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_ROR = re.compile(rf"0([{_ROR_DIGITS}]{{6}})([0-9]{{2}})")
_ISNI = re.compile(r"[0-9]{15}[0-9X]")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})")


def normalise(scheme: str, value: str) -> str:
    """Give `value` in the one spelling that is stored for `scheme`.

    The schemes are `ERASMUS` (`A BADEN01`, `IRL DUBLIN01`), `PIC` (nine digits), `OID` (`E10054064`), `ROR`
    (`05dxps055`), `SCHAC` (a domain) and `ISNI` (sixteen characters without spaces). Raises ValueError with the reason
    and the remedy where the value is none of its scheme, its check digits included.
    """
    check = _CHECKS.get(scheme)
    if check is None:
        raise ValueError(f"“{scheme}” is no scheme of identifiers: use one of {', '.join(_CHECKS)}")
    return check(_plain(value))


def spaced_erasmus(value: str, country: str) -> str:
    """Give an Erasmus code with a space after its country letters where `country` (ISO 3166-1) tells which they are.

    Without a space `DKOLN01` could be Germany's or Denmark's; any other value comes back as it is.
    """
    letters = _ERASMUS_LETTERS.get(country, country)
    written = _plain(value).upper()
    if " " in written or not written.startswith(letters):
        return value
    return f"{letters} {written.removeprefix(letters)}"


@lru_cache(maxsize=1024)
def country(value: str) -> str:
    """Give the ISO 3166-1 alpha-2 code of a country written as a code or as its English name (XK for Kosovo).

    The Commission's EL and UK become GR and GB. Raises ValueError with the remedy where no country is meant.
    """
    written = _plain(value).upper()
    if written in _KOSOVO:
        return "XK"
    written = _COMMISSION_COUNTRIES.get(written, written)
    try:
        return str(pycountry.countries.lookup(written).alpha_2)
    except LookupError:
        raise ValueError(f"“{value}” is no country: write its ISO 3166-1 code of two letters, such as AZ") from None


def domain(value: str) -> str:
    """Give an internet domain in lower case and, where it has other letters than ASCII, in its `xn--` form.

    Raises ValueError with the remedy where the value is no domain.
    """
    written = _plain(value).lower().rstrip(".")
    try:
        written = written.encode("idna").decode("ascii")
    except UnicodeError:
        written = ""
    if len(written) > 253 or not _DOMAIN.fullmatch(written):
        raise ValueError(f"“{value}” is no internet domain: write it as bsu.edu.az")
    return written


def _plain(value: str) -> str:
    """Give the text without what a spreadsheet hides in it: other spaces, other hyphens, invisible characters."""
    text = unicodedata.normalize("NFKC", value)
    kept = ("-" if unicodedata.category(c) == "Pd" else c for c in text if unicodedata.category(c) != "Cf")
    return " ".join("".join(kept).split())


def _erasmus(value: str) -> str:
    letters, _, place = _ERASMUS_UNSPACED.sub(r"\1 ", value.upper(), count=1).partition(" ")
    if found := _ERASMUS.fullmatch(f"{letters} {place.replace(' ', '')}"):
        return f"{found[1]} {found[2]}{found[3]}"
    raise ValueError(
        f"“{value}” is no Erasmus code: write the country letters, a space, the place and its number, such as A BADEN01"
    )


def _pic(value: str) -> str:
    digits = value.replace(" ", "")
    if not _PIC.fullmatch(digits):
        raise ValueError(f"“{value}” is no PIC: write its nine digits, such as 948821603")
    return digits


def _oid(value: str) -> str:
    code = value.replace(" ", "").upper()
    if not _OID.fullmatch(code):
        raise ValueError(f"“{value}” is no organisation ID: write E and eight digits, such as E10054064")
    return code


def _ror(value: str) -> str:
    """ROR: base 32 after Crockford, then ISO/IEC 7064 MOD 97-10."""
    code = re.sub(r"^(https?://)?(www\.)?ror\.org/", "", value.replace(" ", "").lower())
    found = _ROR.fullmatch(code)
    if not found:
        raise ValueError(f"“{value}” is no ROR ID: write it as https://ror.org/05dxps055")
    number = 0
    for digit in found[1]:
        number = number * 32 + _ROR_DIGITS.index(digit)
    if int(found[2]) != 98 - number * 100 % 97:
        raise ValueError(f"“{value}” is no ROR ID, its check digits do not fit: copy it again from ror.org")
    return code


def _schac(value: str) -> str:
    """SCHAC home organization (schacHomeOrganization): a domain, bare or at the end of a URN."""
    name = value.lower()
    if name.startswith("urn:schac:homeorganization:"):
        name = name.rpartition(":")[2]
    try:
        return domain(name)
    except ValueError:
        raise ValueError(f"“{value}” is no SCHAC code: write the institution's domain, such as bsu.edu.az") from None


def _isni(value: str) -> str:
    """ISNI: ISO 27729, checked by ISO/IEC 7064 MOD 11-2."""
    code = re.sub(r"^((https?://)?(www\.)?isni\.org/(isni/)?|isni:?)", "", value.replace(" ", "").lower())
    code = code.replace("-", "").upper()
    if not _ISNI.fullmatch(code):
        raise ValueError(f"“{value}” is no ISNI: write its sixteen characters, such as 0000 0001 2281 955X")
    total = 0
    for digit in code[:15]:
        total = (total + int(digit)) * 2
    if code[15] != "0123456789X"[(12 - total % 11) % 11]:
        raise ValueError(f"“{value}” is no ISNI, its check digit does not fit: copy it again from isni.org")
    return code


_CHECKS: dict[str, Callable[[str], str]] = {
    "ERASMUS": _erasmus,
    "PIC": _pic,
    "OID": _oid,
    "ROR": _ror,
    "SCHAC": _schac,
    "ISNI": _isni,
}

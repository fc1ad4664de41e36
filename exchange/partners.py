"""Rows of institutions, as registers and offices write them, read into partners."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from urllib.parse import urlsplit

from documents.folding import fold, is_abbreviation
from documents.identifiers import country, domain, normalise, spaced_erasmus
from documents.values import IdentifierScheme
from exchange.read import Row, Table, Unreadable

MAX_LINE = 300
MAX_URL = 500

# What a column may be called, folded; where a file has several of them the first named here is read.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("legal name", "name", "institution", "institution name", "university", "organisation name"),
    "name_az": ("name az", "az"),
    "name_en": ("name en", "english name", "en"),
    "name_ru": ("name ru", "ru"),
    "aliases": ("aliases", "alias", "other names"),
    "abbreviations": ("abbreviations", "abbreviation", "acronym", "short name"),
    "country": ("country cd", "country code", "alpha two code", "country"),
    "city": ("city", "town"),
    "address": ("street", "address"),
    "postal_code": ("post cd", "postal code", "post code", "postcode", "zip"),
    "website": ("website url", "website", "web pages", "web page", "web", "url", "homepage"),
    "domains": ("domains", "domain"),
    "ERASMUS": ("erasmus code", "erasmus"),
    "PIC": ("pic", "pic code", "pic number"),
    "OID": ("oid", "organisation id", "organization id"),
    "ROR": ("ror", "ror id"),
    "SCHAC": ("schac", "schac code"),
    "ISNI": ("isni",),
    "charter_from": ("erasmus eche start", "eche start", "charter from"),
    "charter_until": ("erasmus eche end", "eche end", "charter until"),
}
COLUMNS = (
    "name",
    "country",
    "website",
    "erasmus code",
    *sorted({name for names in _COLUMNS.values() for name in names}),
)
_NAMES = {"name": "", "name_az": "az", "name_en": "en", "name_ru": "ru"}

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_LINES = re.compile(r"\n")
_SEPARATED = re.compile(r"[;\n]")
_DOMAINS = re.compile(r"[;,\s]")
_NOTHING = re.compile(r"(?!)")
_ADDRESS = re.compile(r"(?:(https?):?/{1,3})?([^/?#]+)((?:[/?#].*)?)", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[<>\"'\\]")
_SITE_LABEL = re.compile(r"(?:www[0-9]*|w3)\.(?=[^.]+\.)")
_FRONT_PAGE = re.compile(
    r"/?|/[a-z]{2,3}(?:[-_][a-z]{2})?(?:/.*)?|/(?:index|home|default|main|start|accueil|inicio|english).*",
    re.IGNORECASE,
)
# Second-level names under a country that a register gives out, such as edu.az.
_REGISTRY = re.compile(r"(?:ac|co|com|edu|go|gob|gouv|gov|k12|mil|net|or|org|sch)\.[a-z]{2}")
# Who hosts pages and mail for anybody: to share one says nothing.
_HOSTS = (
    "academia.edu", "blogspot.com", "business.site", "facebook.com", "fb.com", "github.io", "gitlab.io", "gmail.com",
    "google.com", "hotmail.com", "instagram.com", "jimdo.com", "jimdosite.com", "linkedin.com", "linktr.ee", "mail.ru",
    "medium.com", "narod.ru", "netlify.app", "orange.fr", "outlook.com", "squarespace.com", "t.me", "tilda.ws",
    "tumblr.com", "twitter.com", "ucoz.com", "ucoz.ru", "vk.com", "wanadoo.fr", "webnode.com", "weebly.com",
    "wikipedia.org", "wix.com", "wixsite.com", "wordpress.com", "x.com", "yahoo.com", "yandex.ru", "youtube.com",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reject:
    """A cell that could not be taken, with the reason and the remedy; `whole` where the row was left out for it."""

    row: int
    column: str
    value: str
    reason: str
    remedy: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """An institution as one row of a file describes it, each value in its stored spelling."""

    number: int
    names: tuple[tuple[str, str], ...]  # language (az, en, ru, or empty where the file does not say) and name
    country: str
    aliases: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    city: str | None = None
    address: tuple[str, ...] = ()
    postal_code: str | None = None
    website: str | None = None
    domains: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    charter_from: date | None = None
    charter_until: date | None = None

    def folded_names(self) -> frozenset[str]:
        """The names by which it may be known."""
        return folded_names((*(name for _, name in self.names), *self.aliases))

    def digest(self) -> str:
        """What tells this row's contents from others', wherever it stands (SHA-256)."""
        return hashlib.sha256(repr(astuple(self)[1:]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what, and which columns are not read."""

    columns: dict[str, str]
    ignored: tuple[str, ...]


def folded_names(names: Iterable[str]) -> frozenset[str]:
    """Give the names as they are compared, without abbreviations (PARTNER-1)."""
    return frozenset(folded for name in names if not is_abbreviation(name) and (folded := fold(name)))


def layout(table: Table) -> Layout:
    """Find out what the columns of `table` hold. Raises Unreadable where none holds names, or none countries."""
    written = {fold(column): column for column in table.columns}
    columns = {
        what: next(written[name] for name in names if name in written)
        for what, names in _COLUMNS.items()
        if not written.keys().isdisjoint(names)
    }
    for what, present in (("name", not columns.keys().isdisjoint(_NAMES)), ("country", "country" in columns)):
        if not present:
            reason, remedy = f"no column holds the {what}", f"call one “{what}”"
            raise Unreadable(table.path, reason, remedy, row=table.header_row or None)
    read = set(columns.values())
    return Layout(columns, tuple(column for column in table.columns if column not in read))


def partner_row(row: Row, columns: Layout) -> tuple[PartnerRow | None, list[Reject]]:
    """Read one row: the institution, or None where it must be left out, and what could not be taken and why.

    A row is left out without a usable name or country, and where all identifiers that it gives are wrong, for nobody
    could tell then whom it means.
    """
    reading = _Reading(row, columns.columns)
    if row.problem:
        reading.refuse("", "", row.problem, whole=True)
        return None, reading.rejects
    names = reading.names()
    place = reading.checked("country", country)
    if place is None:
        reading.leave_out("country", "is empty: write the country's ISO 3166-1 code, such as AZ")
    website = reading.checked("website", web_address)
    start, end = reading.charter()
    partner = PartnerRow(
        number=row.number,
        names=names,
        country=place or "",
        aliases=tuple(reading.lines("aliases", _SEPARATED)),
        abbreviations=tuple(reading.lines("abbreviations", _SEPARATED)),
        city=reading.line("city"),
        address=tuple(reading.lines("address", _LINES)),
        postal_code=reading.line("postal_code"),
        website=website,
        domains=tuple(dict.fromkeys(reading.domains(website))),
        identifiers=reading.identifiers(place or ""),
        charter_from=start,
        charter_until=end,
    )
    left_out = any(reject.whole for reject in reading.rejects)
    return None if left_out else partner, reading.rejects


def web_address(value: str) -> str:
    """Give a web address in full, its scheme and host in lower case; https where no scheme was written.

    Raises ValueError with the reason and the remedy.
    """
    if " " in value or "\n" in value:
        raise ValueError("is no single web address: write one, without spaces")
    found = _ADDRESS.fullmatch(value)
    scheme, host, rest = found.groups() if found else (None, "", "")
    if "@" in host:
        raise ValueError("is an e-mail address: write the web address")
    name, _, port = host.partition(":")
    try:
        # The dot of a lone “www.” is no sign of a domain.
        host = f"www.{domain(name[4:])}" if name.lower().startswith("www.") else domain(name)
        host += f":{int(port)}" if port else ""
    except ValueError:
        raise ValueError("is no web address: write it as https://www.bsu.edu.az") from None
    address = f"{(scheme or 'https').lower()}://{host}{rest if rest != '/' else ''}"
    if len(address) > MAX_URL or _FORBIDDEN.search(address):
        raise ValueError(f"is no web address of at most {MAX_URL} characters: copy it from a browser")
    return address


def own_domain(host: str) -> str | None:
    """Give the domain that `host` speaks for, or None where it is anybody's, such as edu.az or a host of pages."""
    name = _SITE_LABEL.sub("", host)
    labels = name.split(".")
    if _REGISTRY.fullmatch(name) or any(".".join(labels[start:]) in _HOSTS for start in range(len(labels))):
        return None
    return name


def _text(cell: object) -> str:
    """Give a cell as text without what cannot be seen. Raises ValueError where it holds neither text nor a number."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, bool | list | dict) or not isinstance(cell, str | int | float | date):
        raise ValueError("is neither text nor a number: write it as text")  # noqa: TRY004 - refused like any other cell
    text = unicodedata.normalize("NFC", str(cell)).replace("\r\n", "\n")
    lines = _CONTROL.sub(" ", _INVISIBLE.sub("", text)).split("\n")
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _day(cell: object) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        written = _text(cell)
        if "." in written:
            return datetime.strptime(written, "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
        return date.fromisoformat(written[:10])
    except ValueError:
        raise ValueError("is no date: write it as 2029-12-31") from None


class _Reading:
    """One row while it is read, and what could not be taken from it."""

    def __init__(self, row: Row, columns: dict[str, str]) -> None:
        self._row, self._columns = row, columns
        self.rejects: list[Reject] = []

    def refuse(self, what: str, value: object, message: object, *, whole: bool = False) -> None:
        reason, _, remedy = str(message).rpartition(": ")
        shown = "" if value is None else str(value)[:200]
        self.rejects.append(Reject(self._row.number, self._columns.get(what, ""), shown, reason, remedy, whole))

    def leave_out(self, what: str, message: str) -> None:
        """Leave the whole row out: for a cell of `what` that was refused, or else for the want of one."""
        for place, reject in enumerate(self.rejects):
            if reject.column == self._columns.get(what):
                self.rejects[place] = replace(reject, whole=True)
                return
        self.refuse(what, "", message, whole=True)

    def texts(self, what: str) -> Iterator[str]:
        cell = self._row.cells.get(self._columns.get(what, ""))
        for part in cell if isinstance(cell, list) else [cell]:
            try:
                text = "" if part is None else _text(part)
            except ValueError as error:
                self.refuse(what, part, error)
                continue
            if text in _ERRORS:
                self.refuse(what, text, "is an error of the spreadsheet: correct its formula")
            elif text:
                yield text

    def lines(self, what: str, separated: re.Pattern[str]) -> Iterator[str]:
        """The parts of a cell, none longer than a line of the store."""
        for text in self.texts(what):
            for line in filter(None, map(str.strip, separated.split(text))):
                if len(line) <= MAX_LINE:
                    yield line
                else:
                    self.refuse(what, line, f"is longer than {MAX_LINE} characters: shorten it")

    def line(self, what: str) -> str | None:
        """The first text of a cell on one line."""
        return next((line.replace("\n", " ") for line in self.lines(what, _NOTHING)), None)

    def checked(self, what: str, check: Callable[[str], str]) -> str | None:
        """The first text of a cell in its stored spelling."""
        text = next(self.texts(what), None)
        try:
            return None if text is None else check(text)
        except ValueError as error:
            self.refuse(what, text, error)
            return None

    def names(self) -> tuple[tuple[str, str], ...]:
        given = [(language, self.line(what)) for what, language in _NAMES.items() if what in self._columns]
        names = tuple((language, name) for language, name in given if name and fold(name))
        if not names:
            column = next(what for what in _NAMES if what in self._columns)
            self.leave_out(column, "holds no name: write the name of the institution")
        return names

    def identifiers(self, place: str) -> tuple[tuple[str, str], ...]:
        found: dict[tuple[str, str], None] = {}
        wrong = ""
        for scheme in IdentifierScheme:
            for text in self.texts(scheme):
                written = spaced_erasmus(text, place) if scheme == IdentifierScheme.ERASMUS else text
                try:
                    found[str(scheme), normalise(scheme, written)] = None
                except ValueError as error:
                    self.refuse(scheme, text, error)
                    wrong = wrong or str(scheme)
        if wrong and not found:
            self.leave_out(wrong, "")
        return tuple(found)

    def domains(self, website: str | None) -> Iterator[str]:
        """The domains that the row names, or else the website's where the address is its front page."""
        named = False
        for text in self.lines("domains", _DOMAINS):
            named = True
            try:
                if own := own_domain(domain(text)):
                    yield own
                else:
                    self.refuse("domains", text, "is anybody's: write a domain that the institution owns")
            except ValueError as error:
                self.refuse("domains", text, error)
        if website and not named:
            parts = urlsplit(website)
            if _FRONT_PAGE.fullmatch(parts.path) and (own := own_domain(parts.hostname or "")):
                yield own

    def charter(self) -> tuple[date | None, date | None]:
        start, end = (self._charter_day(what) for what in ("charter_from", "charter_until"))
        if start and end and end < start:
            self.refuse("charter_until", end, f"ends before {start}: exchange or correct the days")
            return None, None
        return start, end

    def _charter_day(self, what: str) -> date | None:
        cell = self._row.cells.get(self._columns.get(what, ""))
        try:
            return None if cell is None else _day(cell)
        except ValueError as error:
            self.refuse(what, cell, error)
            return None

"""Rows as facts: the partner that a row makes, what it adds to one, and what matching looks at of a stored one."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from documents.folding import fold, is_abbreviation
from documents.identifiers import domain
from documents.partner import Partner, PartnerType
from documents.values import Address, Identifier, IdentifierScheme, Text
from exchange.match import Known
from exchange.partners import PartnerRow, folded_names

MAX_ADDRESS_LINES = 6
LANGUAGES = ("az", "en", "ru")

# What of a stored partner `known` looks at.
LOOKED_AT = (
    "name",
    "local_name",
    "aliases",
    "country",
    "city",
    "address",
    "website",
    "domains",
    "identifiers",
    "contested",
    "charter_until",
    "merged_into",
)


def language(name: str) -> str | None:
    """Tell the language to keep a name under whose file does not say: by script, or None where none of ours has it.

    Latin script counts as English, as registers mean it, but ə is Azerbaijani alone.
    """
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha())
    script = next((script for script, _ in scripts.most_common(1)), "LATIN")
    if script == "CYRILLIC":
        return "ru"
    if script != "LATIN":
        return None
    return "az" if "ə" in name.lower() else "en"


def make(row: PartnerRow, domains: Iterable[str]) -> Partner:
    """Give the partner that a row describes, with those `domains` that are its own. Raises ValidationError."""
    names, local, rest = _names(row)
    return Partner(
        name=Text(**names),
        local_name=local,
        aliases=list(dict.fromkeys((*rest, *row.aliases, *_abbreviations(row)))),
        type=PartnerType.UNIVERSITY,
        country=row.country,
        city=row.city,
        address=_address(row),
        website=row.website,
        domains=list(domains),
        identifiers=[_identifier(*pair) for pair in row.identifiers],
        charter_from=row.charter_from,
        charter_until=row.charter_until,
    )


def merge(partner: Partner, row: PartnerRow, domains: Iterable[str]) -> None:
    """Add what a row tells and the partner lacks; what it has stays, but for the days of its charter."""
    names = dict(row.names)
    for code in LANGUAGES:
        if getattr(partner.name, code) is None and code in names:
            setattr(partner.name, code, names[code])
    written = {_compared(name) for name in _written(partner)}
    for name in (*(name for _, name in row.names), *row.aliases, *_abbreviations(row)):
        if _compared(name) not in written:
            written.add(_compared(name))
            partner.aliases.append(name)
    held = {_ascii(own) for own in partner.domains}
    partner.domains += [own for own in domains if own not in held]
    pairs = {(str(each.scheme), each.value) for each in partner.identifiers}
    partner.identifiers += [_identifier(*pair) for pair in row.identifiers if pair not in pairs]
    partner.city = partner.city or row.city
    partner.website = partner.website or row.website
    given = _address(row)
    if partner.address is None:
        partner.address = given
    elif given is not None:
        partner.address.lines = partner.address.lines or given.lines
        partner.address.postal_code = partner.address.postal_code or given.postal_code
    if row.charter_until is not None and row.charter_until != partner.charter_until:
        partner.charter_from, partner.charter_until = row.charter_from, row.charter_until


def known(document: Mapping[str, Any]) -> Known:
    """Give what matching looks at of a stored partner. An identifier that another one holds is not its own."""
    names = (*document["name"].values(), document["local_name"], *document["aliases"])
    address = document["address"] or {}
    holds = {
        "city": document["city"],
        "address": address.get("lines"),
        "postal_code": address.get("postal_code"),
        "website": document["website"],
    }
    return Known(
        id=document["_id"],
        country=document["country"],
        names=folded_names(name for name in names if name),
        domains=frozenset(map(_ascii, document["domains"])),
        identifiers=frozenset(
            (each["scheme"], each["value"])
            for each in document["identifiers"]
            if f"{each['scheme']}:{each['value']}" not in document["contested"]
        ),
        holds=frozenset(what for what, value in holds.items() if value),
        charter_until=date.fromisoformat(document["charter_until"]) if document["charter_until"] else None,
    )


def unlike_abbreviations(row: PartnerRow) -> list[str]:
    """Give what stands in the column of abbreviations and would be taken for a name to match by (PARTNER-1)."""
    return [text for text in row.abbreviations if not is_abbreviation(text)]


def _abbreviations(row: PartnerRow) -> tuple[str, ...]:
    return tuple(filter(is_abbreviation, row.abbreviations))


def _names(row: PartnerRow) -> tuple[dict[str, str], str | None, list[str]]:
    """Give the names by language, the one in another script, and those that are left over."""
    names = {code: name for code, name in row.names if code}
    local, rest = None, []
    for name in (name for code, name in row.names if not code):
        code = language(name)
        if code is None:
            local = name
        elif names.setdefault(code, name) != name:
            rest.append(name)
    return names or {"en": local or ""}, local, rest


def _written(partner: Partner) -> list[str]:
    given = (partner.name.az, partner.name.en, partner.name.ru, partner.local_name, *partner.aliases)
    return [name for name in given if name]


def _compared(name: str) -> tuple[str, bool]:
    # “Aztu” beside “AZTU” is a name to match by beside an abbreviation
    return fold(name), is_abbreviation(name)


def _address(row: PartnerRow) -> Address | None:
    if not (row.address or row.postal_code):
        return None
    lines = list(row.address[:MAX_ADDRESS_LINES])
    if beyond := row.address[MAX_ADDRESS_LINES:]:
        lines[-1] = ", ".join((lines[-1], *beyond))
    return Address(lines=lines, city=row.city, postal_code=row.postal_code, country=row.country)


def _identifier(scheme: str, value: str) -> Identifier:
    return Identifier(scheme=IdentifierScheme(scheme), value=value)


def _ascii(written: str) -> str:
    try:
        return domain(written)
    except ValueError:
        return written

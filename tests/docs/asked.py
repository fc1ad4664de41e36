"""Run on a copy of the source that has the kind `Exhibition`: starts the service, asks as several callers, prints JSON.

It is a program of its own, because the copy's modules have the names of the source's.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import documents
from app import services
from auth.backend import Authenticator
from auth.caller import Role, caller
from auth.mask import check_table
from schema.graph import Graph
from schema.view import View
from settings import load_settings
from tests.conftest import Answered, Ask, asking

MADE = "exhibition { id revision status } problems { code path message }"
HEAD, MEMBER, FINANCE, NOBODY = caller(Role.HEAD), caller(Role.MEMBER), caller(Role.FINANCE), caller()


def _told(answer: Answered) -> Any:
    return {"data": answer.data, "errors": [error["message"] for error in answer.errors]}


async def _list(ask: Ask) -> dict[str, list[str]]:
    """Which exhibitions each caller lists, by title."""
    found = {}
    for name, who in (("head", HEAD), ("member", MEMBER), ("anonymous", NOBODY)):
        nodes = (await ask(who, "{ exhibitions { nodes { title { en } } } }"))["exhibitions"]["nodes"]
        found[name] = [node["title"]["en"] for node in nodes]
    return found


async def _step(ask: Ask, name: str, exhibition: str) -> Any:
    found = await ask(HEAD, f"mutation ($id: ID!) {{ {name}(id: $id) {{ {MADE} }} }}", id=exhibition)
    return found[name]


async def _made(ask: Ask) -> tuple[dict[str, Any], str]:
    """A new exhibition and the partner that lends to it."""
    lender = await ask(
        HEAD,
        'mutation { createPartner(input: { name: { en: "Museum" }, type: OTHER, country: "GE" }) { partner { id } } }',
    )
    partner = lender["createPartner"]["partner"]["id"]
    money = {"amount": "1500.00", "currency": "EUR"}
    made = await ask(
        HEAD,
        f"mutation ($input: CreateExhibitionInput!) {{ createExhibition(input: $input) {{ {MADE} }} }}",
        input={
            "title": {"en": "Carpets", "az": "Xalçalar"},
            "dates": {"start": "2026-05-01", "end": "2026-05-20"},
            "works": [{"title": {"en": "Runner"}, "lender": partner, "insuredFor": money}],
        },
    )
    return made["createExhibition"], partner


async def told(ask: Ask) -> dict[str, Any]:
    """What the service answers while an exhibition is made, changed, opened and published."""
    found: dict[str, Any] = {}
    found["made"], partner = await _made(ask)
    exhibition = found["made"]["exhibition"]["id"]
    found["planned"] = await _list(ask)
    empty = await ask(
        HEAD,
        'mutation { createExhibition(input: { title: { en: "Empty" }, dates: { start: "2026-05-01" } }) '
        f"{{ {MADE} }} }}",
    )
    found["opened empty"] = await _step(ask, "openExhibition", empty["createExhibition"]["exhibition"]["id"])

    works = await ask(HEAD, "query ($id: ID!) { exhibition(id: $id) { revision works { id } } }", id=exhibition)
    patch = {
        "works": {
            "change": [{"id": works["exhibition"]["works"][0]["id"], "title": {"ru": "Дорожка"}}],
            "add": [{"title": {"en": "Saddle bag"}}],
        }
    }
    change = (
        "mutation ($id: ID!, $r: String!, $p: ExhibitionPatch!) "
        f"{{ x: updateExhibition(id: $id, ifRevision: $r, patch: $p) {{ {MADE} }} }}"
    )
    revision = works["exhibition"]["revision"]
    found["changed"] = (await ask(HEAD, change, id=exhibition, r=revision, p=patch))["x"]
    found["changed again"] = (await ask(HEAD, change, id=exhibition, r=revision, p={"hall": "A"}))["x"]

    found["opened"] = await _step(ask, "openExhibition", exhibition)
    found["opened again"] = await _step(ask, "openExhibition", exhibition)
    found["open"] = await _list(ask)
    await _step(ask, "publishExhibition", exhibition)
    found["published"] = await _list(ask)

    whole = "query ($id: ID!) { exhibition(id: $id) { title { en ru } works { title { en ru } %s } %s } }"
    money = "insuredFor { amount currency }"
    fields = whole % (f"lender {{ id }} {money}", "history { nodes { action } }")
    found["seen by head"] = _told(await ask(HEAD, fields, id=exhibition))
    found["seen by finance"] = _told(await ask(FINANCE, whole % (money, ""), id=exhibition))
    found["money for member"] = _told(await ask(MEMBER, whole % (money, ""), id=exhibition))
    found["seen by member"] = _told(await ask(MEMBER, whole % ("lender { id }", "status"), id=exhibition))
    found["lender for anonymous"] = _told(await ask(NOBODY, whole % ("lender { id }", ""), id=exhibition))
    found["seen by anonymous"] = _told(await ask(NOBODY, whole % ("", ""), id=exhibition))
    found["change by member"] = _told(await ask(MEMBER, change, id=exhibition, r=revision, p={}))
    days = (
        '{ in: exhibitionsOn(day: "2026-05-20") { totalCount } out: exhibitionsOn(day: "2026-05-21") { totalCount } }'
    )
    found["on a day"] = {"member": _told(await ask(MEMBER, days)), "head": _told(await ask(HEAD, days))}
    rich = '{ exhibitions(where: { works: { any: { insuredFor: { currency: { eq: "EUR" } } } } }) { totalCount } }'
    found["by money"] = {"finance": _told(await ask(FINANCE, rich)), "member": _told(await ask(MEMBER, rich))}
    found["searched"] = (await ask(MEMBER, '{ exhibitions(search: "dorozh") { totalCount } }'))["exhibitions"]
    found["partner"] = partner
    return found


async def main() -> None:
    """Start the service on a fresh folder, named by the first argument, and print what it answers."""
    check_table()
    async with services(load_settings(mode="demo", home=Path(sys.argv[1]))) as found:
        view = View(found, Graph(), Authenticator(found.settings, found.store))
        answers = await told(asking(view))
    answers["source"] = str(Path(documents.__file__ or "").parent.parent)
    sys.stdout.write(json.dumps(answers, default=str))


if __name__ == "__main__":
    asyncio.run(main())

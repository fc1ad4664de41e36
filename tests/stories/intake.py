"""Intake links for stories: a visit with a link, and a browser without scripts at its page."""

from typing import Any
from urllib.parse import urlencode

import httpx2
from starlette.applications import Starlette

from resolvers.context import Services
from schema.intake import intake_routes
from tests.stories.office import Office

CREATE_LINK = """
mutation MakeALink($input: CreateIntakeLinkInput!) {
  createIntakeLink(input: $input) { intakeLink { id status submissions } url problems { code path message } }
}"""
LIST = "{ intakeSubmissions { nodes { id status familyName institution email birthDate diet accessNeeds } } }"
FILLED = {
    "given_name": "Murat",
    "family_name": "Demir",
    "institution": "Ankara University",
    "position": "Rector",
    "email": "murat@example.org",
    "private_phone": "+905321234567",
    "birth_date": "1970-01-31",
    "citizenship": "TR",
    "arrival_carrier": "THY",
    "arrival_number": "TK 334",
    "arrival_airport": "GYD",
    "arrival_at": "2026-06-01T14:30",
    "diet": "no meat",
    "access_needs": "a lift",
    "needs_step_free": "yes",
    "passport_number": "U99887766",
    "passport_country": "TR",
    "passport_valid_until": "2031-05-01",
    "medical_notes": "diabetes",
}


def link_facts(visit: str, **facts: Any) -> dict[str, Any]:
    """What a link is made of."""
    return {"delegation": visit, "expiresAt": "2026-05-20T00:00:00Z", "label": "Rector's party"} | facts


class Page:
    """A browser without scripts at the intake page of a service."""

    def __init__(self, services: Services) -> None:
        app = Starlette(routes=list(intake_routes(services)))
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8000")

    async def get(self, url: str, **headers: str) -> httpx2.Response:
        """Open an address."""
        return await self.client.get(url, headers=headers)

    async def post(self, url: str, values: dict[str, str] | None = None, **more: str) -> httpx2.Response:
        """Send the form."""
        body = urlencode(FILLED if values is None else values | more)
        return await self.client.post(
            url, content=body, headers={"content-type": "application/x-www-form-urlencoded", "accept-language": "en"}
        )


async def visited(office: Office, **facts: Any) -> tuple[str, dict[str, Any]]:
    """A visit with an officer assigned, and a link for its guests."""
    visit = await office.visit("Visit", officers=[office.ids["officer"]], partners=[{"partner": office.ids["ankara"]}])
    made = (await office.ask(office.officer, CREATE_LINK, input=link_facts(visit, **facts)))["createIntakeLink"]
    assert made["problems"] == []
    return visit, made


async def submitted(office: Office) -> list[dict[str, Any]]:
    """What was submitted, as the officer assigned reads it."""
    found: list[dict[str, Any]] = (await office.read(office.officer, LIST))["nodes"]
    return found

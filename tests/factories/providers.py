"""Providers as they are configured, for tests that ask none."""

from typing import Any

import orjson


def provider_of(issuer: str, claims: Any) -> str:
    """The setting of one provider with a mapping of claims."""
    found = {"name": "university", "title": "The university", "issuer": issuer, "client_id": "korpu", "claims": claims}
    return orjson.dumps([found | {"client_authentication": "none"}]).decode()

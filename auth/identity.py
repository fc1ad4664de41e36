"""Who a verified session or token says is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified session or token says is there: not yet what they may."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    expires: datetime  # aware UTC; from then on it is nobody
    session: str | None = None  # id hash of the session it comes from, if it is one
    scopes: frozenset[str] | None = None  # of an access token; None for a session
    client: str | None = None  # client_id of an access token

"""A provider says that somebody signed out (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from auth.discovery import Discovery
from auth.sessions import Sessions
from auth.signed import Untrue, check_audience, check_issuer, check_times, instant, parts, text, verified

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
OLDEST_SECONDS: Final = 120
KEPT: Final = timedelta(hours=1)
LONGEST_LIFE: Final = timedelta(hours=1)


async def end_sessions(issuer: Discovery, sessions: Sessions, token: str, clock: Callable[[], datetime]) -> None:
    """End the sessions that a logout token names. Raises Untrue for one that is not taken, Unavailable, StoreError."""
    now = clock()
    found = parts(token)
    claims = await verified(token, found, issuer, issuer.provider.logout_token_types)
    check_issuer(claims, issuer.provider.issuer)
    check_audience(claims, issuer.provider.client_id)
    expires = check_times(claims, now)
    if instant(claims, "iat") < now.timestamp() - OLDEST_SECONDS:
        raise Untrue("it is too old")
    if expires > now + LONGEST_LIFE:
        raise Untrue("it lasts too long")
    if "nonce" in claims:
        raise Untrue("it has a nonce, as ID tokens have")
    if not _says_logout(claims.get("events")):
        raise Untrue("it speaks of something else")
    jti = text(claims, "jti")
    subject = text(claims, "sub") if "sub" in claims else None
    sid = text(claims, "sid") if "sid" in claims else None
    if subject is None and sid is None:
        raise Untrue("it names nobody")
    if not await sessions.ended_by_provider(
        issuer.provider.issuer, subject, sid, token=jti, until=max(expires, now + KEPT)
    ):
        raise Untrue("it was used before")


def _says_logout(events: Any) -> bool:
    return isinstance(events, dict) and isinstance(events.get(EVENT), dict)

"""Access tokens of the providers (RFC 9068): verified once, remembered until they expire or their key goes."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from auth.discovery import Discovery
from auth.identity import Identity
from auth.provider import Provider
from auth.signed import Untrue, check_audience, check_issuer, check_times, parts, text, verified
from errors import NotAllowed

MOST_KEPT: Final = 10_000


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of a token; some providers call the claim `scp`."""
    value = claims.get("scope", claims.get("scp", ""))
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return frozenset(value)
    return frozenset(value.split(" ")) - {""} if isinstance(value, str) else frozenset()


def _client(claims: Mapping[str, Any], provider: Provider) -> str:
    """Whose client a token was issued to: `client_id` by RFC 9068, `azp` where providers follow OpenID Connect."""
    name = next((name for name in ("client_id", "azp", "appid") if name in claims), "client_id")
    if "at+jwt" in provider.access_token_types and len(provider.access_token_types) == 1:
        text(claims, "jti")
    return text(claims, name)


class AccessTokens:
    """Says who sends a provider's access token."""

    def __init__(self, issuers: Mapping[str, Discovery], clock: Callable[[], datetime]) -> None:
        # By issuer; those without an audience of ours issue no access tokens for us.
        self._issuers = {one.provider.issuer: one for one in issuers.values() if one.provider.audience}
        self._clock = clock
        self._kept: OrderedDict[str, tuple[Identity, str, Discovery]] = OrderedDict()

    @property
    def taken(self) -> bool:
        """Whether any provider's access tokens are taken."""
        return bool(self._issuers)

    async def identity(self, token: str) -> Identity:
        """Who a token is for. Raises Unauthenticated, NotAllowed without our scope, Unavailable without keys."""
        kept = self._kept.get(token)
        if kept is None:
            kept = await self._verified(token)
            self._kept[token] = kept
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        identity, kid, issuer = kept
        if identity.expires <= self._clock() or not issuer.keys.holds(kid):
            self._kept.pop(token, None)
            raise Untrue("it has expired, or its key was taken back")
        scope = issuer.provider.access_scope
        if identity.scopes is None or scope not in identity.scopes:
            msg = f"The token lacks the scope {scope}: ask the provider for it"
            raise NotAllowed(msg, scope)
        return identity

    async def _verified(self, token: str) -> tuple[Identity, str, Discovery]:
        found = parts(token)
        named = found[1].get("iss")
        issuer = self._issuers.get(named) if isinstance(named, str) else None
        if issuer is None or issuer.provider.audience is None:
            raise Untrue("nobody we know made it")
        provider, audience = issuer.provider, issuer.provider.audience
        claims = await verified(token, found, issuer, provider.access_token_types)
        check_issuer(claims, provider.issuer)
        check_audience(claims, audience)
        expires = check_times(claims, self._clock())
        subject, client = text(claims, "sub"), _client(claims, provider)
        identity = Identity(provider.issuer, subject, claims, expires, scopes=_scopes(claims), client=client)
        return identity, found[0]["kid"], issuer

"""Signing in at a provider (OpenID Connect, code flow with PKCE): there with a state, back with who it is."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from auth.browser import safe_next
from auth.discovery import Discovery, Metadata
from auth.identity import Identity
from auth.outbound import SECONDS, Outbound, ProviderDown, client_options
from auth.sessions import digest, new_id
from auth.signed import LEEWAY_SECONDS, Untrue, check_audience, check_issuer, check_times, parts, text, verified
from documents.store import Store, translated
from errors import Unavailable

UNDER_WAY: Final = "sign_ins_under_way"
MINUTES: Final = 10
MOST_CLAIMS: Final = 200
# What a provider may answer instead of a code (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6).
_DECLINED: Final = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})


class SignInFailed(Exception):
    """Nobody was signed in. ``reason`` is a word of the pages, such as down or declined."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(why or reason)
        self.reason = reason
        self.why = why


class Arrived(NamedTuple):
    """Who came back from a provider, the provider's name of their session, and where they want to go on."""

    identity: Identity
    sid: str | None
    next: str


@dataclass(frozen=True, slots=True)
class _Returned:
    """What a callback says, each once."""

    state: str
    code: str | None
    issuer: str | None
    error: str | None


def _returned(query: list[tuple[str, str]]) -> _Returned:
    found: dict[str, str] = {}
    for name, value in query:
        if name in found:
            raise SignInFailed("expired", "a parameter came twice")
        found[name] = value
    state = found.get("state", "")
    if not state:
        raise SignInFailed("expired", "no state")
    return _Returned(state, found.get("code"), found.get("iss"), found.get("error"))


class Logins:
    """Sends people to providers and takes them back."""

    def __init__(
        self, issuers: Mapping[str, Discovery], outbound: Outbound, store: Store, clock: Callable[[], datetime]
    ) -> None:
        self._issuers = issuers
        self._outbound = outbound
        self._store = store
        self._clock = clock

    async def begin(self, name: str, browser: str, base: str, wanted: str | None) -> str:
        """The address at the provider to go to. Raises SignInFailed when it cannot be reached."""
        issuer = self._issuers[name]
        metadata = await self._metadata(issuer)
        state, nonce, verifier = new_id(), new_id(), new_id()
        redirect = f"{base}/auth/callback/{name}"
        under_way = {
            "_id": digest(state),
            "browser": digest(browser),
            "provider": name,
            "nonce": nonce,
            "verifier": verifier,
            "redirect": redirect,
            "next": safe_next(wanted),
            "until": self._clock() + timedelta(minutes=MINUTES),
        }
        with translated():
            await self._store.collection(UNDER_WAY).insert_one(under_way)
        async with self._client(issuer, redirect) as client:
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        return str(address)

    async def finish(self, name: str, browser: str, query: list[tuple[str, str]]) -> Arrived:
        """Who came back. The state is used up by it, whatever comes of it. Raises SignInFailed."""
        issuer = self._issuers[name]
        returned = _returned(query)
        # Another browser, or another provider's callback, finds nothing, and uses nothing up.
        wanted = {"_id": digest(returned.state), "browser": digest(browser), "provider": name}
        with translated():
            under_way = await self._store.collection(UNDER_WAY).find_one_and_delete(wanted)
        if under_way is None or under_way["until"] <= self._clock():
            raise SignInFailed("expired", "no such state")
        metadata = await self._metadata(issuer)
        if returned.issuer != issuer.provider.issuer and (returned.issuer is not None or metadata.names_issuer):
            raise SignInFailed("refused", "the answer names another issuer")
        if returned.error is not None:
            raise SignInFailed("declined" if returned.error in _DECLINED else "trouble", "the provider declined")
        if not returned.code:
            raise SignInFailed("refused", "no code")
        token = await self._token(issuer, metadata, under_way, returned.code)
        try:
            identity, sid = await self._identity(issuer, metadata, under_way["nonce"], token)
        except Untrue as error:
            raise SignInFailed("refused", error.why) from error
        except (ProviderDown, Unavailable) as error:
            raise SignInFailed("down", str(error)) from error
        return Arrived(identity, sid, under_way["next"])

    async def end_address(self, name: str, base: str) -> str | None:
        """Where the provider ends its own session (RP-initiated logout); None where it has no such place or is away.

        No token goes along: it would stand in an address. The provider asks the person where it wants to be sure.
        """
        issuer = self._issuers.get(name)
        try:
            address = (await issuer.metadata()).end_session_endpoint if issuer else None
        except ProviderDown:
            return None
        if issuer is None or address is None:
            return None
        told = {"client_id": issuer.provider.client_id, "post_logout_redirect_uri": f"{base}/auth/signed-out"}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(told)}"

    def _client(self, issuer: Discovery, redirect: str) -> AsyncOAuth2Client:
        provider = issuer.provider
        return AsyncOAuth2Client(
            client_id=provider.client_id,
            client_secret=provider.secret,
            token_endpoint_auth_method=provider.client_authentication,
            scope=" ".join(provider.scopes),
            redirect_uri=redirect,
            code_challenge_method="S256",
            **client_options(),
        )

    async def _metadata(self, issuer: Discovery) -> Metadata:
        try:
            return await issuer.metadata()
        except ProviderDown as error:
            raise SignInFailed("down", str(error)) from error

    async def _token(
        self, issuer: Discovery, metadata: Metadata, under_way: Mapping[str, Any], code: str
    ) -> Mapping[str, Any]:
        """What the token endpoint gives for a code."""
        try:
            async with asyncio.timeout(SECONDS * 2), self._client(issuer, under_way["redirect"]) as client:
                found = await client.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=under_way["verifier"],
                )
        except OAuthError as error:
            # A code that was used before, or a secret that is wrong: the provider's own words may quote either.
            raise SignInFailed("refused", "the provider took no code") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError, TypeError, RecursionError) as error:
            raise SignInFailed("down", "no token came") from error
        if not isinstance(found, dict) or not isinstance(found.get("id_token"), str):
            raise SignInFailed("down", "no ID token came")
        return found

    async def _identity(
        self, issuer: Discovery, metadata: Metadata, nonce: str, token: Mapping[str, Any]
    ) -> tuple[Identity, str | None]:
        """Who a token response is about. Raises Untrue, ProviderDown and Unavailable."""
        provider = issuer.provider
        found = parts(token["id_token"])
        claims = await verified(token["id_token"], found, issuer, ("JWT",) if "typ" in found[0] else None)
        check_issuer(claims, provider.issuer)
        check_audience(claims, provider.client_id)
        expires = check_times(claims, self._clock())
        subject = text(claims, "sub")
        known = {"nonce": nonce, "client_id": provider.client_id, "access_token": token.get("access_token")}
        essential = {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True}}
        try:
            # Nonce, azp and at_hash, as Authlib knows them.
            CodeIDToken(claims, found[0], essential, known).validate(
                now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS
            )
        except (JoseError, ValueError, TypeError) as error:
            raise Untrue("the ID token is not about this sign-in") from error
        said = await self._userinfo(provider.userinfo, metadata, token)
        if said and said.get("sub") != subject:
            raise Untrue("two answers are about two people")
        sid = claims.get("sid")
        told = dict(list((said | claims).items())[:MOST_CLAIMS])
        identity = Identity(provider.issuer, subject, told, expires)
        return identity, sid if isinstance(sid, str) and sid else None

    async def _userinfo(self, wanted: bool, metadata: Metadata, token: Mapping[str, Any]) -> dict[str, Any]:
        access = token.get("access_token")
        if not wanted or metadata.userinfo_endpoint is None or not isinstance(access, str):
            return {}
        if not access.isascii() or not access.isprintable():
            raise ProviderDown("its access token is no token")
        return await self._outbound.get(metadata.userinfo_endpoint, Authorization=f"Bearer {access}")

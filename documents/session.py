"""What signing in keeps: sessions, sign-ins under way, logout tokens that were taken. All forgotten by themselves."""

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel


class Session(Document):
    """Somebody who signed in with a browser. The id is the hash of what their cookie holds."""

    id: str  # type: ignore[assignment]  # SHA-256, hexadecimal
    account: str
    provider: str
    issuer: str
    subject: str
    # The provider's own name of the session, by which it can end it.
    sid: str | None
    # What the provider said, as JSON: names of claims may hold dots.
    claims: str
    started: datetime
    seen: datetime
    # No longer than until then, whatever happens; and at present until then.
    ends: datetime
    until: datetime
    address: str
    agent: str

    class Settings:
        name = "sessions"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("until", ASCENDING)], expireAfterSeconds=0),
            IndexModel([("account", ASCENDING)]),
            IndexModel([("issuer", ASCENDING), ("subject", ASCENDING)]),
            IndexModel([("issuer", ASCENDING), ("sid", ASCENDING)]),
        ]


class SignInUnderWay(Document):
    """Somebody was sent to a provider and has not come back. The id is the hash of the state; taken once."""

    id: str  # type: ignore[assignment]  # SHA-256, hexadecimal
    browser: str
    provider: str
    nonce: str
    verifier: str
    redirect: str
    next: str
    until: datetime

    class Settings:
        name = "sign_ins_under_way"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("until", ASCENDING)], expireAfterSeconds=0)]


class LogoutToken(Document):
    """A logout token that was taken, so that it is not taken again."""

    id: str  # type: ignore[assignment]  # SHA-256 of issuer and jti, hexadecimal
    until: datetime

    class Settings:
        name = "logout_tokens"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("until", ASCENDING)], expireAfterSeconds=0)]


SIGN_IN = (Session, SignInUnderWay, LogoutToken)

"""Service accounts: keys are shown once, kept as hashes, expire, and are exchanged with some days for the change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from auth.service_keys import MadeKey, new_key
from documents.service_account import ServiceAccount, ServiceAccountStatus, ServiceKey
from resolvers.change import change, create
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules
from resolvers.problem import Problem, ProblemCode

Made = tuple[str | None, str | None, list[Problem]]


async def check(draft: Draft) -> None:
    """A new account begins with one key; a new key leaves the former one some days, and ends all others."""
    account: ServiceAccount = draft.model()
    if draft.action not in ("create", "rotate"):
        return
    if account.status is not ServiceAccountStatus.ACTIVE:
        draft.problem(ProblemCode.CONFLICT, "id", "This account was revoked: make another one")
    now, settings = draft.context.now, draft.context.settings
    made: MadeKey = draft.arguments["key"]
    until = now + timedelta(days=settings.service_key_overlap_days)
    account.keys = [
        *_former(account.keys, now, until),
        ServiceKey(
            id=made.id,
            made_at=now,
            expires_at=now + timedelta(days=settings.service_key_days),
            digest=made.digest,
        ),
    ]


def _former(keys: list[ServiceKey], now: datetime, until: datetime) -> list[ServiceKey]:
    """The key that is taken until then beside the new one: the last of those that are taken now."""
    taken = [key for key in keys if key.expires_at > now][-1:]
    for key in taken:
        key.expires_at = min(key.expires_at, until)
    return [key for key in taken if key.expires_at > now]


RULES["ServiceAccount"] = Rules(check=check)


async def make_service_account(context: Context, facts: Mapping[str, Any]) -> Made:
    """A new service account: its id, its first key, which is told this once, and problems."""
    key = new_key()
    made, problems = await create(context, "ServiceAccount", facts, arguments={"key": key})
    return made, None if made is None else key.text, problems


async def rotate(context: Context, record_id: str) -> Made:
    """Another key for a service account; the former one is taken for some more days. Raises NotFound and Forbidden."""
    key = new_key()

    async def work(_: Draft) -> None:
        """The rules of the kind do it."""

    made, problems = await change(context, "ServiceAccount", record_id, "rotate", None, work, arguments={"key": key})
    return made, None if made is None else key.text, problems

"""The moments that every kind shares: issue to partners, publish to everyone, archive and restore."""

from datetime import datetime

from resolvers.change import change
from resolvers.context import Context
from resolvers.draft import Draft
from resolvers.problem import Problem, ProblemCode
from resolvers.slug import free

Outcome = tuple[str | None, list[Problem]]


async def publish(context: Context, kind: str, record_id: str, embargo: datetime | None) -> Outcome:
    """Open a record to everyone, from now or from the end of an embargo on."""

    async def work(draft: Draft) -> None:
        if draft.document.get("restricted"):
            draft.problem(
                ProblemCode.CONFLICT, "id", "A restricted record cannot be published: lift the restriction first"
            )
        draft.document["published_from"] = embargo or context.now
        if "slug" in draft.document:
            draft.document["slug"] = await free(context, kind, draft.document, draft.session)

    return await change(context, kind, record_id, "publish", None, work)


async def unpublish(context: Context, kind: str, record_id: str) -> Outcome:
    """Withdraw a record from the public."""

    async def work(draft: Draft) -> None:
        draft.document["published_from"] = None

    return await change(context, kind, record_id, "unpublish", None, work)


async def issue(context: Context, kind: str, record_id: str, partners: list[str]) -> Outcome:
    """Open a record to the partners concerned."""

    async def work(draft: Draft) -> None:
        concerned = {entry["partner"] for entry in draft.document["partners"]}
        for index, partner in enumerate(partners):
            if partner not in concerned:
                message = "This partner takes no part in the visit: add it to partners first"
                draft.problem(ProblemCode.INVALID, f"partners[{index}]", message)
        if draft.document.get("restricted"):
            draft.problem(
                ProblemCode.CONFLICT, "id", "A restricted record cannot be issued: lift the restriction first"
            )
        draft.document["issued_to"] = sorted({*draft.document["issued_to"], *(partners or concerned)})
        draft.document["issued_at"] = context.now

    return await change(context, kind, record_id, "issue", None, work)


async def archive(context: Context, kind: str, record_id: str) -> Outcome:
    """Put a record away: it leaves every list but the office's archive."""

    async def work(draft: Draft) -> None:
        draft.document["archived_at"] = draft.document["archived_at"] or context.now

    return await change(context, kind, record_id, "archive", None, work)


async def restore(context: Context, kind: str, record_id: str) -> Outcome:
    """Bring an archived record back."""

    async def work(draft: Draft) -> None:
        draft.document["archived_at"] = None

    return await change(context, kind, record_id, "restore", None, work)

"""How often one network address may try something in an hour. Addresses are not kept as they are."""

import hashlib
import hmac

from starlette.requests import Request

from resolvers.context import Services
from resolvers.intake_link import tries


async def too_often(services: Services, request: Request, what: str, most: int) -> bool:
    """Whether the address of a request has now tried ``what`` more than so often in this hour."""
    address = request.client.host if request.client else ""
    secret = services.settings.signing_secret.encode()
    hidden = hmac.new(secret, f"{what} {address}".encode(), hashlib.sha256).hexdigest()
    return await tries(services.store, f"address {hidden}", services.clock()) > most

"""What tests of imports begin with."""

import pytest

from documents.kinds import prepare
from documents.partner import Partner, PartnerType
from documents.store import Store
from documents.values import Identifier, IdentifierScheme, Text
from resolvers import bulk
from tests.exchange.lists import NOW


@pytest.fixture
async def office(store: Store) -> Store:
    """Give a store in which Baku State University is a partner."""
    await prepare(store)
    known = Partner(
        name=Text(en="Baku State University"),
        type=PartnerType.UNIVERSITY,
        country="AZ",
        domains=["bsu.edu.az"],
        identifiers=[Identifier(scheme=IdentifierScheme.PIC, value="999645141")],
        created_at=NOW,
    )
    await bulk.write(store, NOW, None, [bulk.made(known)])
    return store

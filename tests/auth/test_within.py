"""A portal that acts for a person: what comes of it is what both may, path by path and record by record."""

from itertools import product
from typing import Any

import pytest

from auth.access import Sight, action_rule, scope, visible, writes
from auth.caller import Caller, Role, acting
from auth.mask import mask_of
from auth.policy import ACTIONS
from documents.kinds import KINDS, collection_of, tree_of
from resolvers.context import Services
from tests.auth.situations import HOLDERS, Situations, holder
from tests.conftest import Ask
from tests.world import NOW

PORTALS = (HOLDERS[Role.PORTAL], HOLDERS[Role.PARTNER])


def _admits(sight: Sight, path: str, record: dict[str, Any], values: frozenset[str]) -> frozenset[str]:
    """Which of these values of the field open an element."""
    admitted = sight.admits(path, record)
    return values if admitted is None else values & admitted[1]


@pytest.mark.parametrize("role", list(Role))
def test_acting_for_somebody_gives_what_both_may(found: Situations, role: Role) -> None:
    """Of any two roles, in every situation: scope, labels, elements, actions and writes are those of both."""
    for other in Role:
        person, portal = holder(role), HOLDERS[other]
        who = acting(portal, person)
        kinds = mask_of(person).kinds.keys() & mask_of(portal).kinds
        assert mask_of(who).kinds.keys() <= kinds
        for kind in KINDS:
            sights = [visible(kind, each, NOW) for each in (person, portal, who)]
            for record in found.records(kind):
                one, two, both = sights
                seen = one is not None and two is not None and one.in_scope(record) and two.in_scope(record)
                assert (both is not None and both.in_scope(record)) == seen
                for action in ACTIONS[kind]:
                    may = [action_rule(kind, each, action).allows(each, record, NOW) for each in (person, portal, who)]
                    assert may[2] == (may[0] and may[1]), (kind, action)
                if seen and one and two and both:
                    assert both.bits(record) == one.bits(record) & two.bits(record)
                    _same_elements(kind, one, two, both, record)


def _same_elements(kind: str, one: Sight, two: Sight, both: Sight, record: dict[str, Any]) -> None:
    for path in tree_of(kind).walk():
        if path.element and path.apart and not path.hidden and both.reads(path.chain, both.bits(record)):
            values = one.caller.persons | one.caller.partners | {"PUBLIC", "CAMPUS", "PARTNER", "OFFICE", "x"}
            admitted = _admits(one, path.path, record, values) & _admits(two, path.path, record, values)
            assert _admits(both, path.path, record, values) == admitted, path.path


def test_somebody_else_s_partner_is_not_opened_by_a_portal(found: Situations) -> None:
    """A person of one partner, by the portal of another: what was issued to both, and no element of either alone."""
    person, portal = holder(Role.PARTNER), Caller(frozenset({Role.ANONYMOUS, Role.PORTAL}), partner="prt_other")
    sight = visible("Delegation", acting(portal, person), NOW)
    assert sight is not None
    for record in found.records("Delegation"):
        if "public" not in record["scope"]:
            assert not sight.in_scope(record)
        admitted = sight.admits("members", record)
        assert admitted is not None
        assert admitted[1] == frozenset()


@pytest.mark.parametrize(("role", "portal"), list(product(Role, PORTALS)), ids=lambda one: one.name)
async def test_the_store_finds_what_both_have(service: Services, role: Role, portal: Caller) -> None:
    """The filter of the store is that of both, for every kind."""
    person = holder(role)
    for kind in KINDS:
        ids = []
        for who in (person, portal, acting(portal, person)):
            documents = await service.store.collection(collection_of(kind)).find(scope(kind, who, NOW)).to_list()
            ids.append({document["_id"] for document in documents})
        assert ids[2] == ids[0] & ids[1], kind


@pytest.mark.parametrize("role", list(Role))
async def test_a_portal_writes_nothing_for_anybody(put_to: Ask, found: Situations, role: Role) -> None:
    """Portals change nothing, so that nobody changes anything by one."""
    who = acting(HOLDERS[Role.PORTAL], holder(role))
    assert [kind for kind in mask_of(who).kinds.values() if kind.actions or kind.applies or kind.proposes] == []
    for kind in KINDS:
        for path in tree_of(kind).paths:
            record = found.records(kind)[0]
            assert writes(kind, who, "update", path, record, NOW) is None
    refused = await put_to(who, 'mutation { createUnit(input: { abbreviation: "X" }) { unit { id } } }')
    assert refused.data is None


async def test_answers_to_a_portal_are_within_those_to_either(put_to: Ask) -> None:
    """Over the graph: an officer by a portal reads the partner's visits, and of them the partner's own members."""
    query = "{ delegations(first: 100, archived: true) { nodes { id title { en } status members { id } } } }"
    officer, portal = holder(Role.OFFICER), HOLDERS[Role.PORTAL]
    told = {}
    for name, who in (("officer", officer), ("portal", portal), ("both", acting(portal, officer))):
        nodes = (await put_to(who, query))["delegations"]["nodes"]
        told[name] = {node["id"]: {each["id"] for each in node["members"] or ()} for node in nodes}
    assert told["both"].keys() == told["officer"].keys() & told["portal"].keys()
    assert told["both"]
    for visit, members in told["both"].items():
        assert members == told["officer"][visit] & told["portal"][visit]
    assert any(told["both"].values())
    hidden = await put_to(acting(portal, officer), "{ delegations { nodes { budget { id } } } }")
    assert hidden.data is None

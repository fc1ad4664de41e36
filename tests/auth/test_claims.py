"""Claims to roles: by the rules of their issuer alone; what is malformed grants nothing and raises nothing."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.caller import Role
from auth.claims import MOST_VALUES, NEVER_CLAIMED, ClaimMap, ClaimRule, first_text, granted, values
from auth.provider import Provider, load_providers
from errors import SettingsError
from settings import load_settings
from tests.factories.providers import provider_of

RULES = ClaimMap(
    scopes=("example.edu", "Med.Example.edu"),
    roles=(
        ClaimRule(claim="eduperson_scoped_affiliation", value="faculty", role=Role.MEMBER),
        ClaimRule(claim="eduperson_entitlement", value="urn:mace:example.edu:korpu:officer", role=Role.OFFICER),
        ClaimRule(claim="groups", value="/international/head", role=Role.HEAD),
        ClaimRule(claim="roles", value="korpu-admin", role=Role.ADMIN),
        ClaimRule(claim="realm_access.roles", value="auditor", role=Role.AUDITOR),
        ClaimRule(claim="voperson_external_affiliation", value="staff@med.example.edu", role=Role.FINANCE),
        ClaimRule(
            claim="schac_home_organization_type", value="urn:schac:homeOrganizationType:int:hei", role=Role.RANKING
        ),
    ),
)


def roles(claims: Any, rules: ClaimMap = RULES) -> set[str]:
    """The roles that claims give."""
    return {each.role.value for each in granted(rules, claims)}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"eduperson_scoped_affiliation": ["faculty@example.edu"]}, {"member"}),
        ({"eduperson_scoped_affiliation": "faculty@example.edu"}, {"member"}),
        ({"eduPersonScopedAffiliation": ["Faculty@EXAMPLE.EDU"]}, {"member"}),
        ({"eduPersonScopedAffiliation": ["library-walk-in@example.edu", "alum@example.edu"]}, set()),
        ({"eduperson_scoped_affiliation": ["faculty@evil.example"]}, set()),
        ({"eduperson_scoped_affiliation": ["faculty@example.edu.evil.example", "faculty@@example.edu"]}, set()),
        ({"eduperson_scoped_affiliation": ["faculty@example.edu@evil.example", "faculty", "@example.edu", "@"]}, set()),
        ({"eduperson_affiliation": ["faculty"]}, set()),
        ({"eduPersonEntitlement": "urn:mace:example.edu:korpu:officer"}, {"officer"}),
        ({"eduperson_entitlement": ["urn:mace:example.edu:korpu:officer:deputy"]}, set()),
        ({"groups": ["/international/head", "/chess"]}, {"head"}),
        ({"groups": "/international/head /chess"}, set()),
        ({"groups": "/international"}, set()),
        ({"Groups": ["/international/head"]}, {"head"}),
        ({"roles": ["korpu-admin"]}, {"admin"}),
        ({"roles": ["head", "officer", "admin"]}, set()),
        ({"realm_access": {"roles": ["auditor"]}}, {"auditor"}),
        ({"realmAccess": {"roles": "auditor"}}, {"auditor"}),
        ({"realm_access": ["auditor"], "realm_access.role": "auditor"}, set()),
        ({"voPersonExternalAffiliation": ["staff@med.example.edu"]}, {"finance"}),
        ({"voperson_external_affiliation": ["staff@example.edu"]}, set()),
        ({"schacHomeOrganizationType": "urn:schac:homeOrganizationType:int:hei"}, {"ranking"}),
        ({"eduperson_scoped_affiliation": ["staff@example.edu"], "roles": ["korpu-admin"]}, {"member", "admin"}),
    ],
)
def test_a_claim_gives_what_the_rules_say(claims: dict[str, Any], expected: set[str]) -> None:
    """One text or a list, camelCase or snake_case, exact values, and scopes of the issuer's list alone."""
    assert roles(claims) == expected


@pytest.mark.parametrize(
    "value",
    [None, 7, True, 1.5, {}, [], [[]], [["/international/head"]], {"/international/head": True}, [None, 7, {}], b"x"],
    ids=str,
)
def test_what_is_malformed_gives_nothing(value: Any) -> None:
    """Whatever stands where a text or a list of texts should."""
    names = ("groups", "roles", "eduperson_scoped_affiliation", "realm_access", "eduPersonEntitlement")
    assert roles(dict.fromkeys(names, value)) == set()


def test_no_more_values_are_looked_at_than_a_person_has() -> None:
    """A list without end costs no more than a long one, and a text without end is no value."""
    assert roles({"groups": ["/chess"] * MOST_VALUES + ["/international/head"]}) == set()
    assert list(values({"groups": ["x" * 5_000, "a"]}, "groups")) == ["a"]


def test_nothing_is_given_unless_the_rules_say_so() -> None:
    """By default an affiliation of one's own scopes makes a member; no claim makes more, and none of another issuer."""
    loud = {
        "roles": ["head", "admin"],
        "groups": ["head", "admin"],
        "eduperson_scoped_affiliation": ["staff@example.edu"],
    }
    assert roles(loud, ClaimMap()) == set()
    assert roles(loud, ClaimMap(scopes=("example.edu",))) == {"member"}
    assert roles(loud, ClaimMap(scopes=("example.edu",), members=False)) == set()


_TEXT = st.one_of(
    st.sampled_from(["/international/head", "faculty@example.edu", "korpu-admin", "@", "auditor"]), st.text(max_size=20)
)
_ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.binary(max_size=4), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXT, inner, max_size=4)),
    max_leaves=12,
)
_NAMES = st.one_of(
    st.sampled_from(["groups", "roles", "realm_access", "eduPersonScopedAffiliation", "sub"]), st.text(max_size=9)
)


@given(st.dictionaries(st.one_of(_NAMES, st.integers()), _ANY, max_size=6))
def test_no_claims_raise_and_none_give_what_is_not_in_the_rules(claims: Any) -> None:
    """Whatever a provider sends."""
    assert roles(claims) <= {"member", "officer", "head", "admin", "auditor", "finance", "ranking"}
    assert roles(claims, ClaimMap()) == set()
    assert isinstance(first_text(claims, "name", "email"), str | None)


def _loaded(home: Path, claims: Any) -> Provider:
    """A provider with this mapping, as it is configured."""
    settings = load_settings(mode="demo", home=home, providers=provider_of("https://a.example", claims))
    (found,) = load_providers(settings).values()
    return found


@pytest.mark.parametrize("role", ["root", "Head", "", *(role.value for role in sorted(NEVER_CLAIMED))])
def test_a_mapping_to_what_no_claim_gives_stops_the_program(role: str, home: Path) -> None:
    """A rule that would silently do nothing, or make a portal of a person, is refused with its place."""
    with pytest.raises(SettingsError, match=r"claims\.roles\.0\.role"):
        _loaded(home, {"roles": [{"claim": "groups", "value": "x", "role": role}]})


def test_scoped_claims_without_scopes_stop_the_program(home: Path) -> None:
    """A rule that never holds is a mistake."""
    rule = {"claim": "eduPersonScopedAffiliation", "value": "staff", "role": "member"}
    with pytest.raises(SettingsError, match="list them in scopes"):
        _loaded(home, {"roles": [rule]})


def test_the_mapping_stands_with_its_provider(home: Path) -> None:
    """What is not known there stops the program."""
    found = _loaded(home, {"scopes": ["a.example"], "members": False})
    assert found.claims == ClaimMap(scopes=("a.example",), members=False)
    with pytest.raises(SettingsError, match=r"claims\.scope"):
        _loaded(home, {"scope": ["a.example"]})

"""Providers as they are configured: what is refused names the variable, the provider and the remedy."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from auth.check import check_providers
from auth.provider import load_providers
from demo.provider import DemoProvider, check_demo, with_demo_provider
from errors import SettingsError
from settings import Settings, load_settings
from tests.provider.running import SECRET, Running

GOOD: dict[str, Any] = {
    "name": "university",
    "title": "University",
    "issuer": "https://sso.example.edu",
    "client_id": "korpu",
    "client_secret": SECRET,
}


def given(home: Path, *providers: Any, **more: Any) -> Settings:
    """The settings of a demonstration with these providers."""
    return load_settings(mode="demo", home=home, providers=orjson.dumps(providers).decode(), **more)


def test_providers_come_by_name(home: Path, tmp_path: Path) -> None:
    """From the variable, from TOML and from JSON, with the secret of its own file, without the end of its line."""
    other = GOOD | {"name": "partners", "issuer": "https://proxy.example.org", "client_authentication": "none"}
    other.pop("client_secret")
    assert list(load_providers(given(home, GOOD, other))) == ["university", "partners"]
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    toml = tmp_path / "providers.toml"
    lines = [f'{name} = "{value}"' for name, value in GOOD.items() if name != "client_secret"]
    toml.write_text("\n".join(["[[providers]]", *lines, f'client_secret_file = "{secret}"']))
    found = load_providers(load_settings(mode="demo", home=home, providers_file=toml))
    assert found["university"].secret == SECRET
    as_json = tmp_path / "providers.json"
    as_json.write_bytes(orjson.dumps({"providers": [GOOD]}))
    assert list(load_providers(load_settings(mode="demo", home=home, providers_file=as_json))) == ["university"]
    assert load_providers(load_settings(mode="demo", home=home)) == {}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"issuer": "http://sso.example.edu"}, "issuer is plain http to another machine"),
        ({"issuer": "sso.example.edu"}, "issuer: String should match"),
        ({"name": "../x"}, "name: String should match"),
        ({"algorithms": ["none"]}, "algorithms: must be some of"),
        ({"algorithms": ["RS256", "HS256"]}, "algorithms: must be some of"),
        ({"algorithms": []}, "algorithms: List should have at least 1"),
        ({"scopes": ["profile"]}, "scopes must hold openid"),
        ({"audience": "korpu"}, "audience is the client_id"),
        ({"client_secret": None}, "client_secret and client_authentication do not fit"),
        ({"client_authentication": "none"}, "client_secret and client_authentication do not fit"),
        ({"client_secret_file": "secret"}, "are both set: keep one of them"),
        ({"client_secret": None, "client_secret_file": "/nowhere/x"}, "client_secret_file cannot be read"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_provider_is_refused(home: Path, wrong: dict[str, Any], words: str) -> None:
    """The program says which provider and what to do, and never shows its secret."""
    entry = {name: value for name, value in (GOOD | wrong).items() if value is not None}
    with pytest.raises(SettingsError, match=r"^KORPU_PROVIDERS, provider .*: ") as refused:
        load_providers(given(home, entry))
    assert words in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("text", ["{", "5", '{"name": "x"}', "[5]"])
def test_what_is_no_list_is_refused(home: Path, tmp_path: Path, text: str) -> None:
    """A variable or file that cannot be read says where to look."""
    with pytest.raises(SettingsError, match=r"KORPU_PROVIDERS .*docs/sign-in\.md"):
        load_providers(load_settings(mode="demo", home=home, providers=text))
    for name in ("providers.toml", "providers.json"):
        (tmp_path / name).write_text("[x" if text == "{" else text)
        with pytest.raises(SettingsError, match="KORPU_PROVIDERS_FILE"):
            load_providers(load_settings(mode="demo", home=home, providers_file=tmp_path / name))
    with pytest.raises(SettingsError, match="KORPU_PROVIDERS_FILE: cannot read"):
        load_providers(load_settings(mode="demo", home=home, providers_file=tmp_path / "missing.toml"))


def test_two_of_one_name_or_issuer_are_refused(home: Path) -> None:
    """A token names its issuer and an address its provider: each is one."""
    for other in (GOOD, GOOD | {"name": "other"}, GOOD | {"issuer": "https://other.example"}):
        with pytest.raises(SettingsError, match="another one has its name or issuer"):
            load_providers(given(home, GOOD, other))


async def test_check_says_what_is_wrong_and_how_to_mend_it(university: Running, home: Path) -> None:
    """Discovery and keys of a real provider are fetched; each mistake gets a sentence with the remedy."""
    university.mend()
    good = university.configured()
    where = {"public_url": university.service}
    assert await check_providers(given(home, good, **where)) == []
    wrong: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (good | {"issuer": f"{university.issuer}/"}, where, "Compare issuer"),
        (good | {"issuer": "http://127.0.0.1:9"}, where, "it did not answer"),
        (good | {"scopes": ["openid", "colour"]}, where, "does not name the scopes colour"),
        (good | {"algorithms": ["ES256"]}, where, "signs with RS256: add that to algorithms"),
        (good, {}, "KORPU_PUBLIC_URL, which is not set"),
    ]
    for provider, more, words in wrong:
        (sentence,) = await check_providers(given(home, provider, **more))
        assert words in sentence
        assert SECRET not in sentence
    university.spoil("/jwks", body='{"keys": []}')
    (sentence,) = await check_providers(given(home, good, **where))
    assert "no key that can verify a signature" in sentence
    university.mend()


@pytest.mark.parametrize("change", [{"mode": "production"}, {"host": "0.0.0.0"}, {"host": "korpu.example.edu"}])  # noqa: S104
def test_the_demonstrations_provider_runs_nowhere_else(home: Path, change: dict[str, Any]) -> None:
    """Outside demo mode, or on an address that others reach, it is not even made."""
    settings = load_settings(mode="demo", home=home).model_copy(update=change)
    for attempt in (check_demo, with_demo_provider, lambda found: DemoProvider(found, [], lambda: None)):
        with pytest.raises(SettingsError, match="it runs in demo mode on a loopback address alone"):
            attempt(settings)


def test_configured_providers_go_before_the_demonstrations_own(home: Path) -> None:
    """Whoever configured a provider signs in there, in the demonstration too."""
    assert list(load_providers(with_demo_provider(given(home, GOOD)))) == ["university"]
    assert list(load_providers(with_demo_provider(load_settings(mode="demo", home=home)))) == ["demo"]

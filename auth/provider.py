"""Providers of sign-in, as configured: each an OpenID Connect issuer that this service trusts to say who someone is."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from auth.claims import ClaimMap
from errors import SettingsError
from settings import Settings, is_open

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
Words = Annotated[list[str], Field(min_length=1)]


class Provider(BaseModel):
    """One issuer, and what this service is to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    title: str = Field(min_length=1, max_length=120)
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    client_authentication: Literal["client_secret_basic", "client_secret_post", "none"] = "client_secret_basic"
    scopes: Words = ["openid", "profile", "email"]
    userinfo: bool = True
    algorithms: Words = ["RS256", "PS256", "ES256", "EdDSA"]
    # Access tokens of this provider are taken where an audience is set.
    audience: str | None = None
    access_scope: str = "korpu"
    access_token_types: Words = ["at+jwt"]
    logout_token_types: Words = ["logout+jwt"]
    claims: ClaimMap = ClaimMap()

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, value: list[str]) -> list[str]:
        if not set(value) <= ALGORITHMS:
            raise ValueError(f"must be some of {', '.join(sorted(ALGORITHMS))}")
        return value

    @model_validator(mode="after")
    def _together(self) -> "Provider":
        if is_open(self.issuer):
            raise ValueError("issuer is plain http to another machine, where anyone on the way decides who signs in")
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid")
        if self.client_secret and self.client_secret_file:
            raise ValueError("client_secret and client_secret_file are both set: keep one of them")
        if (self.client_authentication == "none") is bool(self.client_secret or self.client_secret_file):
            raise ValueError("client_secret and client_authentication do not fit: set both, or none and no secret")
        if self.audience == self.client_id:
            raise ValueError(
                "audience is the client_id, by which an ID token could pass for an access token: "
                "register this service's API under a name of its own"
            )
        return self

    @property
    def secret(self) -> str | None:
        """The client secret, if there is one."""
        return self.client_secret.get_secret_value() if self.client_secret else None


def load_providers(settings: Settings) -> dict[str, Provider]:
    """Give the providers by name. Raises SettingsError that names the variable, the provider and the remedy."""
    if settings.providers is not None:
        variable, entries = "KORPU_PROVIDERS", _parsed(settings.providers.get_secret_value())
    elif settings.providers_file is not None:
        variable, entries = "KORPU_PROVIDERS_FILE", _file(settings.providers_file)
    else:
        return {}
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"{variable} is no list of providers: write it as docs/sign-in.md shows.")
    found: dict[str, Provider] = {}
    problems = []
    for number, entry in enumerate(entries, 1):
        name = entry.get("name", f"number {number}")
        try:
            provider = _with_secret(Provider.model_validate(entry))
        except ValidationError as error:
            # not chained: the cause would carry the values that were refused
            problems += [f"{variable}, provider {name}: {told}." for told in _told(error)]
            continue
        except OSError as error:
            problems.append(f"{variable}, provider {name}: client_secret_file cannot be read ({error.strerror}).")
            continue
        if provider.name in found or provider.issuer in {other.issuer for other in found.values()}:
            problems.append(f"{variable}, provider {name}: another one has its name or issuer: keep one of them.")
        found[provider.name] = provider
    if problems:
        raise SettingsError("\n".join(problems))
    return found


def _told(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        place = ".".join(map(str, problem["loc"]))
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{place}: {message}" if place else message)
    return lines


def _with_secret(provider: Provider) -> Provider:
    if provider.client_secret_file is None:
        return provider
    return provider.model_copy(
        update={"client_secret": SecretStr(provider.client_secret_file.read_text("utf-8").strip())}
    )


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
    raise SettingsError(f"KORPU_PROVIDERS is no JSON ({where}): write it as docs/sign-in.md shows.")


def _file(path: Path) -> Any:
    try:
        text = path.read_text("utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else orjson.loads(text)
    except OSError as error:
        raise SettingsError(
            f"KORPU_PROVIDERS_FILE: cannot read {path} ({error.strerror}): name a readable file."
        ) from None
    except (ValueError, UnicodeDecodeError):
        raise SettingsError(f"KORPU_PROVIDERS_FILE: {path} is neither TOML nor JSON: see docs/sign-in.md.") from None
    return found.get("providers") if isinstance(found, dict) else found


def origin_of(address: str) -> str:
    """The origin of an address: scheme, host and port."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

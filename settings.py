"""Every setting, typed, once. Each comes from the environment variable KORPU_<NAME>; no file is read."""

import base64
import binascii
import difflib
import ipaddress
import os
import re
import secrets
import zoneinfo
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from errors import SettingsError

PREFIX = "KORPU_"
SECRET_LENGTH = 32
MASTER_KEY_BYTES = 96

Words = Annotated[list[str], NoDecode]
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


class Settings(BaseSettings):
    """What the service was told. Made by `load_settings`, which checks what no single field can."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        env_file=None,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    mode: Literal["production", "demo"] = Field("production", description="production, or demo to try the service")
    mongodb_uri: SecretStr | None = Field(
        None, description="the address of a MongoDB replica set or mongos; without it a demonstration starts its own"
    )
    database: str = Field(
        "korpu", pattern=r"^[A-Za-z0-9_-]{1,38}$", description="the database's name: letters, digits, _ and -, up to 38"
    )
    home: Path = Field(
        Path(".korpu"), description="the folder of the embedded store and of the demonstration's secrets"
    )
    host: str = Field("127.0.0.1", min_length=1, description="the address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="the port to listen on; 0 lets the system choose")
    secret: SecretStr | None = Field(
        None, description=f"the signing secret, {SECRET_LENGTH} characters or more; required in production"
    )
    master_key: SecretStr | None = Field(
        None,
        description=f"the master key of field encryption: {MASTER_KEY_BYTES} bytes, base64; required in production",
    )
    master_key_file: Path | None = Field(None, description="a file holding the master key, instead of KORPU_MASTER_KEY")
    zone: str = Field("Asia/Baku", description="the university's IANA time zone")
    languages: Words = Field(
        ["az", "en", "ru"], min_length=1, description="the languages of texts, the first one first; separated by commas"
    )
    university: str = Field("Baku State University", min_length=1, description="the university's name")
    university_country: str = Field(
        "AZ", pattern=r"^[A-Z]{2}$", description="the university's country, ISO 3166-1 alpha-2"
    )
    travel_kmh: float = Field(
        25.0, gt=0, le=1000, description="how fast guests are brought from place to place, in km/h as the crow flies"
    )
    travel_margin_minutes: int = Field(
        10, ge=0, le=1440, description="the minutes to allow for getting in and out on each way"
    )
    max_depth: int = Field(12, ge=1, description="how deep a GraphQL operation may nest")
    max_tokens: int = Field(4000, ge=1, description="how many tokens a GraphQL document may have")
    max_aliases: int = Field(60, ge=0, description="how many aliases a GraphQL document may have")
    max_cost: int = Field(20_000, ge=1, description="the highest cost of a GraphQL operation")
    max_page: int = Field(100, ge=1, le=100, description="the largest page")
    max_groups: int = Field(500, ge=1, description="the most groups that figures may have")
    changes_lag_seconds: float = Field(
        90.0, ge=0, description="how old a change must be to be told: longer than any transaction, in seconds"
    )
    max_body_bytes: int = Field(1_000_000, ge=1, description="the largest request body, in bytes")
    max_list_input: int = Field(500, ge=1, description="the longest list in an input")
    request_timeout_seconds: float = Field(20.0, gt=0, description="the longest time a request may take, in seconds")
    store_timeout_seconds: float = Field(
        15.0, gt=0, description="the longest time one operation of the store may take, in seconds"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what is logged, and above")
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/]+(/[^\s?#]*)?$",
        description="the address by which people reach this service, such as https://korpu.example.edu; "
        "where it is left out, this machine",
    )
    intake_tries_per_link: int = Field(
        60, ge=1, description="how often an intake link may be used in an hour, by all together"
    )
    intake_tries_per_address: int = Field(
        120, ge=1, description="how often one network address may use intake links in an hour"
    )
    trusted_hosts: Words = Field(
        ["127.0.0.1", "localhost"], min_length=1, description="the Host headers answered; separated by commas"
    )
    providers: SecretStr | None = Field(
        None, description="who people sign in with: a JSON list of providers, as docs/sign-in.md shows"
    )
    providers_file: Path | None = Field(
        None, description="a TOML or JSON file of providers, instead of KORPU_PROVIDERS"
    )
    sign_in_tries_per_address: int = Field(
        1200, ge=1, description="how often one network address may begin to sign in, in an hour"
    )
    token_tries_per_address: int = Field(
        6000, ge=1, description="how often one network address may exchange tokens, in an hour"
    )
    session_idle_minutes: int = Field(
        60, ge=1, le=1440, description="the minutes after which a session that nobody uses ends"
    )
    session_hours: int = Field(12, ge=1, le=168, description="the hours after which a session ends in any case")
    access_lease_ms: int = Field(
        250,
        ge=0,
        le=2000,
        description="how many milliseconds a copy of the service relies on what it read of a session or of rights, and "
        "a revocation waits; the same in every copy",
    )
    portal_origins: Words = Field(
        [], description="the origins of portals on other sites, each exact, such as https://portal.example.edu"
    )
    trusted_proxies: Words = Field(
        [],
        description="the addresses or networks of proxies whose X-Forwarded-For is believed; separated by commas",
    )

    service_key_days: int = Field(365, ge=1, le=1100, description="how many days the key of a service account is taken")
    service_key_overlap_days: int = Field(
        14, ge=0, le=365, description="how many days the former key of a service account is taken beside a new one"
    )
    exchanged_token_seconds: int = Field(
        300, ge=10, le=3600, description="how many seconds a portal acts for a person by one token"
    )
    invitation_days: int = Field(
        14, ge=1, le=90, description="how many days an invitation of a partner's contact is taken, at most"
    )
    stream_init_seconds: float = Field(
        3.0, gt=0, le=60, description="how many seconds a new WebSocket has to say who it is"
    )
    stream_check_seconds: float = Field(
        1.0, gt=0, le=10, description="how often it is looked who is behind open streams still, in seconds"
    )
    stream_message_bytes: int = Field(65_536, ge=1024, description="the largest message of a WebSocket, in bytes")
    stream_operations: int = Field(20, ge=1, description="how many subscriptions one WebSocket may have open")
    stream_backlog: int = Field(
        100, ge=1, description="how many events may wait for a client that does not keep up, before its stream ends"
    )
    streams_per_caller: int = Field(20, ge=1, description="how many streams one account may have open in one process")

    @field_validator("languages", "trusted_hosts", "portal_origins", "trusted_proxies", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: list[str]) -> list[str]:
        if not set(value) <= {"az", "en", "ru"} or len(set(value)) < len(value):
            raise ValueError("must be some of az, en and ru, each once")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise ValueError("must be an IANA time zone such as Asia/Baku")
        return value

    @field_validator("portal_origins")
    @classmethod
    def _exact_origins(cls, value: list[str]) -> list[str]:
        if any(not _ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("must hold exact origins: scheme and host, no path, no *")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            try:
                wide = ipaddress.ip_network(network).prefixlen == 0
            except ValueError:
                wide = True
            if wide:
                raise ValueError("must hold IP addresses or networks, and not all there are")
        return value

    @field_validator("mongodb_uri")
    @classmethod
    def _mongodb_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("must begin with mongodb:// or mongodb+srv://")
        return value

    @property
    def guests_url(self) -> str:
        """Where guests reach the service: as told, or on this machine."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def signing_secret(self) -> str:
        """The signing secret. Raises SettingsError when there is none, as only outside `load_settings`."""
        if self.secret is None:
            raise SettingsError(_missing("secret"))
        return self.secret.get_secret_value()

    @property
    def master_key_bytes(self) -> bytes:
        """The 96 bytes that client-side field encryption takes as its local master key. Raises SettingsError."""
        if self.master_key is None:
            raise SettingsError(_missing("master_key"))
        return _key_bytes(self.master_key.get_secret_value(), "KORPU_MASTER_KEY")


def load_settings(**overrides: Any) -> Settings:
    """Give the settings of the environment, `overrides` first, with secret and master key in place.

    In demo mode both are made once and kept in `home`, readable by the owner only. Raises SettingsError with one line
    for each variable that is unknown, wrong, contradictory or unsafe; no line shows a secret.
    """
    problems = [_unknown(name) for name in sorted(os.environ) if _is_unknown(name)]
    problems += [_unknown(PREFIX + name.upper()) for name in overrides if name not in Settings.model_fields]
    known = {name: value for name, value in overrides.items() if name in Settings.model_fields}
    try:
        settings = Settings(**known)
    except ValidationError as error:
        # not chained: the cause would carry the values that were refused
        raise SettingsError("\n".join(problems + _wrong(error))) from None
    problems += [*_contradictory(settings), *_unsafe(settings)]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings.model_copy(
        update={"secret": SecretStr(_secret(settings)), "master_key": SecretStr(_master_key(settings))}
    )


def hosts_of(uri: str) -> list[str]:
    """Give the hosts that a MongoDB address names, without ports and without its user and password."""
    authority = uri.partition("://")[2].split("/", 1)[0].split("?", 1)[0].rpartition("@")[2]
    return [_host(entry) for entry in authority.split(",")]


def _host(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return unquote(entry.partition(":")[0])


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches `host`: localhost, a loopback address or the path of a socket."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_unknown(name: str) -> bool:
    return name.upper().startswith(PREFIX) and name[len(PREFIX) :].lower() not in Settings.model_fields


def _unknown(name: str) -> str:
    closest = difflib.get_close_matches(name[len(PREFIX) :].lower(), Settings.model_fields, n=1)
    return f"{name} is no setting: " + (f"did you mean {PREFIX}{closest[0].upper()}?" if closest else "remove it.")


def _missing(field: str) -> str:
    other = " or KORPU_MASTER_KEY_FILE" if field == "master_key" else ""
    size = MASTER_KEY_BYTES if field == "master_key" else SECRET_LENGTH
    return (
        f"{PREFIX}{field.upper()} is missing: set it{other}; this makes one: "
        f"python3 -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes({size})).decode())'"
    )


def _wrong(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        field = str(problem["loc"][0])
        remedy = Settings.model_fields[field].description
        message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
        lines.append(f"{PREFIX}{field.upper()} {message}: set it to {remedy}.")
    return lines


def _contradictory(settings: Settings) -> list[str]:
    problems = []
    if settings.master_key and settings.master_key_file:
        problems.append("KORPU_MASTER_KEY and KORPU_MASTER_KEY_FILE are both set: keep one of them.")
    if settings.providers and settings.providers_file:
        problems.append("KORPU_PROVIDERS and KORPU_PROVIDERS_FILE are both set: keep one of them.")
    if settings.session_idle_minutes > settings.session_hours * 60:
        problems.append("KORPU_SESSION_IDLE_MINUTES is longer than KORPU_SESSION_HOURS: set it to less.")
    return problems


def is_open(address: str) -> bool:
    """Tell whether what is sent to `address` can be read on the way: it is plain http to another machine."""
    parts = urlsplit(address)
    return parts.scheme != "https" and not is_loopback(parts.hostname or "")


def _unsafe_addresses(settings: Settings) -> list[str]:
    problems = []
    if settings.public_url and is_open(settings.public_url):
        problems.append("KORPU_PUBLIC_URL is plain http, which can be read on the way: set it to an https:// address.")
    problems += [
        f"KORPU_PORTAL_ORIGINS holds {origin}, which anyone on the way can change: set it to an https:// origin."
        for origin in settings.portal_origins
        if is_open(origin)
    ]
    signs_in = settings.providers or settings.providers_file
    if settings.mode == "production" and signs_in and settings.public_url is None:
        problems.append(
            "KORPU_PUBLIC_URL is missing, and providers send people back to it: set it to an https:// address."
        )
    return problems


def _unsafe(settings: Settings) -> list[str]:
    problems = []
    uri = settings.mongodb_uri.get_secret_value() if settings.mongodb_uri else ""
    if settings.mode == "demo":
        if not is_loopback(settings.host):
            problems.append(
                f"KORPU_HOST is {settings.host}, which others reach, while demo mode lets anyone sign in: "
                "set it to 127.0.0.1, or KORPU_MODE to production."
            )
        if uri and (uri.startswith("mongodb+srv:") or not all(map(is_loopback, hosts_of(uri)))):
            problems.append(
                "KORPU_MONGODB_URI names another machine, while demo mode writes made-up records: "
                "remove it, or set KORPU_MODE to production."
            )
    else:
        if not uri:
            problems.append(
                "KORPU_MONGODB_URI is missing, and production keeps nothing in the embedded store: "
                "set it to the address of a MongoDB replica set or mongos, or KORPU_MODE to demo."
            )
        if "*" in settings.trusted_hosts:
            problems.append("KORPU_TRUSTED_HOSTS holds *, which trusts every Host header: list its own names.")
    if settings.secret and len(settings.secret.get_secret_value()) < SECRET_LENGTH:
        problems.append(f"KORPU_SECRET is too short: set it to {SECRET_LENGTH} random characters or more.")
    return problems + _weaker_writes(uri) + _unsafe_addresses(settings)


def _weaker_writes(uri: str) -> list[str]:
    demanded = {"w": "majority", "journal": "true", "j": "true"}
    options = parse_qsl(uri.partition("?")[2].replace(";", "&"), keep_blank_values=True)
    return [
        f"KORPU_MONGODB_URI weakens writes by its option {name}: remove it, "
        "since every write is made with w=majority and journal=true."
        for name, value in options
        if demanded.get(name.lower(), value.lower()) != value.lower()
    ]


def _secret(settings: Settings) -> str:
    if settings.secret:
        return settings.secret.get_secret_value()
    if settings.mode == "production":
        raise SettingsError(_missing("secret"))
    kept = _kept(settings.home / "secret", SECRET_LENGTH)
    if len(kept) < SECRET_LENGTH:
        raise SettingsError(f"{settings.home / 'secret'} is too short: delete it, and a new one is made.")
    return kept


def _master_key(settings: Settings) -> str:
    if settings.master_key:
        key, name = settings.master_key.get_secret_value(), "KORPU_MASTER_KEY"
    elif settings.master_key_file:
        key, name = _read(settings.master_key_file, "KORPU_MASTER_KEY_FILE"), "KORPU_MASTER_KEY_FILE"
    elif settings.mode == "production":
        raise SettingsError(_missing("master_key"))
    else:
        path = settings.home / "master_key"
        key, name = _kept(path, MASTER_KEY_BYTES), str(path)
    _key_bytes(key, name)
    return key


def _key_bytes(key: str, name: str) -> bytes:
    try:
        decoded = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != MASTER_KEY_BYTES:
        raise SettingsError(
            f"{name} is not {MASTER_KEY_BYTES} bytes in base64: set the key that this service began with."
        )
    return decoded


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not ASCII text"
        raise SettingsError(f"{name}: cannot read {path} ({reason}): name a readable file with the key.") from None


def _kept(path: Path, size: int) -> str:
    """Give the secret kept at `path`, which is made there first when there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        if not path.exists():
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(base64.b64encode(secrets.token_bytes(size)).decode() + "\n")
            try:
                # a link, not a rename: of two programs starting at once, both use the first one's secret
                path.hardlink_to(fresh)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        path.chmod(0o600)
    except OSError as error:
        raise SettingsError(
            f"KORPU_HOME: cannot keep {path} ({error.strerror}): set it to a folder that can be written to."
        ) from None
    return _read(path, "KORPU_HOME")

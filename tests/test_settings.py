"""Settings: what is refused names the variable and the remedy, and never shows a secret."""

import base64
import os
import stat
from pathlib import Path

import pytest

from errors import SettingsError
from settings import Settings, hosts_of, is_loopback, load_settings

SECRET = "s" * 32
MASTER_KEY = base64.b64encode(bytes(96)).decode()


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test with an environment that is enough for production and holds nothing else of ours."""
    for name in list(os.environ):
        if name.upper().startswith("KORPU_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KORPU_SECRET", SECRET)
    monkeypatch.setenv("KORPU_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("KORPU_MONGODB_URI", "mongodb://db.example/?replicaSet=a")


def test_the_defaults_are_those_of_production_on_this_machine() -> None:
    """With its two secrets and nothing else the service listens on loopback, in production mode."""
    settings = load_settings()
    assert (settings.mode, settings.host, settings.port) == ("production", "127.0.0.1", 8000)
    assert settings.zone == "Asia/Baku"
    assert settings.languages == ["az", "en", "ru"]
    assert settings.signing_secret == SECRET
    assert settings.master_key_bytes == bytes(96)


def test_variables_are_read_and_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable beats the default, an override beats the variable, and an empty variable counts as absent."""
    monkeypatch.setenv("KORPU_PORT", "9000")
    monkeypatch.setenv("KORPU_LANGUAGES", "en, az")
    monkeypatch.setenv("KORPU_ZONE", "")
    assert load_settings().port == 9000
    assert load_settings().languages == ["en", "az"]
    assert load_settings().zone == "Asia/Baku"
    assert load_settings(port=9001).port == 9001


def test_no_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A .env lying in the working directory changes nothing."""
    (tmp_path / ".env").write_text("KORPU_PORT=9000\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().port == 8000


def test_every_setting_says_what_it_is() -> None:
    """Each field has a description, which is also the remedy in its errors."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_an_unknown_variable_is_refused_with_the_closest_match(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing mistake does not silently leave the default in place."""
    monkeypatch.setenv("KORPU_MONGDB_URI", "mongodb://user:hush@host/")
    with pytest.raises(
        SettingsError, match=r"KORPU_MONGDB_URI is no setting: did you mean KORPU_MONGODB_URI\?"
    ) as caught:
        load_settings()
    assert "hush" not in str(caught.value)
    monkeypatch.delenv("KORPU_MONGDB_URI")
    with pytest.raises(SettingsError, match=r"KORPU_QQQQ is no setting: remove it"):
        load_settings(qqqq=1)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eighty", "valid integer.*set it to the port to listen on"),
        ("PORT", "70000", "less than or equal to 65535.*set it to the port"),
        ("MODE", "test", "'production' or 'demo'"),
        ("ZONE", "Baku", "must be an IANA time zone such as Asia/Baku"),
        ("LANGUAGES", "az,de", "must be some of az, en and ru"),
        ("LANGUAGES", "az,az", "each once"),
        ("UNIVERSITY_COUNTRY", "Azerbaijan", "ISO 3166-1 alpha-2"),
        ("DATABASE", "a/b", "letters, digits"),
        ("MAX_PAGE", "500", "less than or equal to 100"),
        ("REQUEST_TIMEOUT_SECONDS", "0", "greater than 0"),
        ("MONGODB_URI", "postgres://user:hush@host/", "must begin with mongodb://"),
        ("LOG_LEVEL", "loud", "'debug'"),
    ],
)
def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    """The error names the variable, says what is wrong and what to set."""
    monkeypatch.setenv(f"KORPU_{name}", value)
    with pytest.raises(SettingsError, match=rf"KORPU_{name} .*{words}") as caught:
        load_settings()
    assert "hush" not in str(caught.value)


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets up the service need not start it once for each mistake."""
    monkeypatch.setenv("KORPU_PORT", "eighty")
    monkeypatch.setenv("KORPU_ZONE", "Baku")
    monkeypatch.setenv("KORPU_HOSTT", "x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["KORPU_HOSTT", "KORPU_PORT", "KORPU_ZONE"]


@pytest.mark.parametrize("name", ["KORPU_SECRET", "KORPU_MASTER_KEY"])
def test_production_needs_its_secrets(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """No secret is made up in production, where every copy of the service needs the same one."""
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=rf"{name} is missing: set it.*token_bytes"):
        load_settings()


def test_a_short_secret_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that could be guessed is refused in words that do not give it away."""
    monkeypatch.setenv("KORPU_SECRET", "hush-hush")
    with pytest.raises(SettingsError, match=r"KORPU_SECRET is too short: set it to 32") as caught:
        load_settings()
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("key", ["hush", base64.b64encode(bytes(95)).decode(), "é" * 128])
def test_a_master_key_of_the_wrong_size_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Field encryption takes 96 bytes, in base64, and nothing else."""
    monkeypatch.setenv("KORPU_MASTER_KEY", key)
    with pytest.raises(SettingsError, match=r"KORPU_MASTER_KEY is not 96 bytes in base64") as caught:
        load_settings()
    assert key not in str(caught.value)


def test_the_master_key_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file mounted by the platform does as well as a variable, and an unreadable one is named."""
    monkeypatch.delenv("KORPU_MASTER_KEY")
    monkeypatch.setenv("KORPU_MASTER_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(SettingsError, match=r"KORPU_MASTER_KEY_FILE: cannot read .*key"):
        load_settings()
    (tmp_path / "key").write_text(MASTER_KEY + "\n")
    assert load_settings().master_key_bytes == bytes(96)


def test_two_sources_of_the_master_key_contradict_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service does not choose between a variable and a file."""
    monkeypatch.setenv("KORPU_MASTER_KEY_FILE", "key")
    with pytest.raises(SettingsError, match=r"KORPU_MASTER_KEY and KORPU_MASTER_KEY_FILE are both set: keep one"):
        load_settings()


def test_a_demonstration_makes_its_secrets_once_for_the_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In demo mode both secrets are made at the first start, kept with mode 0600, and used again."""
    monkeypatch.delenv("KORPU_SECRET")
    monkeypatch.delenv("KORPU_MASTER_KEY")
    monkeypatch.delenv("KORPU_MONGODB_URI")
    first = load_settings(mode="demo", home=tmp_path / "home")
    second = load_settings(mode="demo", home=tmp_path / "home")
    assert first.signing_secret == second.signing_secret
    assert first.master_key_bytes == second.master_key_bytes
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").iterdir()}
    assert kept == {"secret": 0o600, "master_key": 0o600}
    other = load_settings(mode="demo", home=tmp_path / "other")
    assert other.signing_secret != first.signing_secret


def test_a_demonstration_that_cannot_keep_its_secrets_says_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A home that cannot be written to names the setting."""
    monkeypatch.delenv("KORPU_SECRET")
    monkeypatch.delenv("KORPU_MONGODB_URI")
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"KORPU_HOME: cannot keep .*file/place/secret"):
        load_settings(mode="demo", home=tmp_path / "file" / "place")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "korpu.example"])  # noqa: S104 - refused, not bound
def test_a_demonstration_is_reached_from_this_machine_only(host: str) -> None:
    """Demo mode lets anyone sign in as anyone, so it does not listen to others."""
    with pytest.raises(SettingsError, match=rf"KORPU_HOST is {host}.*set it to 127\.0\.0\.1"):
        load_settings(mode="demo", host=host)
    assert load_settings(mode="production", host=host).host == host


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://user:hush@db.example/",
        "mongodb+srv://localhost/",
        "mongodb://127.0.0.1,db.example/",
        "mongodb://127.0.0.1@db.example:27017/?replicaSet=a",
    ],
)
def test_a_demonstration_does_not_write_into_another_machines_database(uri: str) -> None:
    """Made-up records go to this machine's store only."""
    with pytest.raises(SettingsError, match=r"KORPU_MONGODB_URI names another machine") as caught:
        load_settings(mode="demo", mongodb_uri=uri)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("uri", ["mongodb://127.0.0.1:27017/?replicaSet=a", "mongodb://[::1]:27017,localhost/"])
def test_a_demonstration_may_use_a_database_on_this_machine(uri: str) -> None:
    """Loopback addresses are this machine."""
    settings = load_settings(mode="demo", mongodb_uri=uri)
    assert settings.mongodb_uri is not None
    assert settings.mongodb_uri.get_secret_value() == uri


@pytest.mark.parametrize("option", ["w=1", "W=0", "journal=false", "j=0", "w=majority&w=1"])
def test_an_address_that_weakens_writes_is_refused(option: str) -> None:
    """An acknowledged write is never lost, whatever the address says."""
    with pytest.raises(
        SettingsError, match=r"KORPU_MONGODB_URI weakens writes by its option (w|W|j|journal): remove it"
    ):
        load_settings(mongodb_uri=f"mongodb://host/?replicaSet=a&{option}")


def test_an_address_that_demands_full_writes_is_accepted() -> None:
    """Saying what the service does anyway is no contradiction."""
    uri = "mongodb://host/?w=majority&journal=true&wtimeoutMS=1000"
    assert load_settings(mongodb_uri=uri).mongodb_uri is not None


def test_production_does_not_keep_records_in_the_embedded_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address of MongoDB the service does not start, but for a demonstration."""
    monkeypatch.delenv("KORPU_MONGODB_URI")
    with pytest.raises(SettingsError, match=r"KORPU_MONGODB_URI is missing"):
        load_settings()
    assert load_settings(mode="demo").mongodb_uri is None


def test_production_does_not_trust_every_host_header() -> None:
    """Links in letters are built from the Host header, so only the service's own names are answered."""
    with pytest.raises(SettingsError, match=r"KORPU_TRUSTED_HOSTS holds \*"):
        load_settings(trusted_hosts=["*"])


def test_settings_never_show_their_secrets(tmp_path: Path) -> None:
    """Printing the settings shows neither secret nor the address with its password."""
    shown = repr(load_settings(mongodb_uri="mongodb://user:hush@host/", home=tmp_path))
    assert "hush" not in shown
    assert SECRET not in shown
    assert MASTER_KEY not in shown


def test_hosts_are_read_without_user_password_and_port() -> None:
    """Errors may name the hosts of an address, so nothing else of it may come along."""
    assert hosts_of("mongodb://u:p@a.example:1,[::1]:2,%2Frun%2Fm.sock/db?w=majority") == [
        "a.example",
        "::1",
        "/run/m.sock",
    ]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.9.9.9", True), ("::1", True), ("/run/m.sock", True), ("10.0.0.1", False), ("", False)],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, loopback: bool) -> None:
    """Names other than localhost are not looked up: they could change."""
    assert is_loopback(host) is loopback


def test_every_setting_is_described_for_who_runs_the_service() -> None:
    """The page of settings has one line for each, in the words that a refusal uses."""
    page = (Path(__file__).parent.parent / "docs" / "settings.md").read_text("utf-8")
    wanted = {f"| `KORPU_{name.upper()}` | {info.description} |" for name, info in Settings.model_fields.items()}
    told = {line[: line.rindex("|", 0, -2) + 1] for line in page.splitlines() if line.startswith("| `KORPU_")}
    assert told == wanted


def test_guests_are_led_to_where_the_service_listens() -> None:
    """An address that is told is taken; without one, a service on another port makes links that work."""
    assert load_settings(port=8123).guests_url == "http://127.0.0.1:8123"
    told = load_settings(public_url="https://korpu.example.edu/")
    assert told.guests_url == "https://korpu.example.edu"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUBLIC_URL", "http://korpu.example.edu", "is plain http"),
        ("PORTAL_ORIGINS", "http://portal.example.edu", "which anyone on the way can change"),
        ("PORTAL_ORIGINS", "*", "must hold exact origins"),
        ("PORTAL_ORIGINS", "https://*.example.edu", "must hold exact origins"),
        ("PORTAL_ORIGINS", "https://portal.example.edu/", "must hold exact origins"),
        ("PORTAL_ORIGINS", "null", "must hold exact origins"),
        ("TRUSTED_PROXIES", "*", "must hold IP addresses or networks"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "and not all there are"),
        ("TRUSTED_PROXIES", "proxy.example.edu", "must hold IP addresses or networks"),
        ("SESSION_IDLE_MINUTES", "0", "greater than or equal to 1"),
        ("SESSION_HOURS", "9999", "less than or equal to 168"),
    ],
)
def test_unsafe_settings_of_signing_in_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """What would let others in, or read along, stops the program with the variable and the remedy."""
    monkeypatch.setenv(f"KORPU_{name}", value)
    with pytest.raises(SettingsError, match=rf"KORPU_{name} .*{words}"):
        load_settings()


def test_settings_of_signing_in_that_contradict_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers need an address to send people back to, come from one place, and idling is shorter than all."""
    monkeypatch.setenv("KORPU_PROVIDERS", "[]")
    with pytest.raises(SettingsError, match="KORPU_PUBLIC_URL is missing, and providers send people back to it"):
        load_settings()
    monkeypatch.setenv("KORPU_PUBLIC_URL", "https://korpu.example.edu")
    assert load_settings().portal_origins == []
    monkeypatch.setenv("KORPU_PROVIDERS_FILE", "providers.toml")
    with pytest.raises(SettingsError, match="KORPU_PROVIDERS and KORPU_PROVIDERS_FILE are both set"):
        load_settings()
    monkeypatch.delenv("KORPU_PROVIDERS_FILE")
    monkeypatch.setenv("KORPU_SESSION_IDLE_MINUTES", "90")
    monkeypatch.setenv("KORPU_SESSION_HOURS", "1")
    with pytest.raises(SettingsError, match="KORPU_SESSION_IDLE_MINUTES is longer than KORPU_SESSION_HOURS"):
        load_settings()


def test_lists_of_signing_in_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Origins and networks come separated by commas; http is taken for this machine alone."""
    monkeypatch.setenv("KORPU_PORTAL_ORIGINS", "https://portal.example.edu, http://localhost:3000")
    monkeypatch.setenv("KORPU_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::1")
    monkeypatch.setenv("KORPU_PUBLIC_URL", "http://localhost:8000")
    settings = load_settings()
    assert settings.portal_origins == ["https://portal.example.edu", "http://localhost:3000"]
    assert settings.trusted_proxies == ["10.0.0.0/8", "2001:db8::1"]

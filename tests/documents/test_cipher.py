"""Encryption of identity paths: what is stored, who can read it, and what erasing means."""

import asyncio
import base64
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import pytest
from bson import Binary, Decimal128
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pydantic import SecretStr
from pymongo.errors import EncryptionError

from documents import cipher as cipher_module
from documents.cipher import ERASED_WITHIN_SECONDS, KEYS, Cipher
from documents.labels import identity, office
from documents.person import Person
from documents.record import Part
from documents.store import Store, connect
from documents.tree import tree
from errors import Erased, SettingsError, StoreUnavailable
from settings import MASTER_KEY_BYTES, Settings

NUMBER = "C01X00T47"
PASSPORTS = [{"number": NUMBER, "country": "DE", "issued_on": None, "valid_until": "2031-05-01"}]
NOTES = "allergic to penicillin"


def _settings(store: Store) -> Settings:
    key = base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode()
    return Settings(database=store.db.name, master_key=SecretStr(key))


@pytest.fixture
def settings(store: Store) -> Settings:
    """Give settings with a master key."""
    return _settings(store)


@pytest.fixture
async def cipher(store: Store, settings: Settings) -> AsyncIterator[Cipher]:
    """Give a cipher on an empty key vault."""
    opened = await Cipher.open(store, settings)
    yield opened
    await opened.close()


@pytest.fixture
async def elsewhere(store_uri: str, settings: Settings) -> AsyncIterator[Cipher]:
    """Give a cipher with connections and a key cache of its own, as another process has."""
    store = await connect(settings, store_uri)
    opened = await Cipher.open(store, settings)
    yield opened
    await opened.close()
    await store.close()


def _person(person_id: str = "prs_a") -> dict[str, Any]:
    return {"_id": person_id, "family_name": "Hüseynova", "passports": PASSPORTS, "medical_notes": NOTES}


async def _raw(store: Store) -> bytes:
    """Give every stored byte of the database, the key vault included."""
    raw: Any = CodecOptions(document_class=RawBSONDocument)
    found = b""
    for name in await store.db.list_collection_names():
        stored: Any = store.db.get_collection(name, raw)
        found += b"".join([document.raw async for document in stored.find({})])
    return found


@pytest.mark.parametrize(
    "value",
    [PASSPORTS, NOTES, "", 0, False, {}, [None], {"a": [{"b": None}]}, Decimal128("1.50"), b"\x00"],
    ids=repr,
)
async def test_what_was_sealed_is_revealed_with_its_type(cipher: Cipher, value: Any) -> None:
    """Any storage form comes back equal and of the same type."""
    sealed = await cipher.seal("prs_a", value)
    assert isinstance(sealed, Binary)
    revealed = await cipher.reveal(sealed)
    assert (revealed, type(revealed)) == (value, type(value))


@pytest.mark.parametrize("value", [None, []])
async def test_nothing_stays_null_and_takes_no_key(store: Store, cipher: Cipher, value: Any) -> None:
    """A path without a value is stored as the model keeps it, and a person with nothing sealed has no key."""
    assert await cipher.seal("prs_a", value) is None
    assert (await cipher.seal_document({"_id": "prs_a", "passports": value}))["passports"] == value
    assert await cipher.reveal(None) is None
    assert await store.collection(KEYS).count_documents({"keyAltNames": "prs_a"}) == 0


async def test_the_same_value_is_sealed_differently_each_time(cipher: Cipher) -> None:
    """Equal passports cannot be told from their ciphertexts."""
    assert await cipher.seal("prs_a", PASSPORTS) != await cipher.seal("prs_a", PASSPORTS)


async def test_the_store_holds_no_plaintext(store: Store, cipher: Cipher) -> None:
    """No byte of an identity value is in the stored person or in the key vault."""
    await store.collection("persons").insert_one(await cipher.seal_document(_person()))
    stored = await _raw(store)
    planted = [NUMBER.encode(), b"2031-05-01", b"penicillin"]
    assert "Hüseynova".encode() in stored
    assert [part for part in planted if part in stored] == []
    await store.collection("persons").insert_one(_person("prs_b"))
    leaked = await _raw(store)
    assert [part for part in planted if part in leaked] == planted


async def test_a_stored_document_can_be_read_again(store: Store, cipher: Cipher) -> None:
    """A document is sealed in a copy, and what the store gives back is revealed."""
    document = _person()
    await store.collection("persons").insert_one(await cipher.seal_document(document))
    assert document == _person()
    stored = await store.collection("persons").find_one({})
    assert stored is not None
    assert await cipher.reveal(stored["passports"]) == PASSPORTS
    assert await cipher.reveal(stored["medical_notes"]) == NOTES


async def test_every_identity_path_of_a_person_is_sealed_and_no_other(cipher: Cipher) -> None:
    """The label decides: a path under `identity` is sealed, all others stay as they are."""
    document = {"_id": "prs_a"} | {path.name: "x" for path in tree(Person).paths if path.name != "id"}
    sealed = await cipher.seal_document(document)
    changed = {name for name in document if sealed[name] != document[name]}
    assert changed == {path.name for path in tree(Person).paths if identity in path.chain}
    assert {"passports", "medical_notes"} <= changed


class Stay(Part):
    """A part with an identity path of its own."""

    town: Annotated[str, office]
    visa: Annotated[str | None, identity] = None


# Made while the tests are collected: of a kind that is registered with the store none can be derived.
class Guest(Person):
    """A person with such parts."""

    stay: Annotated[Stay, office]
    stays: Annotated[list[Stay], office]


async def test_nested_identity_paths_are_sealed(cipher: Cipher, monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity path inside a part, or inside each element of a list, is sealed in its place."""
    monkeypatch.setattr(cipher_module, "Person", Guest)
    stay = {"town": "Baku", "visa": NUMBER}
    sealed = await cipher.seal_document({"_id": "prs_a", "stay": stay, "stays": [stay, {"town": "Quba", "visa": None}]})
    assert [sealed["stay"]["town"], sealed["stays"][0]["town"]] == ["Baku", "Baku"]
    assert sealed["stays"][1] == {"town": "Quba", "visa": None}
    assert [await cipher.reveal(each["visa"]) for each in (sealed["stay"], sealed["stays"][0])] == [NUMBER, NUMBER]


async def test_sealed_documents_are_left_alone(cipher: Cipher) -> None:
    """Sealing twice changes nothing, also when the key was erased in between."""
    sealed = await cipher.seal_document(_person())
    assert await cipher.seal_document(sealed) == sealed
    await cipher.erase("prs_a")
    assert await cipher.seal_document(sealed) == sealed


async def test_an_erased_person_cannot_be_read_by_any_process(cipher: Cipher, elsewhere: Cipher) -> None:
    """Within the promised time, ciphers that have just used the key can no longer reveal anything of the person."""
    sealed = await cipher.seal_document(_person())
    other = await cipher.seal("prs_b", NOTES)
    for each in (cipher, elsewhere):
        assert await each.reveal(sealed["passports"]) == PASSPORTS
    assert await cipher.erase("prs_a") is True
    await asyncio.sleep(ERASED_WITHIN_SECONDS)
    for each in (cipher, elsewhere):
        for path in ("passports", "medical_notes"):
            with pytest.raises(Erased, match=r"The key of this person was erased\."):
                await each.reveal(sealed[path])
        assert await each.reveal(other) == NOTES
    assert await cipher.erase("prs_a") is False


async def test_an_erased_person_may_enter_data_again(cipher: Cipher, elsewhere: Cipher) -> None:
    """What is sealed after an erasure has a new key, also where the old one has just been used."""
    old = await elsewhere.seal("prs_a", NOTES)
    await cipher.erase("prs_a")
    new = await elsewhere.seal("prs_a", NOTES)
    assert await cipher.reveal(new) == NOTES
    with pytest.raises(Erased):
        await cipher.reveal(old)


async def test_a_wrong_master_key_is_refused_at_open(store: Store, cipher: Cipher) -> None:
    """Another master key than the first one stops the start, also before anyone's key was made."""
    with pytest.raises(SettingsError, match="KORPU_MASTER_KEY is not the key that the database"):
        await Cipher.open(store, _settings(store))
    await cipher.seal("prs_a", NOTES)
    with pytest.raises(SettingsError, match="KORPU_MASTER_KEY is not the key that the database"):
        await Cipher.open(store, _settings(store))


async def test_a_missing_master_key_is_refused_at_open(store: Store) -> None:
    """Without a master key nothing is opened, and the message names the setting."""
    with pytest.raises(SettingsError, match="KORPU_MASTER_KEY"):
        await Cipher.open(store, Settings(database=store.db.name))


async def test_of_two_master_keys_on_an_empty_vault_one_is_refused(store: Store) -> None:
    """Two processes that begin at once with different master keys cannot both go on."""
    opened = await asyncio.gather(*(Cipher.open(store, _settings(store)) for _ in range(2)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in opened) == ["Cipher", "SettingsError"]
    for each in opened:
        if isinstance(each, Cipher):
            await each.close()


async def test_racing_seals_of_a_new_person_make_one_key(store: Store, cipher: Cipher, elsewhere: Cipher) -> None:
    """Eight seals at once, from two processes, end with one key that reveals all eight."""
    sealed = await asyncio.gather(*((cipher, elsewhere)[n % 2].seal("prs_new", n) for n in range(8)))
    assert await store.collection(KEYS).count_documents({"keyAltNames": "prs_new"}) == 1
    assert [await cipher.reveal(each) for each in sealed] == list(range(8))


async def test_what_is_no_storage_form_is_refused_without_quoting_it(cipher: Cipher) -> None:
    """A day that is no ISO string is refused, and the message does not hold the value."""
    with pytest.raises(TypeError, match="ISO strings") as refused:
        await cipher.seal("prs_a", [{"number": NUMBER, "valid_until": date(2031, 5, 1)}])
    assert "2031" not in str(refused.value)
    assert NUMBER not in str(refused.value)


@pytest.mark.parametrize("value", [PASSPORTS, NOTES, b"bytes"])
async def test_plaintext_is_not_revealed(cipher: Cipher, value: Any) -> None:
    """A value that was stored unsealed is a defect, and is not passed on as if it had been protected."""
    with pytest.raises(TypeError, match="seal the document before it is stored"):
        await cipher.reveal(value)


async def test_a_changed_ciphertext_is_not_taken_for_an_erased_one(cipher: Cipher) -> None:
    """Tampering is told apart from erasure."""
    sealed = await cipher.seal("prs_a", NOTES)
    assert sealed is not None
    with pytest.raises(EncryptionError):
        await cipher.reveal(Binary(sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed.subtype))


async def test_a_store_that_goes_away_is_unavailable(store: Store, settings: Settings, cipher: Cipher) -> None:
    """An absent store is told as StoreUnavailable, and never as an erased key or a wrong master key."""
    sealed = await cipher.seal("prs_a", NOTES)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client: Any = store.client.__class__(f"mongodb://127.0.0.1:{silent.getsockname()[1]}", timeoutMS=500)
        gone = replace(store, client=client, db=client[store.db.name])
        with pytest.raises(StoreUnavailable):
            await Cipher.open(gone, settings)
        away = Cipher(gone.collection(KEYS), cipher._encryption)
        with pytest.raises(StoreUnavailable):
            await away.erase("prs_a")
        away._encryption = cipher._encryption.__class__(
            {"local": {"key": settings.master_key_bytes}}, f"{store.db.name}.{KEYS}", client, gone.db.codec_options
        )
        with pytest.raises(StoreUnavailable):
            await away.reveal(sealed)
        await away.close()
        await gone.close()

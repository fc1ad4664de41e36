"""Encryption of `identity` paths: a key for each person, in the key vault `keys`, wrapped with the master key.

Deleting a person's key makes what it sealed unreadable everywhere: in records, history, outbox and backups of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Self
from uuid import UUID

from bson import Binary
from bson.errors import BSONError
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.encryption import AsyncClientEncryption
from pymongo.encryption_shared import Algorithm
from pymongo.errors import DuplicateKeyError, EncryptionError, PyMongoError

from documents.labels import identity
from documents.person import Person
from documents.store import Store, Stored, translated
from documents.tree import Path, tree
from errors import Erased, SettingsError, StoreBusy
from settings import Settings

KEYS = "keys"
# Shared by every process that begins on an empty vault, so that two with different master keys cannot both go on.
FIRST_KEY = "first"
CIPHERTEXT = 6
ATTEMPTS = 5

# The driver keeps keys it has read for a minute, and goes on decrypting with them when they are deleted. 1 ms is the
# shortest time it takes (0 is for ever); longer would save next to nothing, each person having a key of their own.
KEY_CACHE_MILLISECONDS = 1
# The cache, and the way of a key that was being read while it was deleted.
ERASED_WITHIN_SECONDS = 1.0


class Cipher:
    """Seals and reveals `identity` values. Made by `Cipher.open`."""

    def __init__(self, keys: AsyncCollection[Stored], encryption: AsyncClientEncryption[Stored]) -> None:
        self._keys = keys
        self._encryption = encryption

    @classmethod
    async def open(cls, store: Store, settings: Settings) -> Self:
        """Open the key vault of `store`; run after `check_migrations`, since it creates the collection `keys`.

        Raises SettingsError when the master key is missing, or is not the one that the stored keys were made with.
        """
        keys = store.collection(KEYS)
        encryption: AsyncClientEncryption[Stored] = AsyncClientEncryption(
            {"local": {"key": settings.master_key_bytes}},
            f"{store.db.name}.{KEYS}",
            store.client,
            store.db.codec_options,
            key_expiration_ms=KEY_CACHE_MILLISECONDS,
        )
        cipher = cls(keys, encryption)
        try:
            with translated():
                named = {"keyAltNames": {"$exists": True}}
                await keys.create_index("keyAltNames", unique=True, partialFilterExpression=named)
            await cipher._encrypt(FIRST_KEY, None)
        except EncryptionError as error:
            await cipher.close()
            raise SettingsError(
                f"KORPU_MASTER_KEY is not the key that the database {store.db.name} began with: set that one, "
                "or the file that holds it as KORPU_MASTER_KEY_FILE. What was encrypted cannot be read without it."
            ) from error
        except BaseException:
            await cipher.close()
            raise
        return cipher

    async def close(self) -> None:
        """Forget the master key. The store stays open."""
        await self._encryption.close()

    async def seal(self, person_id: str, value: Any) -> Binary | None:
        """Give the ciphertext of `value`, in storage form; None for None and for an empty list.

        Makes the person's key when there is none. Call it before a transaction begins: a transaction that runs again
        would seal again, and the key is kept whether or not it commits. Raises TypeError for what is no storage form,
        StoreUnavailable, and StoreBusy when the key is erased again and again meanwhile.
        """
        return None if value is None or value == [] else await self._encrypt(person_id, value)

    async def seal_document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Give a copy of a stored Person with every `identity` path sealed; what is sealed already stays as it is.

        Nothing is added for paths that the document lacks. Raises what `seal` raises.
        """
        return await self._seal_below(document["_id"], tree(Person).paths, document)

    async def reveal(self, value: Any) -> Any:
        """Give what was sealed as `value`; None for None.

        Raises Erased when the key is gone, TypeError for what is no ciphertext, StoreUnavailable.
        """
        if value is None:
            return None
        if not _is_sealed(value):
            raise TypeError("Only what Cipher.seal gave can be revealed: seal the document before it is stored.")
        try:
            with _driver():
                wrapped = await self._encryption.decrypt(value)
        except EncryptionError as error:
            if await self._holds(_key_of(value)):
                raise
            raise Erased from error
        return wrapped["value"]

    async def erase(self, person_id: str) -> bool:
        """Delete the person's key and tell whether there was one.

        ERASED_WITHIN_SECONDS later no process can reveal what it sealed. Raises StoreUnavailable.
        """
        with translated():
            return (await self._keys.delete_one({"keyAltNames": person_id})).deleted_count == 1

    async def _encrypt(self, owner: str, value: Any) -> Binary:
        for _ in range(ATTEMPTS):
            # read each time: sealing with a remembered key that was erased would lose the value
            with translated():
                key = await self._keys.find_one({"keyAltNames": owner}, {"_id": True})
            if key is None:
                # a duplicate is the key that another process made first
                with suppress(DuplicateKeyError), _driver():
                    await self._encryption.create_data_key("local", key_alt_names=[owner])
                continue
            try:
                with _driver():
                    # wrapped, so that the ciphertext does not tell the value's type and any type can be kept
                    return await self._encryption.encrypt(
                        {"value": value}, Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random, key_id=key["_id"]
                    )
            except BSONError:
                # not chained: the driver's words quote the value
                raise TypeError("Only storage forms can be sealed: write days and times as ISO strings.") from None
            except EncryptionError:
                if await self._holds(key["_id"]):
                    raise
        raise StoreBusy(f"The key of {owner} was erased again and again while it was used: try again.")

    async def _holds(self, key: UUID) -> bool:
        with translated():
            return await self._keys.find_one({"_id": key}, {"_id": True}) is not None

    async def _seal_below(self, owner: str, paths: tuple[Path, ...], part: Mapping[str, Any]) -> dict[str, Any]:
        sealed = dict(part)
        for path in paths:
            value = part.get(path.name)
            # What holds nothing stays as the model keeps it.
            if value in (None, []) or _is_sealed(value):
                continue
            if identity in path.chain:
                sealed[path.name] = await self.seal(owner, value)
            elif any(identity in below.chain for below in path.walk()):
                sealed[path.name] = (
                    [await self._seal_below(owner, path.children, each) for each in value]
                    if path.many
                    else await self._seal_below(owner, path.children, value)
                )
        return sealed


def _is_sealed(value: Any) -> bool:
    return isinstance(value, Binary) and value.subtype == CIPHERTEXT


def _key_of(ciphertext: Binary) -> UUID:
    """Give the id of the key: bytes 1 to 16 (MongoDB's specification of BSON binary subtype 6)."""
    return UUID(bytes=bytes(ciphertext[1:17]))


@contextmanager
def _driver() -> Iterator[None]:
    """Do what `translated` does for calls that hide the store's errors in an EncryptionError."""
    with translated():
        try:
            yield
        except EncryptionError as error:
            if isinstance(error.cause, PyMongoError):
                raise error.cause from None
            raise

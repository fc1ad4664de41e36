"""Small documents read together: what is asked for while the store is busy goes along with the next read."""

import asyncio
from collections.abc import Collection, Mapping

from documents.lease import Reading
from documents.store import Store, Stored, translated


class Together:
    """Reads by id, those that wait for the store in one query: each read begins after it was asked for.

    A trip to the store costs more than what is done with its answer, so a busy process makes few. What a read gave is
    kept for a lease. That there is none is kept only where ``absent`` stands for it: of other ids there is no end.
    """

    def __init__(self, store: Store, name: str, fields: Mapping[str, int], absent: Stored | None = None) -> None:
        self._store = store
        self._name = name
        self._fields = fields
        self._absent = absent
        self._waiting: dict[str, list[asyncio.Future[Stored | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def lately(self, ids: Collection[str]) -> dict[str, Stored | None]:
        """The documents as they were within the last lease, by id. Raises StoreUnavailable."""
        found: dict[str, Stored | None] = {key: self._store.leases.get(self._key(key)) for key in ids}
        return await self.now(ids) if None in found.values() else found

    async def now(self, ids: Collection[str]) -> dict[str, Stored | None]:
        """The documents as they are now, by id. Raises StoreUnavailable."""
        loop = asyncio.get_running_loop()
        asked: dict[str, asyncio.Future[Stored | None]] = {key: loop.create_future() for key in ids}
        for key, found in asked.items():
            self._waiting.setdefault(key, []).append(found)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    def keep(self, document: Stored, reading: Reading) -> None:
        """Keep a document that was just written, for a lease from before it was."""
        self._store.leases.keep(self._key(document["_id"]), document, reading)

    def _key(self, key: str) -> str:
        return f"{self._name} {key}"

    async def _run(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                await self._answer(asked)
        finally:
            self._task = None

    async def _answer(self, asked: Mapping[str, list[asyncio.Future[Stored | None]]]) -> None:
        failure: Exception | None = None
        reading = self._store.leases.reading()
        documents: dict[str, Stored] = {}
        try:
            with translated():
                query = {"_id": {"$in": list(asked)}}
                found = await self._store.collection(self._name).find(query, self._fields).to_list()
            documents = {document["_id"]: document for document in found}
            if self._absent is not None:
                documents = {key: {"_id": key, **self._absent} for key in asked} | documents
            for document in documents.values():
                self.keep(document, reading)
        except Exception as error:  # noqa: BLE001  # it is raised where it was asked
            failure = error
        for key, waiting in asked.items():
            for future in waiting:
                if future.done():
                    continue
                if failure is not None:
                    future.set_exception(failure)
                else:
                    future.set_result(documents.get(key))

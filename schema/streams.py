"""What a WebSocket and server-sent events have in common: a subscription, answered event by event."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from auth.backend import Known
from auth.watch import Standing, Watch
from errors import Unauthenticated
from schema.view import Asked, View, answered


class Streams:
    """Opens streams, and follows subscriptions on them. Rights are those of the moment, at every event."""

    def __init__(self, view: View, watch: Watch) -> None:
        self.view = view
        self.watch = watch

    def opened(self, known: Known) -> Standing:
        """Open a stream. Raises Unauthenticated for nobody in particular, LimitReached and Unavailable."""
        if not known.caller.signed_in:
            msg = "Sign in first: nobody in particular has nothing to follow"
            raise Unauthenticated(msg)
        return self.watch.opened(known)

    async def begun(self, standing: Standing, asked: Asked) -> AsyncGenerator[Any, None]:
        """The events of a subscription. Raises what `View.run` raises, and Unauthenticated where access has ended."""
        await self.watch.look([standing])
        if standing.over.done():
            raise Unauthenticated(standing.over.result().reason)
        return await self.view.follow(self.view.context(standing.caller, standing), *asked)

    async def answers(
        self, standing: Standing, asked: Asked, events: AsyncGenerator[Any, None], request_id: str
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The answer to each event, run as a query of whoever is behind the stream by then.

        Raises Refused where they could not ask so any more.
        """
        async with aclosing(events):
            async for event in events:
                context = self.view.context(standing.caller, standing)
                yield answered(await self.view.run(context, *asked, event=event), request_id)

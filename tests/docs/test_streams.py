"""What docs/streams.md shows is said and heard, on a real socket and a real event stream."""

import json
import re

from auth.caller import Role
from tests.docs.followed import ROOT
from tests.streams.conftest import clock, overrides, served
from tests.streams.following import Events, Served

__all__ = ["clock", "overrides", "served"]

PAGE = (ROOT / "docs" / "streams.md").read_text("utf-8")
SHOWN = re.findall(r"^```text (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def like(shown: object, heard: object) -> bool:
    """Whether something is as it is shown: `…` is anything but null."""
    if shown == "…":
        return heard is not None
    if isinstance(shown, dict) and isinstance(heard, dict):
        return shown.keys() == heard.keys() and all(like(shown[name], heard[name]) for name in shown)
    if isinstance(shown, list) and isinstance(heard, list):
        return len(shown) == len(heard) and all(map(like, shown, heard))
    return shown == heard


async def test_the_conversation_goes_as_shown(served: Served) -> None:
    """Each line with → is sent as it stands, but for the token, and answered by the line with ← below it."""
    (shown,) = [(role, text) for role, text in SHOWN if text.startswith("→")]
    async with served.socket() as socket:
        for line in shown[1].splitlines():
            message = json.loads(line[1:].replace("TOKEN", served.token(Role(shown[0]))))
            if line[0] == "→":
                await socket.say(message)
            else:
                heard = await socket.hear()
                assert like(message, heard), heard


async def test_the_event_stream_comes_as_shown(served: Served) -> None:
    """The request is sent as it stands, but for the token, and the events come as shown."""
    (shown,) = [(role, text) for role, text in SHOWN if text.startswith("POST")]
    head, body, *events = shown[1].strip().split("\n\n")
    path, *lines = head.replace("TOKEN", served.token(Role(shown[0]))).splitlines()
    assert path == "POST /graphql/stream"
    headers = dict(line.split(": ", 1) for line in lines)
    assert events != []
    async with served.stream(json.loads(body)["query"], **headers) as answer:
        coming = Events(answer)
        for event in events:
            name, data = await coming.next()
            first, second = event.splitlines()
            assert first == f"event: {name}"
            assert like(json.loads(second.removeprefix("data: ")), data), data


def test_every_close_code_is_told() -> None:
    """The page says of every code that sockets are closed with why."""
    source = "".join((ROOT / name).read_text("utf-8") for name in ("schema/socket.py", "auth/watch.py"))
    codes = set(re.findall(r"\bEnd\((\d{4})", source))
    assert len(codes) > 6
    assert codes == set(re.findall(r"^\| (\d{4}) \|", PAGE, re.MULTILINE))

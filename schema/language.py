"""Texts in one language: the one asked for, or another one where it is not given in that."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from schema.wording import enumerated


class Language(StrEnum):
    """A language of the service."""

    AZ = "AZ"
    EN = "EN"
    RU = "RU"


enumerated(Language, "A language of the service.")
# In this order others stand in, as they do where texts are sorted.
INSTEAD = ("en", "az", "ru")


def say(text: Mapping[str, Any], language: str) -> Any:
    """A text in a language, or in the first other one in which it is given."""
    return text.get(language.lower()) or next((text[name] for name in INSTEAD if text.get(name)), None)


def spoken(self: Any, language: Language) -> str:
    """The resolver of ``in``."""
    found: str = say(self, language)
    return found

"""Texts in one language: the one asked for, or another one where it is not given in that."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from documents.values import in_words
from schema.wording import enumerated


class Language(StrEnum):
    """A language of the service."""

    AZ = "AZ"
    EN = "EN"
    RU = "RU"


enumerated(Language, "A language of the service.")


def say(text: Mapping[str, Any], language: str) -> Any:
    """A text in a language, or in the first other one in which it is given."""
    return text.get(language.lower()) or in_words(text) or None


def spoken(self: Any, language: Language) -> str:
    """The resolver of ``in``."""
    found: str = say(self, language)
    return found

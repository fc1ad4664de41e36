"""Text as it is compared: folded for search and matching, and keyed for the alphabetical order of a language."""

import re
import unicodedata
from collections.abc import Mapping

# Letters that Unicode does not decompose, or whose decomposed base would be read wrongly (й is y, not a kind of и).
_LATIN = {
    "ə": "e", "ǝ": "e", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
    "ħ": "h", "ŋ": "n", "ŧ": "t", "ĸ": "k", "ƒ": "f", "ɡ": "g", "ɣ": "g", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y",
    "ɛ": "e", "ɔ": "o", "ɨ": "i", "ʉ": "u", "ƶ": "z", "ꞑ": "n",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya", "ә": "e", "ғ": "g", "ҝ": "g", "ө": "o", "ү": "u", "һ": "h", "ҹ": "c", "ј": "y", "ґ": "g", "є": "ye",
    "і": "i", "ї": "yi", "қ": "q", "ң": "n", "ұ": "u", "ҳ": "h", "ҷ": "j", "ђ": "dj", "љ": "lj", "њ": "nj",
    "ћ": "c", "џ": "dz", "ѓ": "gj", "ќ": "kj", "ѕ": "dz",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch",
    "ψ": "ps", "ω": "o",
}  # fmt: skip
_LETTERS = _LATIN | _CYRILLIC | _GREEK

# Greek digraphs; an accent on the first vowel, or a diaeresis on the second, means that the two are read apart.
_GREEK_OU = re.compile("(?<=ο)[υύ]")
_GREEK_AV = re.compile("(?<=[αεη])[υύ]")

_APOSTROPHES = frozenset("'`´‘’‛ʹʻʼʽˈ′ʾʿ")
_KEPT_CLASSES = frozenset({0, 7, 8, 9})  # vowel signs, nuktas, voicing and virama marks: letters in all but name
_IGNORED_MARKS = frozenset("\u034f") | {chr(c) for c in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}


def fold(text: str) -> str:
    """Give `text` in the form in which it is searched and matched.

    Compatibility forms, case and accents are dropped; ə is e, ı is i, ş is s; Cyrillic and Greek become Latin; whatever
    is neither letter nor digit becomes a space, and spaces collapse. Folding twice changes nothing, and the fold of a
    text's first characters is a beginning of the text's fold, so that prefixes can be searched.
    """
    lowered = _lowered(text)
    lowered = _GREEK_AV.sub("v", _GREEK_OU.sub("u", lowered))
    return unicodedata.normalize("NFC", " ".join(lowered.translate(_FOLDED).split()))


def words(text: str) -> list[str]:
    """Give the folded words of `text` in their order, repeats included."""
    return fold(text).split()


def is_abbreviation(name: str) -> bool:
    """Tell whether `name` is one short word of capitals (`BSU`, `AzTU`, `B.S.U.`), no name to match by (PARTNER-1)."""
    letters = [character for character in name if character.isalnum()]
    return len(name.split()) == 1 and len(letters) <= 6 and sum(letter.isupper() for letter in letters) > 1


def sort_key(text: str, language: str) -> str:
    """Give a string whose plain code-point order is the alphabetical order of `language` (`az`, `en` or `ru`).

    Spaces come first, then digits, the language's own script, the other scripts. Case, punctuation and accents that the
    language does not know decide only between texts that are otherwise equal; two texts share a key only where Unicode
    calls them equivalent. Raises ValueError for a language without an alphabet.
    """
    weights = _WEIGHTS.get(language)
    if weights is None:
        message = f"no alphabet for language {language!r}: use one of {', '.join(_WEIGHTS)}"
        raise ValueError(message)
    exact = unicodedata.normalize("NFC", text)
    cased = exact.replace("I", "ı").replace("İ", "i") if language == "az" else exact
    weighed = _lowered(cased).translate(weights).split(" ")
    return f"{' '.join(part for part in weighed if part)}\x01{exact}"


def _lowered(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_accent(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category == "Me"
        or (category == "Mn" and unicodedata.combining(character) not in _KEPT_CLASSES)
        or character in _IGNORED_MARKS
    )


class _Letters(dict[int, str]):
    """A translation table that works a character out when first met."""

    def __init__(self, known: Mapping[str, str], dropped: frozenset[str] = frozenset()) -> None:
        super().__init__({ord(letter): form for letter, form in known.items()})
        self._dropped = dropped

    def __missing__(self, point: int) -> str:
        self[point] = form = self._form(chr(point))
        return form

    def _form(self, character: str) -> str:
        category = unicodedata.category(character)
        if category == "Cf" or character in self._dropped or _is_accent(character):
            return ""
        if category == "Nd":
            return str(unicodedata.decimal(character))
        if category[0] not in "LNM" or character in _APOSTROPHES:
            return " "
        # One mark at a time, the outermost first: ḉ is looked up as ç before it is as c.
        parts = unicodedata.decomposition(character).split()
        return "".join(self[int(part, 16)] for part in parts) if parts else character


def _weights(language: str) -> _Letters:
    """Give each letter its place as a code point between the digits and the first letter that has no place here."""
    places = {letter: chr(point) for letter, point in zip(_SCRIPTS[language], _PLACES, strict=False)}
    foreign = {letter: base for letter, base in _LATIN.items() if letter not in places}
    spelled = {letter: "".join(places[part] for part in base) for letter, base in foreign.items()}
    return _Letters(places | spelled, dropped=_APOSTROPHES)


_PLACES = (*range(0x40, 0x7F), *range(0xA1, 0x100))  # control characters left out
_LATIN_ORDER = "abcdefghijklmnopqrstuvwxyz"
_AZERBAIJANI_ORDER = "abcçdeəfgğhxıijkqlmnoöprsştuüvyzw"  # w, which the alphabet lacks, ends it as in CLDR
_GREEK_ORDER = "αβγδεζηθικλμνξοπρστυφχψω"
_CYRILLIC_ORDER = "аәбвгґғҝѓдђеёєжзѕиіїйјкқќлљмнңњоөпрстћуүұфхһҳцчҹҷџшщъыьэюя"
_SCRIPTS = {
    "az": _AZERBAIJANI_ORDER + _GREEK_ORDER + _CYRILLIC_ORDER,
    "en": _LATIN_ORDER + _GREEK_ORDER + _CYRILLIC_ORDER,
    "ru": _CYRILLIC_ORDER + _LATIN_ORDER + _GREEK_ORDER,
}
_FOLDED = _Letters(_LETTERS)
_WEIGHTS = {language: _weights(language) for language in _SCRIPTS}

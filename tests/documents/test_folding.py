"""Folding: one form for search and matching, and keys whose code-point order is each language's alphabet."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.folding import fold, is_abbreviation, sort_key, words

ALPHABETS = {
    "az": "abcçdeəfgğhxıijkqlmnoöprsştuüvyz",
    "en": "abcdefghijklmnopqrstuvwxyz",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}
UPPER = {"az": {"i": "İ", "ı": "I"}, "en": {}, "ru": {}}
European = st.text(
    st.characters(max_codepoint=0x052F, exclude_categories=["Cs"]).map(lambda c: unicodedata.normalize("NFC", c)),
    max_size=20,
)
Language = st.sampled_from(sorted(ALPHABETS))


def letters(text: str, language: str) -> str:
    """Give the part of a key that speaks of letters alone."""
    return sort_key(text, language).partition("\x01")[0]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Bakı Dövlət Universiteti", "baki dovlet universiteti"),
        ("BAKI DÖVLƏT UNİVERSİTETİ", "baki dovlet universiteti"),
        ("Şəki, Gəncə & Xırdalan", "seki gence xirdalan"),
        ("Бакинский государственный университет", "bakinskiy gosudarstvennyy universitet"),
        ("Щёлково", "shchelkovo"),
        ("Бакы Дөвләт Университети", "baky dovlet universiteti"),
        ("Київ", "kiyiv"),
        ("ΑΡΙΣΤΟΤΕΛΕΙΟ ΠΑΝΕΠΙΣΤΗΜΙΟ", "aristoteleio panepistimio"),
        ("Πειραιώς", "peiraios"),
        ("Ουρανός, Ευρώπη, Αϋτός", "ouranos evropi aytos"),
        ("Łódź Århus Þór Straße Æro", "lodz arhus thor strasse aero"),
        ("O’Neill / O'Neill", "o neill o neill"),
        ("  a\u00a0\u2003b\t\nc ", "a b c"),
        ("zero\u200bwidth soft\u00adhyphen \ufeffmark", "zerowidth softhyphen mark"),
        ("Ｆｕｌｌ ｗｉｄｔｈ ２", "full width 2"),
        ("٣ ४", "3 4"),
        ("が 한국 हिन्दी", "が 한국 हिन्दी"),
        ("+++", ""),
        ("", ""),
    ],
)
def test_folding_gives_the_searched_form(text: str, folded: str) -> None:
    """Case, accents, scripts, punctuation and invisible characters do not stand between a text and its search."""
    assert fold(text) == folded


def test_composed_and_decomposed_texts_fold_alike() -> None:
    """A name typed with combining accents is found by one typed with composed letters, й and ё included."""
    for text in ("Université Çağlar", "Чайковский Ёлкин Їжак", "Αϋτός"):
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """A stored fold can be folded again without harm."""
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_fold_has_no_outer_or_double_spaces(text: str) -> None:
    """Words of a fold are separated by exactly one space."""
    assert " ".join(words(text)) == fold(text)


@given(European, st.integers(min_value=0, max_value=20))
def test_the_fold_of_a_beginning_is_a_beginning_of_the_fold(text: str, length: int) -> None:
    """A search for the first letters finds the text by prefix, digraphs and multi-letter forms included."""
    composed = unicodedata.normalize("NFC", text)
    assert fold(composed).startswith(fold(composed[:length]))


def test_words_keep_order_and_repeats() -> None:
    """Words come as they stand in the text."""
    assert words("Universität, Stadt – Universität") == ["universitat", "stadt", "universitat"]


@pytest.mark.parametrize("name", ["BSU", "BDU", "AzTU", "B.S.U.", "ADA", "БГУ", "MIT ", "B2H83"])
def test_short_words_of_capitals_are_abbreviations(name: str) -> None:
    """PARTNER-1: Baku State and Baku Slavic share one; nobody is known by it."""
    assert is_abbreviation(name)


@pytest.mark.parametrize("name", ["Baku State University", "Konstfack", "KONSTFACK", "KU Leuven", "Oxford", "Yale", ""])
def test_names_are_no_abbreviations(name: str) -> None:
    """A written-out name is one, in capitals or not."""
    assert not is_abbreviation(name)


@pytest.mark.parametrize("language", sorted(ALPHABETS))
def test_keys_follow_the_alphabet_in_both_cases(language: str) -> None:
    """Each letter sorts after the one before it, whichever of the two is a capital."""
    alphabet = ALPHABETS[language]
    capitals = [UPPER[language].get(letter, letter.upper()) for letter in alphabet]
    for before, after in itertools.pairwise(alphabet):
        for first in (before, capitals[alphabet.index(before)]):
            for second in (after, capitals[alphabet.index(after)]):
                assert sort_key(f"{first}z", language) < sort_key(f"{second}a", language)


@pytest.mark.parametrize(
    ("language", "ordered"),
    [
        ("az", ["Bakı", "Cəlilabad", "Çin", "Elm", "Əli", "Gəncə", "Ğ", "Hindistan", "Xəzər", "Ilıq", "İran", "Qax"]),
        ("az", ["Zaqatala", "Warszawa", "Αθήνα", "Москва", "北京"]),
        ("en", ["10th", "2nd", "École", "Edinburgh", "Émile", "Zagreb", "Ωmega", "Ереван", "北京"]),
        ("ru", ["7", "Елена", "Ёлка", "Жук", "Йод", "Яма", "Aalto", "Zagreb", "Αθήνα"]),
        ("en", ["New", "New York", "New-York Univ", "Newark"]),
        ("en", ["coop", "“Coop”", "co’op a"]),
    ],
)  # fmt: skip
def test_keys_order_real_names(language: str, ordered: list[str]) -> None:
    """Names sort as a reader of the language expects: digits, own script, other scripts; punctuation is passed over."""
    keys = [sort_key(name, language) for name in ordered]
    assert keys == sorted(keys)


@given(Language, st.text(max_size=8), st.text(max_size=8))
def test_keys_are_a_total_order(language: str, one: str, other: str) -> None:
    """Two texts share a key exactly where Unicode calls them equivalent, so that a seek never skips or repeats."""
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    assert (sort_key(one, language) == sort_key(other, language)) == same


@given(Language, st.text(st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F), max_size=8))
def test_case_only_breaks_ties(language: str, text: str) -> None:
    """A text in capitals keeps its place among texts that differ by a letter; in Azerbaijani I is the capital of ı."""
    written = text.replace("i", "ı").replace("İ", "I") if language == "az" else text
    assert letters(written.upper(), language) == letters(written, language)


@given(
    Language, st.text(st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F, exclude_characters="Iı"), max_size=8)
)
def test_foreign_accents_only_break_ties(language: str, text: str) -> None:
    """A mark that no alphabet here has leaves a letter where it was, one that has a mark of its own included."""
    assert letters("".join(f"{letter}\u0301" for letter in text), language) == letters(text, language)


@given(Language, st.text(max_size=12))
def test_equivalent_spellings_share_a_key(language: str, text: str) -> None:
    """How a keyboard composes its letters does not matter."""
    assert sort_key(unicodedata.normalize("NFD", text), language) == sort_key(text, language)


@given(Language, st.text(max_size=12))
def test_keys_sort_alike_as_text_and_as_bytes(language: str, text: str) -> None:
    """The store compares bytes: a key is plain UTF-8."""
    assert sort_key(text, language).encode().decode() == sort_key(text, language)


def test_a_language_without_alphabet_is_named() -> None:
    """An unknown language is refused with the ones that there are."""
    with pytest.raises(ValueError, match=r"'de'.*az, en, ru"):
        sort_key("x", "de")

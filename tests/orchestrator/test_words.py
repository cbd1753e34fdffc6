"""The catalogues speak both languages, and every key has its sentence."""

import json
import re
from pathlib import Path

import pytest

from orchestrator.words import CATALOGUES, LANG, load_catalogues, negotiate, words

PLACEHOLDER = re.compile(r"\{(\w+)\}")
ROOT = LANG.parent.parent
RAISED = re.compile(
    r"\b(?:NotFound|Forbidden|Unauthenticated|Conflict|Invalid|TooMany|Stale|Unavailable|BadRequest"
    r"|TooLarge|WrongMediaType|CannotStart|StoreTooNew|Gone)\(\s*\"([a-z0-9-]+)\""
)


def test_both_languages_have_the_same_keys() -> None:
    assert CATALOGUES["fr"].keys() == CATALOGUES["en"].keys()


def test_both_languages_name_the_same_facts() -> None:
    for key, french in CATALOGUES["fr"].items():
        english = CATALOGUES["en"][key]
        assert set(PLACEHOLDER.findall(french)) == set(PLACEHOLDER.findall(english)), key


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_key_says_the_same_in_every_catalogue(locale: str) -> None:
    said: dict[str, set[str]] = {}
    for path in LANG.glob(f"*.{locale}.json"):
        for key, sentence in json.loads(path.read_text()).items():
            said.setdefault(key, set()).add(sentence)
    assert {key: found for key, found in said.items() if len(found) > 1} == {}


def test_every_refusal_of_the_program_has_its_sentence() -> None:
    packages = ("rooms", "calendars", "orchestrator", "signalling")
    sources = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    raised = {key for path in sources for key in RAISED.findall(path.read_text())}
    assert sorted(raised - CATALOGUES["fr"].keys()) == []


def test_facts_take_their_places() -> None:
    assert words("body-too-large", "en", {"limit": 12}) == "The body is larger than 12 bytes."
    assert "1, 2" in words("cli-doctor-missing", "en", {"names": ["1", "2"]})


def test_a_fact_that_is_missing_leaves_a_gap_and_no_error() -> None:
    assert words("body-too-large", "en", {}) == "The body is larger than … bytes."


def test_a_fact_is_never_read_as_a_pattern() -> None:
    assert "{limit}" in words("body-too-large", "en", {"limit": "{limit}"})


def test_a_key_nobody_wrote_is_shown_as_it_is() -> None:
    assert words("no-such-key", "en", {}) == "no-such-key"


def test_another_language_is_answered_in_french() -> None:
    assert words("no-room", "de", {}) == words("no-room", "fr", {})


def test_only_our_languages_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.fr.json").write_text('{"k": "v"}')
    (tmp_path / "a.de.json").write_text('{"k": "w"}')
    assert load_catalogues(tmp_path) == {"fr": {"k": "v"}, "en": {}}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("de, en;q=0.5, fr;q=0.4", "en"),
        ("fr;q=0, en;q=0.1", "en"),
        ("en;q=0", "fr"),
        ("*", "fr"),
        ("EN", "en"),
        (";;;,,,q=", "fr"),
        ("en;q=nonsense", "fr"),
        ("x" * 100_000, "fr"),
    ],
)
def test_the_best_liked_language_of_ours_is_taken(header: str, language: str) -> None:
    assert negotiate(header) == language

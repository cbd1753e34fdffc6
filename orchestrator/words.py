"""Keys and facts become sentences, in French or English.

The catalogues are `orchestrator/lang/<area>.<locale>.json`: flat objects, `{fact}` placeholders.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Words = Callable[[str, str, Mapping[str, object]], str]
Catalogue = dict[str, str]

LANG = Path(__file__).parent / "lang"
LOCALES = ("fr", "en")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LANGUAGE_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8})[A-Za-z0-9-]*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*"
)


def load_catalogues(folder: Path) -> dict[str, Catalogue]:
    """Merge every catalogue of a folder: locale -> key -> sentence."""
    merged: dict[str, Catalogue] = {locale: {} for locale in LOCALES}
    for path in sorted(folder.glob("*.json")):
        locale = path.stem.rpartition(".")[2]
        if locale in merged:
            merged[locale].update(json.loads(path.read_text(encoding="utf-8")))
    return merged


CATALOGUES = load_catalogues(LANG)


def words(key: str, locale: str, facts: Mapping[str, object]) -> str:
    """The sentence of `key`; French for a language that is not ours, the key where none exists."""
    catalogue = CATALOGUES.get(locale, CATALOGUES["fr"])
    sentence = catalogue.get(key, key)
    return _PLACEHOLDER.sub(lambda found: _text(facts.get(found[1], "…")), sentence)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def negotiate(accept_language: str, available: Iterable[str] = LOCALES) -> str:
    """The language to answer in: the one best liked that we have, else the first we have."""
    ours = tuple(available)
    best, liking = ours[0], 0.0
    for part in accept_language[:1000].split(","):
        match = _LANGUAGE_RANGE.fullmatch(part)
        if match is None or match[1].lower() not in ours:
            continue
        quality = float(match[2] or 1)
        if quality > liking:
            best, liking = match[1].lower(), quality
    return best

"""`margeride check FILE`: says in plain words whether a network description is good."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.settings import Settings, SettingsError, load_settings
from orchestrator.settings.mail import REMINDERS
from orchestrator.settings.problems import Problem, fields_of
from orchestrator.words import Words, words

MOST_TOLD = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What to print, and the exit code: 0 good, 1 refused."""

    lines: Sequence[str]
    code: int


def check(path: Path, locale: str = "fr", say: Words = words) -> Checked:
    """Check a file: one line that it is good, or one line for each thing to put right."""
    try:
        settings = load_settings(path)
    except SettingsError as error:
        return Checked(lines=told(error, locale, say), code=1)
    lines = [_good(path, settings, locale, say), mail_line(settings, locale, say)]
    return Checked(lines=lines, code=0)


def mail_line(settings: Settings, locale: str, say: Words = words) -> str:
    """Whether there is mail, and by whom; `doctor` says the same."""
    mail = settings.mail
    if mail is None:
        return say("cli-mail-none", locale, {})
    facts = {
        "host": mail.smtp.host,
        "port": mail.smtp.port,
        "tls": mail.smtp.tls,
        "reminders": [word for word, lead in REMINDERS.items() if lead in mail.reminders] or "-",
        "door": f"{mail.door.protocol} {mail.door.host}:{mail.door.port}" if mail.door else "-",
    }
    return say("cli-mail", locale, facts)


def told(error: SettingsError, locale: str, say: Words = words) -> list[str]:
    """A refused file in sentences; `serve` and `demo` print the same."""
    lines = [_sentence(error.file, found, locale, say) for found in error.problems[:MOST_TOLD]]
    count = len(error.problems)
    closing = "settings-refused-one" if count == 1 else "settings-refused"
    return [*lines, say(closing, locale, {"count": count})]


def _sentence(file: str, problem: Problem, locale: str, say: Words) -> str:
    facts = fields_of(file, problem)
    sentence = say(problem.key, locale, facts)
    if "nearest" not in facts:
        return sentence
    return f"{sentence} {say('settings-did-you-mean', locale, facts)}"


def _good(path: Path, settings: Settings, locale: str, say: Words) -> str:
    network = settings.network
    facts = {
        "file": str(path),
        "network": network.name,
        "centres": len(network.centres),
        "rooms": len(network.rooms),
        "desks": len(network.desks),
    }
    return say("settings-good", locale, facts)

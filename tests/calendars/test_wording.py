from dataclasses import replace
from datetime import date
from string import Formatter

import pytest

from calendars.booking import Slot
from calendars.conflicts import Reason, Verdict, judge
from calendars.wording import answer_text, motive, sentence, skipped_text
from orchestrator.words import CATALOGUES, words
from rooms.centre import Closure
from rooms.ids import RoomId
from tests.fakes.bookings import MEYRUEIS, NOW, RULES, VILLEFORT, asked, held, rules_of, slot
from tests.fakes.places import a_centre

MORNING = slot("2026-12-30T09:00", "10:00")


def taken(when: Slot) -> Reason:
    (reason,) = judge(asked(when), [held(when)], RULES, NOW).reasons
    return reason


def told(verdict: Verdict, locale: str = "fr") -> list[str]:
    return [sentence(reason, locale, words) for reason in verdict.reasons]


def test_a_taken_room_says_when_by_what_and_in_the_time_of_the_centre() -> None:
    verdict = judge(asked(MORNING), [held(MORNING)], RULES, NOW)
    assert told(verdict) == ["Salle visio : salle occupée le 30/12 de 9 h à 10 h par « Chœur »."]
    assert told(verdict, "en") == [
        "Salle visio: the room is taken on 30/12 from 9:00 to 10:00 by “Chœur”."
    ]


def test_a_title_the_reader_may_not_see_is_not_told() -> None:
    verdict = judge(asked(MORNING), [held(MORNING, title="")], RULES, NOW)
    assert told(verdict) == ["Salle visio : salle occupée le 30/12 de 9 h à 10 h."]


def test_a_booking_over_midnight_says_both_days() -> None:
    night = slot("2026-12-29T22:05", "2026-12-30T09:30")
    verdict = judge(asked(MORNING), [held(night, title="")], RULES, NOW)
    assert told(verdict) == ["Salle visio : salle occupée du 29/12 à 22 h 05 au 30/12 à 9 h 30."]


def test_a_closed_centre_says_when_it_is_open() -> None:
    verdict = judge(asked(slot("2026-12-30T08:00", "08:30")), (), RULES, NOW)
    assert told(verdict) == [
        "Villefort : centre fermé le 30/12 de 8 h à 8 h 30. Le 30/12, il est ouvert "
        "de 8 h 30 à 12 h et de 13 h 30 à 18 h."
    ]


def test_a_day_without_hours_says_so() -> None:
    verdict = judge(asked(slot("2026-11-29T09:00", "10:00")), (), RULES, NOW)
    assert told(verdict) == [
        "Villefort : centre fermé le 29/11 de 9 h à 10 h. Il n'ouvre pas ce jour-là."
    ]


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (date(2027, 1, 3), "Villefort : centre fermé du 24/12 au 03/01 (Noël)."),
        (date(2026, 12, 24), "Villefort : centre fermé le 24/12 (Noël)."),
    ],
)
def test_a_closure_says_from_when_to_when_and_why(last: date, text: str) -> None:
    closure = Closure(first=date(2026, 12, 24), last=last, reason="Noël")
    rules = rules_of(a_centre("villefort", closures=(closure,)))
    assert told(judge(asked(slot("2026-12-24T09:00", "10:00")), (), rules, NOW)) == [text]


def test_an_unknown_room_is_named_as_it_was_written() -> None:
    verdict = judge(asked(MORNING, rooms=(RoomId("nowhere"),)), (), RULES, NOW)
    assert told(verdict) == [
        "La salle « nowhere » n'existe pas. Vérifiez l'adresse de la salle invitée."
    ]


def test_the_answer_ends_with_what_would_do() -> None:
    verdict = judge(asked(MORNING), [held(MORNING, title="")], RULES, NOW)
    assert answer_text(verdict, "fr", words) == (
        "Salle visio : salle occupée le 30/12 de 9 h à 10 h. "
        "Créneau libre le plus proche : le 30/12 de 10 h à 11 h."
    )
    assert motive(verdict, "fr", words) == "salle occupée"


def test_a_long_answer_is_cut_to_a_number_and_repeats_nothing() -> None:
    nights = [slot(f"2026-12-{day:02}T03:00", "04:00") for day in range(7, 14)]
    verdict = judge(asked(*nights), (), RULES, NOW)
    text = answer_text(verdict, "fr", words)
    assert text.endswith("Et 2 autres empêchements.")
    assert text.count("centre fermé") == 5
    six = Verdict(accepted=False, reasons=verdict.reasons[:6])
    assert answer_text(six, "fr", words).count("centre fermé") == 6
    twice = Verdict(accepted=False, reasons=verdict.reasons[:1] * 3)
    assert answer_text(twice, "fr", words).count("centre fermé") == 1


def test_a_granted_request_has_nothing_to_say() -> None:
    assert answer_text(judge(asked(MORNING), (), RULES, NOW), "fr", words) == ""


def test_times_are_those_of_the_wall_on_both_sides_of_the_change_of_clocks() -> None:
    both = slot("2027-03-26T09:00", "10:00"), slot("2027-03-29T09:00", "10:00")
    verdict = judge(asked(*both), [held(one, title="") for one in both], RULES, NOW)
    assert [text.partition("occupée ")[2] for text in told(verdict)] == [
        "le 26/03 de 9 h à 10 h.",
        "le 29/03 de 9 h à 10 h.",
    ]


REASONS = [
    *judge(
        asked(slot("2026-11-29T09:00", "10:00"), role="guest", rooms=(VILLEFORT, MEYRUEIS)),
        [held(slot("2026-11-29T09:00", "10:00"))],
        RULES,
        NOW,
    ).reasons,
    *judge(asked(slot("2026-11-01T09:00", "10:00")), (), RULES, NOW).reasons,
    *judge(asked(slot("2026-11-23T09:00", "09:00")), (), RULES, NOW).reasons,
    *judge(asked(MORNING, MORNING, rooms=(VILLEFORT, RoomId("x"))), (), RULES, NOW).reasons,
]


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.key)
def test_every_reason_has_a_whole_sentence_and_a_motive_in_each_language(
    reason: Reason, locale: str
) -> None:
    text = sentence(reason, locale, words)
    assert text.endswith(".")
    assert "…" not in text
    assert "{" not in text
    assert f"calendar-motive-{reason.key}" in CATALOGUES[locale]


@pytest.mark.parametrize(
    "key",
    [
        "bad-calendar-data",
        "calendar-too-large",
        "calendar-method",
        "bad-recurrence",
        "too-many-instances",
        "too-many-attendees",
        "date-out-of-range",
        "bad-duration",
    ],
)
def test_every_refusal_has_its_sentence_with_the_same_facts_in_each_language(key: str) -> None:
    placeholders = [
        {name for _, name, _, _ in Formatter().parse(CATALOGUES[locale][key]) if name}
        for locale in ("fr", "en")
    ]
    assert placeholders[0] == placeholders[1]
    assert placeholders[0] <= {"detail", "limit", "longest_days"}


def test_the_dates_a_series_goes_without_are_listed_with_their_reasons() -> None:
    second = slot("2026-11-24T09:00", "10:00")
    skipped = Verdict(accepted=True, reasons=(taken(second),), skipped=(second,))
    text = skipped_text(skipped, "fr", words)
    assert "sans ces dates : le 24/11 de 9 h à 10 h." in text
    assert "occupée" in text
    many = replace(skipped, skipped=(second,) * 40)
    assert "sans 40 dates" in skipped_text(many, "fr", words)
    assert skipped_text(Verdict(accepted=True), "fr", words) == ""


def test_rooms_free_at_the_hour_asked_are_named_after_the_reasons() -> None:
    refused = Verdict(accepted=False, reasons=(taken(slot("2026-11-24T09:00", "10:00")),))
    text = answer_text(refused, "fr", words, ["Salle visio de Meyrueis"])
    assert text.endswith("Libre à la même heure : Salle visio de Meyrueis.")


def test_a_room_too_near_another_booking_says_what_has_to_stay_free() -> None:
    near = taken(slot("2026-11-24T09:00", "10:00"))
    facts = {**near.facts, "minutes": 30}
    text = sentence(replace(near, key="room-buffer", facts=facts), "fr", words)
    assert "30 minutes libres" in text

"""Sessions and sites: the tables and their effects."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.session import (
    EFFECTS,
    SESSION,
    SITE,
    Act,
    Done,
    Effect,
    Learnt,
    Session,
    Site,
    SiteState,
    State,
    Step,
    apply,
)
from rooms.errors import Conflict, NotFound
from rooms.ids import RoomId, SessionId

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
MEYRUEIS, VILLEFORT = RoomId("meyrueis-visio"), RoomId("villefort-visio")


def session(state: State = State.BOOKED, **sites: SiteState) -> Session:
    return Session(
        id=SessionId("se-1"),
        state=state,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        sites=(
            Site(room=MEYRUEIS, role="host", state=sites.get("meyrueis", SiteState.EXPECTED)),
            Site(room=VILLEFORT, role="remote", state=sites.get("villefort", SiteState.EXPECTED)),
        ),
    )


def done(subject: Session, *acts: Act) -> Session:
    for act in acts:
        subject, _ = apply(subject, Done(act=act), NOW)
    return subject


def learnt(subject: Session, *steps: Step) -> Session:
    for step in steps:
        subject, _ = apply(subject, Learnt(room=VILLEFORT, step=step), NOW)
    return subject


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_every_act_in_every_state_moves_by_the_table_or_is_refused(state: State, act: Act) -> None:
    target = SESSION[state].get(act)
    if target is None:
        with pytest.raises(Conflict) as refused:
            apply(session(state), Done(act=act), NOW)
        assert refused.value.key == "illegal-transition"
        assert refused.value.fields == {"state": state.value, "act": act.value}
    else:
        assert done(session(state), act).state is target


def test_the_tables_name_every_state_and_every_act_has_its_effects() -> None:
    assert set(SESSION) == set(State)
    assert set(SITE) == set(SiteState)
    assert set(EFFECTS) == set(Act)


def test_every_state_can_be_reached_and_only_the_archive_is_for_ever() -> None:
    reached = {State.DRAFT} | {to for moves in SESSION.values() for to in moves.values()}
    assert reached == set(State)
    assert [state for state, moves in SESSION.items() if not moves] == [State.ARCHIVED]
    sites = {SiteState.EXPECTED} | {to for moves in SITE.values() for to in moves.values()}
    assert sites == set(SiteState)


def test_a_session_remembers_when_it_opened_started_and_ended() -> None:
    subject, _ = apply(session(), Done(act=Act.OPEN), NOW)
    subject, _ = apply(subject, Done(act=Act.START), NOW + timedelta(minutes=15))
    subject, _ = apply(subject, Done(act=Act.PAUSE), NOW + timedelta(minutes=20))
    subject, _ = apply(subject, Done(act=Act.START), NOW + timedelta(minutes=25))
    subject, _ = apply(subject, Done(act=Act.END), NOW + timedelta(minutes=60))
    assert subject.opened_at == NOW
    assert subject.started_at == NOW + timedelta(minutes=15)
    assert subject.ended_at == NOW + timedelta(minutes=60)


def test_a_session_started_from_its_booking_opens_and_starts_at_once() -> None:
    subject, effects = apply(session(), Done(act=Act.START), NOW)
    assert (subject.opened_at, subject.started_at) == (NOW, NOW)
    assert effects == (Effect.OPEN_MEDIA, Effect.CALL_ROOMS, Effect.TELL)


def test_starting_airs_the_sites_that_are_in_and_expects_the_others() -> None:
    subject = done(session(State.DOORS, meyrueis=SiteState.CHECKED_IN), Act.START)
    assert [site.state for site in subject.sites] == [SiteState.LIVE, SiteState.EXPECTED]


def test_a_dropped_site_does_not_come_live_because_the_session_starts() -> None:
    subject = done(session(State.DOORS, villefort=SiteState.DROPPED), Act.START)
    assert subject.site(VILLEFORT).state is SiteState.DROPPED


def test_the_end_makes_whoever_was_there_leave_and_keeps_who_never_came() -> None:
    subject = done(session(State.ON_AIR, meyrueis=SiteState.LIVE), Act.END)
    assert [site.state for site in subject.sites] == [SiteState.LEFT, SiteState.EXPECTED]


def test_the_end_releases_the_rooms_then_tells_then_closes() -> None:
    _, effects = apply(session(State.ON_AIR), Done(act=Act.END), NOW)
    assert effects == (Effect.RELEASE_ROOMS, Effect.TELL, Effect.CLOSE_MEDIA)


def test_a_moved_booking_takes_a_session_off_the_air_and_back_to_waiting() -> None:
    on_air = replace(session(State.ON_AIR, villefort=SiteState.LIVE), opened_at=NOW, started_at=NOW)
    subject, effects = apply(on_air, Done(act=Act.BOOK), NOW)
    assert subject == session()
    assert Effect.RELEASE_ROOMS in effects


def test_cancelling_what_nobody_entered_needs_no_farewell() -> None:
    subject, effects = apply(session(), Done(act=Act.CANCEL), NOW)
    assert (subject.state, effects) == (State.ENDED, ())


@pytest.mark.parametrize("state", SiteState)
@pytest.mark.parametrize("step", Step)
def test_every_step_in_every_site_state_moves_by_the_table_or_changes_nothing(
    state: SiteState, step: Step
) -> None:
    target = SITE[state].get(step, state)
    subject, effects = apply(
        session(State.DOORS, villefort=state), Learnt(room=VILLEFORT, step=step), NOW
    )
    assert subject.site(VILLEFORT).state is target
    assert subject.site(MEYRUEIS).state is SiteState.EXPECTED
    assert effects == (() if target is state else (Effect.TELL,))


def test_a_site_that_flows_is_ready_before_the_air_and_live_on_it() -> None:
    wings = learnt(session(State.DOORS), Step.JOINED, Step.FLOWING)
    assert wings.site(VILLEFORT).state is SiteState.READY
    on_air = learnt(session(State.ON_AIR), Step.JOINED, Step.FLOWING)
    assert on_air.site(VILLEFORT).state is SiteState.LIVE


def test_a_site_lost_and_back_recovers_until_it_flows() -> None:
    lost = learnt(session(State.ON_AIR, villefort=SiteState.LIVE), Step.LOST)
    assert lost.site(VILLEFORT).state is SiteState.DROPPED
    back = learnt(lost, Step.JOINED)
    assert back.site(VILLEFORT).state is SiteState.RECOVERING
    assert learnt(back, Step.FLOWING).site(VILLEFORT).state is SiteState.LIVE


@pytest.mark.parametrize("state", [State.DRAFT, State.BOOKED, State.ENDED, State.ARCHIVED])
def test_what_is_learnt_of_a_site_outside_the_session_changes_nothing(state: State) -> None:
    subject = session(state)
    assert apply(subject, Learnt(room=VILLEFORT, step=Step.JOINED), NOW) == (subject, ())


def test_a_room_that_is_not_of_the_session_is_not_found() -> None:
    with pytest.raises(NotFound):
        apply(session(State.DOORS), Learnt(room=RoomId("murat"), step=Step.JOINED), NOW)

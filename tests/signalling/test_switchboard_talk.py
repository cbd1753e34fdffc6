"""What is said beside sound and picture."""

from signalling.switchboard_gathering import CHAT_KEPT
from signalling.websocket import QUEUE
from tests.fakes.wire import Board


async def test_what_is_said_is_heard_by_all_in_one_order(board: Board) -> None:
    anne, bruno = await board.person("anne", 0), await board.person("bruno", 2)
    await anne.say("chat", text="  Bonjour à tous  ")
    await bruno.say("chat", text="Bonjour <b>Anne</b>")
    for person in (anne, bruno):
        lines = [line for said in person.line.of("chat.said") for line in said["lines"]]
        assert [(line["number"], line["name"], line["text"]) for line in lines] == [
            (1, "Anne", "Bonjour à tous"),
            (2, "Bruno", "Bonjour <b>Anne</b>"),
        ]


async def test_who_comes_late_hears_what_was_said_and_nobody_else_hears_it_again(
    board: Board,
) -> None:
    anne = await board.person("anne", 0)
    for number in range(CHAT_KEPT + 3):
        await anne.say("chat", text=f"ligne {number}")
        board.clock.advance(1)
    heard = len(anne.line.of("chat.said"))
    claire = await board.person("claire", 4)
    [past] = claire.line.of("chat.said")
    assert len(past["lines"]) == CHAT_KEPT
    assert past["lines"][-1]["number"] == CHAT_KEPT + 3
    assert len(anne.line.of("chat.said")) == heard


async def test_nothing_is_said_with_empty_words_or_in_a_flood(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("chat", text=" \n ")
    assert anne.line.last("error")["code"] == "empty-chat"
    for number in range(8):
        await anne.say("chat", text=f"vite {number}")
    assert anne.line.last("error")["code"] == "too-fast"
    assert len(anne.line.of("chat.said")) < 8


async def test_a_raised_hand_is_seen_also_by_who_comes_later(board: Board) -> None:
    anne, bruno = await board.person("anne", 0), await board.person("bruno", 2)
    await anne.say("hand", up=True)
    assert bruno.line.last("participant.changed")["participant"]["hand"] is True
    before = len(bruno.line.of("participant.changed"))
    await anne.say("hand", up=True)
    assert len(bruno.line.of("participant.changed")) == before
    claire = await board.person("claire", 4)
    seen = {one["id"]: one["hand"] for one in claire.line.last("joined")["participants"]}
    assert seen == {"anne": True, "bruno": False, "claire": False}


async def test_a_cursor_has_no_number_and_is_not_repeated_to_who_comes_back(
    board: Board,
) -> None:
    anne, bruno = await board.person("anne", 0), await board.person("bruno", 2)
    await anne.say("cursor", track="tr-1", x=0.25, y=1)
    [moved] = bruno.line.of("cursor.moved")
    assert (moved["participant"], moved["track"], moved["x"], moved["y"]) == (
        "anne",
        "tr-1",
        0.25,
        1,
    )
    assert "seq" not in moved
    assert not anne.line.of("cursor.moved")
    await anne.say("cursor", track="tr-1", x=1.5, y=0)
    assert anne.line.last("error")["code"] == "bad-message"


async def test_a_whisper_reaches_one_and_no_other(board: Board) -> None:
    anne, bruno = await board.person("anne", 0), await board.person("bruno", 2)
    claire = await board.person("claire", 4)
    await anne.say("whisper", to="bruno", data="une clé")
    assert bruno.line.last("whispered")["participant"] == "anne"
    assert bruno.line.last("whispered")["data"] == "une clé"
    assert not claire.line.of("whispered")
    for nobody in ("anne", "daniel"):
        await anne.say("whisper", to=nobody, data="x")
        assert anne.line.last("error")["code"] == "no-participant"


async def test_who_sends_with_a_key_of_his_own_is_known_to_all(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("join", encrypted=True)
    bruno = await board.person("bruno", 2)
    seen = {one["id"]: one["encrypted"] for one in bruno.line.last("joined")["participants"]}
    assert seen == {"anne": True, "bruno": False}


async def test_nobody_is_kept_out_by_how_much_was_said(board: Board) -> None:
    anne = await board.person("anne", 0)
    for number in range(CHAT_KEPT):
        await anne.say("chat", text=f"{number} " + "\u0001" * 1_900)
        board.clock.advance(1)
    claire = await board.person("claire", 4)
    assert sum(map(len, claire.line.frames)) < QUEUE / 2
    [past] = claire.line.of("chat.said")
    assert past["lines"][-1]["number"] == CHAT_KEPT


async def test_what_was_said_is_recalled_to_who_comes_and_not_to_who_is_here(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("chat", text="Bonjour")
    for _ in range(3):
        await anne.say("join")
        board.clock.advance(1)
    assert len(anne.line.of("chat.said")) == 1

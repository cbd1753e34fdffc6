import io

from orchestrator.demo.table import Screen, draw
from orchestrator.demo.verdict import Heard, Site


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def sites() -> list[Site]:
    seen = Heard(frames=40, level=0.1, loudest=0.1, kbps=312.0, loss=0.004)
    return [
        Site(room="a", name="Meyrueis", state="in_call", rtt_ms=2.4, others={"b": seen}),
        Site(room="b", name="Villefort"),
    ]


def test_a_line_says_state_rate_loss_delay_and_who_is_seen_and_heard() -> None:
    lines = draw(sites(), "fr").splitlines()
    assert len(lines) == 4
    for word in ("Meyrueis", "en session", "312", "0,4 %", "2 ms", "1/1"):
        assert word in lines[2]
    assert lines[3].split()[:2] == ["Villefort", "attendu"]
    assert lines[3].endswith("0/1, sauf Meyrueis")


def test_a_terminal_is_drawn_over_in_place() -> None:
    out = Terminal()
    screen = Screen(out)
    screen.show("one\ntwo")
    screen.show("three\nfour")
    assert "\x1b[2F\x1b[J" in out.getvalue()


def test_a_sentence_takes_the_place_of_the_table_before_it() -> None:
    out = Terminal()
    screen = Screen(out)
    screen.show("one\ntwo")
    screen.say("muted")
    screen.show("one\ntwo")
    assert out.getvalue().endswith("muted\none\ntwo\n")


def test_a_pipe_gets_the_last_table_only_and_no_escapes() -> None:
    out = io.StringIO()
    screen = Screen(out)
    screen.show("one")
    screen.say("muted")
    screen.last("two")
    assert out.getvalue() == "muted\ntwo\n"

"""Papers are opened by a child under limits: what a hostile file does, it does not do to us."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from orchestrator.desk_table import Paper, Picture, Place
from orchestrator.papers.kept import PDF, WAITING, WITHIN, Press, Signature
from rooms.errors import Invalid, TooMany
from tests.fakes import papers
from tests.fakes.pictures import painted

pytestmark = pytest.mark.timeout(150)
DRAWN = Signature(strokes=[[(0, 0), (1000, 400)], [(500, 200)]], name="", said="Signé ici")
ALL = "".join(chr(code) for code in range(0xC0, 0x180) if chr(code) in "ŒœŠšŸŽž" or code < 0x100)
"""Every letter with an accent that the font has."""
TYPED = Signature(strokes=[], name="Hélène Œuvré", said="Signé ici")


def laid(body: bytes, kind: str = PDF) -> Paper:
    return Paper(number=1, file=Picture(content_type=kind, body=body), pages=())


def size_of(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


async def test_a_letter_becomes_pictures_of_its_pages() -> None:
    pages = await Press().pages(papers.letter(3))
    assert [each.content_type for each in pages] == ["image/png"] * 3
    assert size_of(pages[0].body) == (1240, 1754)
    assert len({each.body for each in pages}) == 3


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (b"0 0 1000000 1000000", (1754, 1754)),
        (b"0 0 14400 1", (1754, 1)),
        (b"10 10 10 10", (1356, 1754)),
    ],
)
async def test_a_page_of_any_size_is_a_picture_of_ours(box: bytes, size: tuple[int, int]) -> None:
    (page,) = await Press().pages(papers.letter(1, box))
    assert size_of(page.body) == size


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (papers.many_pages(10_000), "paper-too-long"),
        (papers.many_pages(31), "paper-too-long"),
        (papers.locked(), "paper-locked"),
        (papers.letter()[:400], "paper-broken"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 400, "paper-broken"),
        (b"%PDF-", "paper-broken"),
        (papers.many_pages(0), "paper-broken"),
        (papers.endless(), "paper-too-heavy"),
    ],
    ids=["ten thousand", "one too many", "locked", "cut", "noise", "nothing", "none", "endless"],
)
async def test_a_hostile_file_is_refused_in_words(file: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        await Press().pages(file)


async def test_a_bomb_ends_within_its_limits_and_the_next_paper_is_shown() -> None:
    press, begun = Press(), time.monotonic()
    (ended,) = await asyncio.gather(press.pages(papers.bomb()), return_exceptions=True)
    reason = ended.key if isinstance(ended, Invalid) else ""
    assert isinstance(ended, tuple) or reason in ("paper-too-heavy", "paper-broken"), ended
    assert time.monotonic() - begun < WITHIN + 10
    assert len(await press.pages(papers.letter(1))) == 1


@pytest.mark.parametrize("signature", [DRAWN, TYPED], ids=["drawn", "typed"])
@pytest.mark.parametrize("more", [b"", b"/Rotate 90"], ids=["upright", "turned"])
async def test_a_signature_is_on_the_page_and_stays_in_the_file(
    signature: Signature, more: bytes
) -> None:
    press, letter = Press(), papers.letter(2, more=more)
    before = await press.pages(letter)
    file, page = await press.sign(laid(letter), Place.BOTTOM_RIGHT, signature)
    assert (file.content_type, file.body[:5]) == (PDF, b"%PDF-")
    assert page.body != before[0].body
    after = await press.pages(file.body)
    assert [each.body for each in after] == [page.body, before[1].body]


def read(pdf: bytes) -> str:
    """What a reader of PDF finds written on the first page. Blocking."""
    text: str = pdfium.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    return text


@pytest.mark.parametrize("name", ["Hélène Œuvré", "Jürgen Groß-Nuñez", "Lœtitia d’Estaing", ALL])
async def test_a_typed_name_is_read_in_the_signed_file_as_it_was_typed(name: str) -> None:
    signature = replace(TYPED, name=name, said="Signé à l'écran, Accueil d’Œuf")
    file, _ = await Press().sign(laid(papers.letter(1)), Place.TOP_LEFT, signature)
    text = await asyncio.to_thread(read, file.body)
    assert name in text
    assert signature.said in text


async def test_an_accent_typed_apart_is_written_with_its_letter() -> None:
    signature = replace(TYPED, name="He\u0301le\u0300ne")
    file, _ = await Press().sign(laid(papers.letter(1)), Place.TOP_LEFT, signature)
    assert "Hélène" in await asyncio.to_thread(read, file.body)


@pytest.mark.parametrize("name", ["Ирина", "Łukasz", "محمد", "王芳", "a\u00adb"])
async def test_a_name_that_the_font_cannot_write_is_refused_and_not_written_wrong(
    name: str,
) -> None:
    with pytest.raises(Invalid, match="unwritable-name"):
        await Press().sign(laid(papers.letter(1)), Place.TOP_LEFT, replace(TYPED, name=name))


async def test_a_desk_of_any_name_does_not_hinder_a_signature() -> None:
    signature = replace(DRAWN, said="Signé ici, Şule \u2192 Łódź")
    file, _ = await Press().sign(laid(papers.letter(1)), Place.TOP_LEFT, signature)
    assert "Signé ici, Sule ? ?ódz" in await asyncio.to_thread(read, file.body)


async def test_a_signature_goes_where_it_was_asked() -> None:
    press, letter = Press(), papers.letter(1)
    seen = {(await press.sign(laid(letter), place, DRAWN))[1].body for place in Place}
    assert len(seen) == len(Place)


async def test_a_picture_is_signed_too_and_becomes_a_pdf() -> None:
    file, page = await Press().sign(laid(painted(), "image/png"), Place.TOP_LEFT, DRAWN)
    assert (file.content_type, page.content_type) == (PDF, "image/png")
    assert len(await Press().pages(file.body)) == 1


async def test_a_picture_that_is_none_is_refused() -> None:
    for kind, sign in (("image/png", b"\x89PNG\r\n\x1a\n"), ("image/jpeg", b"\xff\xd8\xff\xe0")):
        with pytest.raises(Invalid, match="paper-broken"):
            await Press().sign(laid(sign + bytes(64), kind), Place.TOP_LEFT, DRAWN)


SLEEPY = "import time; time.sleep(600)"
CHATTY = "import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))"
LIAR = 'import sys, struct; b = b\'{"types": ["text/html"], "sizes": [9]}\'; '
LIAR += "sys.stdout.buffer.write(struct.pack('>I', len(b)) + b + bytes(9))"
DEAD = "import os; os._exit(9)"


@pytest.mark.parametrize("script", [SLEEPY, CHATTY, LIAR, DEAD])
async def test_a_child_that_goes_wrong_is_no_misfortune(tmp_path: Path, script: str) -> None:
    made = tmp_path / "press.py"
    await asyncio.to_thread(made.write_text, script)
    with pytest.raises(Invalid, match="paper-"):
        await Press(made, within=5).pages(papers.letter(1))


HEAVY = papers.letter(1) + bytes(2 << 20)
"""More than a pipe holds: who writes it waits until the child reads."""


@pytest.mark.parametrize("script", [SLEEPY, CHATTY, DEAD], ids=["sleepy", "chatty", "dead"])
async def test_a_child_that_does_not_read_what_it_is_sent_is_no_misfortune(
    tmp_path: Path, script: str
) -> None:
    made = tmp_path / "press.py"
    await asyncio.to_thread(made.write_text, script)
    with pytest.raises(Invalid, match="paper-too-heavy"):
        await Press(made, within=3).pages(HEAVY)


async def test_only_so_many_papers_wait(tmp_path: Path) -> None:
    made = tmp_path / "press.py"
    await asyncio.to_thread(made.write_text, SLEEPY)
    press = Press(made, within=60)
    waiting = [asyncio.create_task(press.pages(b"%PDF-")) for _ in range(WAITING + 1)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany, match="paper-busy"):
        await press.pages(b"%PDF-")
    for task in waiting:
        task.cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended)

"""A paper as a PDF: on A4, tagged for screen readers, no row broken, in any of our letters."""

import ctypes
from typing import Any

import pypdfium2
import pypdfium2.raw as raw
import pytest

from orchestrator.papers.blocks import Block, Heading, Paper, Table, Text
from orchestrator.papers.typeset import pdf

HEADS = ("N°", "Quoi", "Durée")


def paper(*blocks: Block) -> bytes:
    title = Heading(level=1, text="Inauguration (des) télécentres")
    return pdf(Paper(title="L'été", language="fr", blocks=(title, *blocks), foot="Margeride, é"))


def opened(file: bytes) -> tuple[Any, list[str]]:
    found = pypdfium2.PdfDocument(file)
    return found, [" ".join(page.get_textpage().get_text_bounded().split()) for page in found]


def table(rows: int, words: str = "Discours") -> Table:
    said = [(str(n), f"{words} {n:03}", "1:30") for n in range(rows)]
    return Table(heads=HEADS, rows=said, shares=(1, 5, 1), right=frozenset({2}))


def roles(page: Any) -> list[str]:
    """The structure of a page, depth first."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    found: list[str] = []

    def walk(element: Any, depth: int) -> None:
        size = raw.FPDF_StructElement_GetType(element, None, 0)
        buffer = ctypes.create_string_buffer(size)
        raw.FPDF_StructElement_GetType(element, buffer, size)
        found.append(f"{'.' * depth}{buffer.raw[: size - 2].decode('utf-16-le')}")
        for place in range(raw.FPDF_StructElement_CountChildren(element)):
            child = raw.FPDF_StructElement_GetChildAtIndex(element, place)
            if child:
                walk(child, depth + 1)

    for place in range(raw.FPDF_StructTree_CountChildren(tree)):
        walk(raw.FPDF_StructTree_GetChildAtIndex(tree, place), 0)
    raw.FPDF_StructTree_Close(tree)
    return found


def test_it_is_a4_with_its_title_its_language_and_its_structure() -> None:
    file = paper(Text(text="Il fait « beau »."), table(1))
    found, [text] = opened(file)
    assert found[0].get_size() == pytest.approx((595.28, 841.89))
    assert found.is_tagged()
    assert found.get_metadata_dict()["Title"] == "L'été"
    assert b"/Lang (fr)" in file
    assert "Inauguration (des) télécentres Il fait « beau »." in text
    assert "Margeride, é 1 / 1" in text
    rows = ["..TR", "...TH", "...TH", "...TH", "..TR", "...TH", "...TD", "...TD"]
    assert roles(found[0]) == ["Document", ".H1", ".P", ".Table", *rows]


def test_no_row_is_broken_and_the_headings_stand_on_each_page_once_for_who_listens() -> None:
    found, texts = opened(paper(table(120, "Discours du président " * 3)))
    assert len(texts) > 2
    for text in texts:
        assert "N° Quoi Durée" in text
    for n in range(120):
        [whole] = [text for text in texts if f"{n:03}" in text]
        assert whole.count(f"président {n:03}") == 1
    heads = [role for page in found for role in roles(page) if role == "...TH"]
    assert len(heads) == 3 + 120
    assert f"{len(texts)} / {len(texts)}" in texts[-1]


def test_a_heading_is_not_left_alone_at_the_foot() -> None:
    for lines in range(30, 60):
        blocks = [Text(text=f"ligne {n}") for n in range(lines)]
        _, texts = opened(paper(*blocks, Heading(level=2, text="Sites"), table(2)))
        [with_heading] = [text for text in texts if "Sites" in text]
        assert "Discours 000" in with_heading


def test_a_long_text_goes_on_on_the_next_page() -> None:
    _, texts = opened(paper(Text(text="Il fait beau sur la Margeride. " * 400, quiet=True)))
    assert len(texts) == 2
    assert sum(text.count("Margeride.") for text in texts) == 400


def test_letters_no_reader_has_are_brought_near() -> None:
    _, [text] = opened(
        paper(Text(text="Łukasz et Ωmega"), Table(heads=("é",), rows=(), shares=(1,)))
    )
    assert "ukasz et" in text


def test_a_table_that_does_not_fit_begins_on_the_next_page() -> None:
    pages = set()
    for lines in range(36, 44):
        _, texts = opened(paper(*(Text(text=f"ligne {n}") for n in range(lines)), table(1)))
        [with_table] = [text for text in texts if "N° Quoi" in text]
        assert "Discours 000" in with_table
        pages.add(texts.index(with_table))
    assert pages == {0, 1}

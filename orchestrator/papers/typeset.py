"""A paper as a tagged PDF on A4: who reads it with a screen reader hears headings and tables.

Black on white, in the fonts that every reader has by itself. No row is broken over two pages; the
headings of a table stand on each page it goes on to. Structure is that of ISO 32000-1, 14.7 and
14.8; pydyf writes the objects.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import pydyf

from orchestrator.papers.blocks import Block, Heading, Paper, Table, Text
from orchestrator.papers.letters import CODE, made_known
from orchestrator.papers.widths import width_of, wrapped

WIDE, HIGH = 595.28, 841.89
SIDE, TOP, BOTTOM = 48.0, 50.0, 56.0
INNER = WIDE - 2 * SIDE
LEAD = 1.3
SIZES = {1: 20.0, 2: 13.0}
NORMAL, SMALL = 10.0, 8.5
PAD = 3.0
PLAIN, BOLD = "F1", "F2"


@dataclass(slots=True)
class Element:
    """A node of the structure: its role, and below it others or (page, number) of marked text."""

    role: str
    kids: "list[Element | tuple[int, int]]" = field(default_factory=list)

    def grow(self, role: str) -> "Element":
        """One more below it."""
        made = Element(role)
        self.kids.append(made)
        return made


class Sheets:
    """The pages as they fill."""

    def __init__(self) -> None:
        self.pages: list[pydyf.Stream] = []
        self.marks: list[int] = []
        self.y = 0.0
        self.turn()

    def turn(self) -> None:
        """A new page."""
        self.pages.append(pydyf.Stream(compress=True))
        self.marks.append(0)
        self.y = TOP

    def room(self, height: float) -> bool:
        """Whether so much fits on this page."""
        return self.y + height <= HIGH - BOTTOM

    def write(
        self,
        of: Element | None,
        lines: Sequence[str],
        box: tuple[float, float, float],
        size: float,
        *,
        bold: bool = False,
        right: bool = False,
    ) -> None:
        """Lines within (left, top, width), tagged as text of `of`, or as none of the document's."""
        page, (left, top, width) = self.pages[-1], box
        self._mark(page, of)
        page.begin_text()
        page.set_font_size(BOLD if bold else PLAIN, size)
        for number, line in enumerate(lines):
            start = left + width - width_of(line, size, bold=bold) if right else left
            at = HIGH - top - size - number * size * LEAD
            page.set_text_matrix(1, 0, 0, 1, round(start, 2), round(at, 2))
            page.show_text_string(pydyf.String(line.encode(CODE)).string)
        page.end_text()
        page.end_marked_content()

    def rule(self, y: float, width: float = 0.5) -> None:
        """A line across the page."""
        page = self.pages[-1]
        self._mark(page, None)
        page.set_line_width(width)
        page.move_to(SIDE, round(HIGH - y, 2))
        page.line_to(WIDE - SIDE, round(HIGH - y, 2))
        page.stroke()
        page.end_marked_content()

    def _mark(self, page: pydyf.Stream, of: Element | None) -> None:
        if of is None:
            page.stream.append(b"/Artifact BMC")
            return
        number = self.marks[-1]
        self.marks[-1] += 1
        of.kids.append((len(self.pages) - 1, number))
        page.begin_marked_content(of.role, pydyf.Dictionary({"MCID": number}))


def pdf(paper: Paper) -> bytes:
    """The file."""
    sheets, root = Sheets(), Element("Document")
    for place, block in enumerate(paper.blocks):
        following = paper.blocks[place + 1] if place + 1 < len(paper.blocks) else None
        _set(sheets, root, block, following)
    _feet(sheets, made_known(paper.foot))
    return _written(paper, sheets, root)


def _set(sheets: Sheets, root: Element, block: Block, following: Block | None) -> None:
    if isinstance(block, Heading):
        _heading(sheets, root, block, following)
    elif isinstance(block, Text):
        _text(sheets, root, block)
    else:
        _table(sheets, root, block)


def _heading(sheets: Sheets, root: Element, block: Heading, following: Block | None) -> None:
    size = SIZES[block.level]
    lines = wrapped(made_known(block.text), INNER, size, bold=True)
    height = len(lines) * size * LEAD
    above = 14.0 if sheets.y > TOP else 0.0
    # A heading is not left alone at the foot: some of what it heads follows on its page.
    company = 0.0 if following is None else 4 * NORMAL * LEAD
    if not sheets.room(above + height + company):
        sheets.turn()
        above = 0.0
    sheets.y += above
    element = root.grow(f"H{block.level}")
    sheets.write(element, lines, (SIDE, sheets.y, INNER), size, bold=True)
    sheets.y += height + 4


def _text(sheets: Sheets, root: Element, block: Text) -> None:
    size = SMALL if block.quiet else NORMAL
    lines = wrapped(made_known(block.text), INNER, size)
    element = root.grow("P")
    while lines:
        fits = int((HIGH - BOTTOM - sheets.y) / (size * LEAD))
        if fits <= 0:
            sheets.turn()
            continue
        sheets.write(element, lines[:fits], (SIDE, sheets.y, INNER), size)
        sheets.y += len(lines[:fits]) * size * LEAD
        lines = lines[fits:]
    sheets.y += 4


def _table(sheets: Sheets, root: Element, block: Table) -> None:
    widths = [INNER * share / sum(block.shares) for share in block.shares]
    element = root.grow("Table")
    heads = _cells(block.heads, widths, bold=True)
    rows = [_cells(row, widths) for row in block.rows]
    first = _height(rows[0]) if rows else 0.0
    if not sheets.room(_height(heads) + first):
        sheets.turn()
    _row(sheets, element, heads, widths, block, heading=True)
    for cells in rows:
        if not sheets.room(_height(cells)):
            sheets.turn()
            _row(sheets, None, heads, widths, block, heading=True)
        _row(sheets, element, cells, widths, block)
    sheets.y += 6


def _cells(texts: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> list[list[str]]:
    return [
        wrapped(made_known(text), width - 2 * PAD, SMALL, bold=bold)
        for text, width in zip(texts, widths, strict=True)
    ]


def _height(cells: Sequence[Sequence[str]]) -> float:
    return max(len(lines) for lines in cells) * SMALL * LEAD + 2 * PAD


def _row(
    sheets: Sheets,
    table: Element | None,
    cells: Sequence[Sequence[str]],
    widths: Sequence[float],
    block: Table,
    *,
    heading: bool = False,
) -> None:
    """One row; the headings again on a later page are none of the document's text."""
    row = None if table is None else table.grow("TR")
    left = SIDE
    for column, (lines, width) in enumerate(zip(cells, widths, strict=True)):
        role = "TH" if heading or column == 0 else "TD"
        cell = None if row is None else row.grow(role)
        box = left + PAD, sheets.y + PAD, width - 2 * PAD
        right = column in block.right
        sheets.write(cell, lines, box, SMALL, bold=heading, right=right)
        left += width
    sheets.y += _height(cells)
    sheets.rule(sheets.y, 1.0 if heading else 0.4)


def _feet(sheets: Sheets, foot: str) -> None:
    last, many = sheets.pages, len(sheets.pages)
    for number in range(many):
        sheets.pages = last[: number + 1]
        box = SIDE, HIGH - BOTTOM + 20, INNER
        sheets.write(None, [foot], box, SMALL)
        sheets.write(None, [f"{number + 1} / {many}"], box, SMALL, right=True)
    sheets.pages = last


def _written(paper: Paper, sheets: Sheets, root: Element) -> bytes:
    file = pydyf.PDF()
    fonts = {
        name: _object(file, {**_FONT, "BaseFont": base})
        for name, base in ((PLAIN, "/Helvetica"), (BOLD, "/Helvetica-Bold"))
    }
    resources = _object(
        file, {"Font": pydyf.Dictionary({n: f.reference for n, f in fonts.items()})}
    )
    pages = [_page(file, page, resources, number) for number, page in enumerate(sheets.pages)]
    tree = _object(file, {"Type": "/StructTreeRoot"})
    parents: list[dict[int, pydyf.Object]] = [{} for _ in pages]
    tree["K"] = pydyf.Array([_element(file, root, tree, pages, parents).reference])
    tree["ParentTree"] = _parent_tree(file, parents).reference
    tree["ParentTreeNextKey"] = len(pages)
    file.catalog["StructTreeRoot"] = tree.reference
    file.catalog["MarkInfo"] = pydyf.Dictionary({"Marked": "true"})
    file.catalog["Lang"] = pydyf.String(paper.language)
    file.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
    file.info["Title"] = pydyf.String(paper.title)
    file.info["Producer"] = pydyf.String("Margeride")
    out = io.BytesIO()
    file.write(out)
    return out.getvalue()


_FONT = {"Type": "/Font", "Subtype": "/Type1", "Encoding": "/WinAnsiEncoding"}


def _object(file: pydyf.PDF, values: dict[str, object]) -> pydyf.Dictionary:
    made = pydyf.Dictionary(values)
    file.add_object(made)
    return made


def _page(
    file: pydyf.PDF, content: pydyf.Stream, resources: pydyf.Dictionary, number: int
) -> pydyf.Dictionary:
    file.add_object(content)
    page = pydyf.Dictionary(
        {
            "Type": "/Page",
            "Parent": file.pages.reference,
            "MediaBox": pydyf.Array([0, 0, WIDE, HIGH]),
            "Contents": content.reference,
            "Resources": resources.reference,
            "StructParents": number,
            "Tabs": "/S",
        }
    )
    file.add_page(page)
    return page


def _element(
    file: pydyf.PDF,
    of: Element,
    parent: pydyf.Dictionary,
    pages: Sequence[pydyf.Dictionary],
    parents: list[dict[int, pydyf.Object]],
) -> pydyf.Dictionary:
    made = _object(file, {"Type": "/StructElem", "S": f"/{of.role}", "P": parent.reference})
    kids = pydyf.Array()
    for kid in of.kids:
        if isinstance(kid, Element):
            kids.append(_element(file, kid, made, pages, parents).reference)
            continue
        page, number = kid
        parents[page][number] = made
        mark = {"Type": "/MCR", "Pg": pages[page].reference, "MCID": number}
        kids.append(pydyf.Dictionary(mark))
    if of.role == "TH":
        made["A"] = pydyf.Dictionary({"O": "/Table", "Scope": "/Both"})
    made["K"] = kids
    return made


def _parent_tree(file: pydyf.PDF, parents: list[dict[int, pydyf.Object]]) -> pydyf.Dictionary:
    numbers = pydyf.Array()
    for page, known in enumerate(parents):
        row = pydyf.Array([known[number].reference for number in sorted(known)])
        file.add_object(row)
        numbers.extend([page, row.reference])
    return _object(file, {"Nums": numbers})

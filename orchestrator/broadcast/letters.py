"""Words as grey pixels, set by PDFium's own fonts: no font need be installed."""

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

FONT = b"Helvetica-Bold"
MARGIN = 0.35  # of the size of the letters, around them


@dataclass(frozen=True, slots=True)
class Label:
    """Rows of one byte a pixel: 0 is paper, 255 is ink."""

    width: int
    height: int
    rows: tuple[bytes, ...]


@lru_cache(maxsize=64)
def label(words: str, size: int, most: int) -> Label:
    """One line of letters so many pixels high, smaller where it would be wider than `most`.

    Both sides of the answer are even. PDFium is of one thread: call from one.
    """
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    pdf = pdfium.PdfDocument.new()
    try:
        text: Any = raw.FPDFPageObj_NewTextObj(pdf, FONT, ctypes.c_float(size))
        coded = ctypes.create_string_buffer(_printable(words).encode("utf-16-le") + b"\0\0")
        raw.FPDFText_SetText(text, ctypes.cast(coded, ctypes.POINTER(ctypes.c_ushort)))
        left, low, right, top = (ctypes.c_float() for _ in range(4))
        raw.FPDFPageObj_GetBounds(text, left, low, right, top)
        margin = size * MARGIN
        shrunk = min(1.0, max(0.1, (most - 2 * margin) / max(1.0, right.value)))
        width = _even(min(most, right.value * shrunk + 2 * margin))
        height = _even((size + margin) * max(shrunk, 0.5))
        page = pdf.new_page(width, height)
        raw.FPDFPageObj_Transform(text, shrunk, 0, 0, shrunk, margin, height * 0.28)
        raw.FPDFPageObj_SetFillColor(text, 0, 0, 0, 255)
        raw.FPDFPage_InsertObject(page, text)
        page.gen_content()
        return _inverted(page.render(scale=1, grayscale=True), width, height)
    finally:
        pdf.close()


def _inverted(bitmap: Any, width: int, height: int) -> Label:
    whole = bytes(bitmap.buffer).translate(bytes(range(255, -1, -1)))
    rows = [whole[row * bitmap.stride : row * bitmap.stride + width] for row in range(height)]
    return Label(width, height, tuple(row.ljust(width, b"\0") for row in rows))


def _printable(words: str) -> str:
    return "".join(letter for letter in words if letter.isprintable()) or " "


def _even(pixels: float) -> int:
    return max(2, 2 * int(pixels / 2))

"""The child that opens papers: one file in, its pages as pictures or its signed copy out.

Run as a script of its own (`orchestrator.papers.kept` starts it), under limits of memory and time
that it gives itself before it reads anything: what a hostile file does, it does to this process.

Standard input: four bytes (big endian) with the length of a JSON order, the order, the file.
Standard output: the same, with an answer: `{"refused": key}`, or `{"sizes": [...], "types": [...]}`
and the blobs one after the other.
"""

import ctypes
import io
import json
import math
import resource
import struct
import sys
import zlib
from fractions import Fraction
from typing import Any

MEMORY = 1024 * 1024 * 1024
SECONDS = 20
MOST_PAGES = 30
LONGEST = 1754  # pixels: A4 at 150 per inch
MOST_BYTES = 24 * 1024 * 1024
HEAVY = 700 * 1024
"""Above which a page is sent as JPEG: a photograph."""
BOX = (0.38, 0.1)
"""A signature's own frame, in parts of the width and the height of the page."""
PLACES = {
    "top-left": (0.06, 0.06),
    "top-right": (0.56, 0.06),
    "middle-left": (0.06, 0.45),
    "middle-right": (0.56, 0.45),
    "bottom-left": (0.06, 0.82),
    "bottom-right": (0.56, 0.82),
}
PAD = (1000, 400)
INK = (16, 42, 110, 255)


class Refused(Exception):
    """The file is not taken, for a reason that has a sentence."""


def limit() -> None:
    """No more memory, time or files than a paper needs."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def opened(body: bytes, kind: str) -> Any:
    """The file as a PDF; a picture becomes a page of its own."""
    import pypdfium2 as pdfium

    if kind != "application/pdf":
        return of_picture(body, kind)
    try:
        pdf = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium.raw.FPDF_ERR_PASSWORD
        raise Refused("paper-locked" if locked else "paper-broken") from None
    if len(pdf) > MOST_PAGES:
        raise Refused("paper-too-long")
    if len(pdf) == 0:
        raise Refused("paper-broken")
    pdf.init_forms()
    return pdf


def of_picture(body: bytes, kind: str) -> Any:
    """A PDF of one page that shows this picture, as wide as A4 or as high."""
    import pypdfium2 as pdfium

    pdf = pdfium.PdfDocument.new()
    image = pdfium.PdfImage.new(pdf)
    if kind == "image/jpeg":
        image.load_jpeg(io.BytesIO(body), inline=True)
        width, height = image.get_px_size()
    else:
        width, height, pixels = decoded(body)
        bitmap = pdfium.PdfBitmap.new_native(width, height, pdfium.raw.FPDFBitmap_BGR)
        row = width * 3
        for line in range(height):
            begin = line * bitmap.stride
            bitmap.buffer[begin : begin + row] = pixels[line * row : (line + 1) * row]
        image.set_bitmap(bitmap)
    scale = min(595 / width, 842 / height)
    page = pdf.new_page(width * scale, height * scale)
    image.set_matrix(pdfium.PdfMatrix().scale(width * scale, height * scale))
    page.insert_obj(image)
    page.gen_content()
    return pdf


def decoded(body: bytes) -> tuple[int, int, bytes]:
    """The pixels of a PNG: width, height, and rows of blue, green and red without gaps."""
    import av

    try:
        with av.open(io.BytesIO(body), "r", format="png_pipe") as container:
            frame = next(container.decode(video=0)).reformat(format="bgr24")
    except (av.FFmpegError, StopIteration, IndexError, ValueError):
        raise Refused("paper-broken") from None
    plane, row = frame.planes[0], frame.width * 3
    whole = bytes(plane)
    rows = (
        whole[line * plane.line_size : line * plane.line_size + row] for line in range(frame.height)
    )
    return frame.width, frame.height, b"".join(rows)


def picture(page: Any) -> tuple[str, bytes]:
    """A page as a PNG, or as a JPEG when that is heavy."""
    width, height = page.get_size()
    bitmap = page.render(scale=LONGEST / max(width, height), rev_byteorder=True)
    row = bitmap.width * bitmap.n_channels
    raw = bytes(bitmap.buffer)
    rows = [raw[y * bitmap.stride : y * bitmap.stride + row] for y in range(bitmap.height)]
    made = png(bitmap.width, bitmap.height, rows)
    if len(made) <= HEAVY:
        return "image/png", made
    return "image/jpeg", jpeg(bitmap.width, bitmap.height, rows)


def png(width: int, height: int, rows: list[bytes]) -> bytes:
    """Rows of red, green and blue as a PNG (ISO/IEC 15948)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 4)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg(width: int, height: int, rows: list[bytes]) -> bytes:
    """The same as a JPEG."""
    import av

    wide, high = max(16, width - width % 2), max(16, height - height % 2)
    frame = av.VideoFrame(width, height, "rgb24")
    plane = frame.planes[0]
    gap = bytes(plane.line_size - width * 3)
    plane.update(b"".join(row + gap for row in rows))
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = wide, high, "yuvj420p"
    codec.time_base, codec.thread_count = Fraction(1, 25), 1
    codec.options = {"qmin": "3", "qmax": "5"}
    even = frame.reformat(width=wide, height=high, format="yuvj420p", dst_color_range="JPEG")
    even.pts = 0
    return b"".join(bytes(packet) for packet in [*codec.encode(even), *codec.encode(None)])


class Canvas:
    """A page to draw on from its upper left corner as it is seen, however it is turned."""

    def __init__(self, pdf: Any, page: Any) -> None:
        self.pdf, self.page = pdf, page
        self.width, self.height = page.get_size()

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the seen page (parts of its width and height) lies in its file."""
        import pypdfium2.raw as raw

        fine = 100_000
        at_x, at_y = ctypes.c_double(), ctypes.c_double()
        raw.FPDF_DeviceToPage(
            self.page, 0, 0, fine, fine, 0, int(x * fine), int(y * fine), at_x, at_y
        )
        return at_x.value, at_y.value

    def scale(self, wide: int, high: int) -> tuple[float, float]:
        """What a step of a pad so wide and high is on this page, in parts, without deforming it."""
        step = min(BOX[0] * self.width / wide, BOX[1] * self.height / high)
        return step / self.width, step / self.height

    def stroke(self, points: list[tuple[float, float]], width: float) -> None:
        """A line through these points; one point is a dot."""
        import pypdfium2.raw as raw

        first, *rest = [self.point(*each) for each in points]
        path = raw.FPDFPageObj_CreateNewPath(*first)
        for at in rest or [(first[0] + width / 2, first[1])]:
            raw.FPDFPath_LineTo(path, *at)
        raw.FPDFPageObj_SetStrokeColor(path, *INK)
        raw.FPDFPageObj_SetStrokeWidth(path, width)
        raw.FPDFPageObj_SetLineJoin(path, raw.FPDF_LINEJOIN_ROUND)
        raw.FPDFPageObj_SetLineCap(path, raw.FPDF_LINECAP_ROUND)
        raw.FPDFPath_SetDrawMode(path, raw.FPDF_FILLMODE_NONE, True)
        raw.FPDFPage_InsertObject(self.page, path)

    def write(self, words: str, x: float, y: float, size: float, font: str) -> None:
        """Words that begin there, no longer than a signature's frame is wide."""
        import pypdfium2.raw as raw

        text = raw.FPDFPageObj_NewTextObj(self.pdf, font.encode(), ctypes.c_float(size))
        coded = ctypes.create_string_buffer(words.encode("utf-16-le") + b"\0\0")
        raw.FPDFText_SetText(text, ctypes.cast(coded, ctypes.POINTER(ctypes.c_ushort)))
        left, low, right, top = (ctypes.c_float() for _ in range(4))
        raw.FPDFPageObj_GetBounds(text, left, low, right, top)
        long = max(right.value - left.value, 1.0)
        shrunk = min(1.0, BOX[0] * self.width / long)
        at, along = self.point(x, y), self.point(min(x + 0.1, 1), y)
        turned = math.atan2(along[1] - at[1], along[0] - at[0])
        cos, sin = math.cos(turned) * shrunk, math.sin(turned) * shrunk
        raw.FPDFPageObj_Transform(text, cos, sin, -sin, cos, *at)
        raw.FPDFPageObj_SetFillColor(text, *INK)
        raw.FPDFPage_InsertObject(self.page, text)


def sign(pdf: Any, order: Any) -> Any:
    """Draw the signature of the order onto its page; the page."""
    number = order["page"] - 1
    if not 0 <= number < len(pdf):
        raise Refused("paper-broken")
    page = pdf[number]
    canvas, (x, y) = Canvas(pdf, page), PLACES[order["place"]]
    high, fine = BOX[1], canvas.scale(*PAD)
    point = min(canvas.width, canvas.height) / 595  # of an A4 page, on this page
    for stroke in order["strokes"]:
        points = [(x + px * fine[0], y + py * fine[1]) for px, py in stroke]
        canvas.stroke(points, 1.4 * point)
    if order["name"]:
        canvas.write(order["name"], x, y + high * 0.7, 20 * point, "Times-Italic")
    canvas.write(order["said"], x, y + high + 0.015, 7 * point, "Helvetica")
    page.gen_content()
    return page


def answer(order: Any, body: bytes) -> list[tuple[str, bytes]]:
    """What was ordered: every page, or the signed file and its signed page."""
    pdf = opened(body, order["type"])
    if order["do"] == "pages":
        made = []
        for page in pdf:
            made.append(picture(page))
            page.close()
            if sum(len(each) for _, each in made) > MOST_BYTES:
                raise Refused("paper-too-heavy")
        return made
    page = sign(pdf, order)
    kept = io.BytesIO()
    pdf.save(kept)
    return [("application/pdf", kept.getvalue()), picture(page)]


def main() -> None:
    """One order."""
    limit()
    (long,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    order = json.loads(sys.stdin.buffer.read(long))
    blobs: list[tuple[str, bytes]] = []
    said: dict[str, Any]
    try:
        blobs = answer(order, sys.stdin.buffer.read())
        said = {"types": [kind for kind, _ in blobs], "sizes": [len(body) for _, body in blobs]}
    except Refused as refused:
        said = {"refused": str(refused)}
    except MemoryError:
        said = {"refused": "paper-too-heavy"}
    except Exception as error:  # whatever a file can provoke in who reads it
        said = {"refused": "paper-broken", "because": repr(error)[:300]}
    head = json.dumps(said).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(head)) + head)
    for _, body in blobs:
        sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

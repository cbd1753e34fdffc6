"""PDF files written by hand: good ones, and such as a hostile or a broken program makes."""

import zlib

HEAD = b"%PDF-1.7\n"


def assembled(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    body, places = HEAD, []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, begin = len(objects) + 1, len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailing = b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n"
    return body + trailing % (size, trailer, begin)


def stream(content: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), head, content)


def letter(pages: int = 3, box: bytes = b"0 0 595 842", more: bytes = b"") -> bytes:
    """A page says its number, in large."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * at) for at in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at in range(pages):
        words = b"BT /F1 48 Tf 60 700 Td (Page %d) Tj ET" % (at + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents %d 0 R %s"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (box, 5 + 2 * at, more)
        )
        objects.append(stream(words))
    return assembled(objects)


def many_pages(count: int) -> bytes:
    """As many pages as that, in a small file: one page, named again and again."""
    kids = b" ".join([b"3 0 R"] * count)
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        ]
    )


def locked() -> bytes:
    """A file that asks for a password nobody has given."""
    secret = b"<" + b"41" * 32 + b">"
    lock = b"<< /Filter /Standard /V 1 /R 2 /O %s /U %s /P -4 >>" % (secret, secret)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        lock,
    ]
    return assembled(objects, b"/Encrypt 4 0 R /ID [%s %s]" % (secret, secret))


def bomb() -> bytes:
    """A picture of 100 megabytes in a few hundred bytes, compressed twice, that says it is more."""
    rows = zlib.compress(zlib.compress(bytes(100_000_000), 9), 9)
    head = (
        b"/Type /XObject /Subtype /Image /Width 40000 /Height 40000 /ColorSpace /DeviceGray"
        b" /BitsPerComponent 8 /Filter [/FlateDecode /FlateDecode]"
    )
    return _showing(b"q 595 0 0 842 0 0 cm /X Do Q", stream(rows, head))


def endless() -> bytes:
    """A drawing that draws itself sixteen times, and so on, deeper than anybody waits for."""
    levels = 24
    draw = b"/X Do " * 16
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /X 5 0 R >> >> >>",
        stream(draw),
    ]
    for level in range(levels):
        inner = 6 + level
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]"
        if level < levels - 1:
            head += b" /Resources << /XObject << /X %d 0 R >> >>" % inner
        content = draw if level < levels - 1 else b"0 0 m 595 842 l S " * 2000
        objects.append(stream(content, head))
    return assembled(objects)


def _showing(content: bytes, shown: bytes) -> bytes:
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /XObject << /X 5 0 R >> >> >>",
            stream(content),
            shown,
        ]
    )

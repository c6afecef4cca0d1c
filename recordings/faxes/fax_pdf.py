"""A fax as PDF. Pure.

Its compression is one of PDF's own filters (CCITTFaxDecode, ISO 32000-1, 7.4.6): no dot is decoded or lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from recordings.faxes.fax_pages import FaxPage

_POINTS_AN_INCH = 72
_CATALOG, _PAGES = 1, 2
_OBJECTS_A_PAGE = 3


def pdf_of(pages: Sequence[FaxPage]) -> bytes:
    """Return a PDF file with these pages, each as large as it was on paper."""
    firsts = [_PAGES + 1 + _OBJECTS_A_PAGE * n for n in range(len(pages))]
    kids = " ".join(f"{first} 0 R" for first in firsts)
    objects = [
        f"<< /Type /Catalog /Pages {_PAGES} 0 R >>".encode(),
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
    ]
    for first, page in zip(firsts, pages, strict=True):
        objects += _page(first, page)
    return _file(objects)


def _page(first: int, page: FaxPage) -> tuple[bytes, bytes, bytes]:
    """The page's own object, what is drawn on it, and the image: objects `first` to `first + 2`."""
    across = page.width / page.dpi_across * _POINTS_AN_INCH
    down = page.height / page.dpi_down * _POINTS_AN_INCH
    leaf = (
        f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {across:.2f} {down:.2f}] /Contents {first + 1} 0 R "
        f"/Resources << /XObject << /Fax {first + 2} 0 R >> >> >>"
    )
    how = (
        f"/K {page.k} /Columns {page.width} /Rows {page.height} /EndOfBlock false "
        f"/BlackIs1 {'true' if page.black_is_one else 'false'}"
    )
    image = (
        f"/Type /XObject /Subtype /Image /Width {page.width} /Height {page.height} /BitsPerComponent 1 "
        f"/ColorSpace /DeviceGray /Filter /CCITTFaxDecode /DecodeParms << {how} >>"
    )
    drawn = f"q {across:.2f} 0 0 {down:.2f} 0 0 cm /Fax Do Q".encode()
    return leaf.encode(), _stream("", drawn), _stream(image, page.data)


def _stream(described: str, data: bytes) -> bytes:
    return f"<< {described} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _file(objects: Sequence[bytes]) -> bytes:
    """Put the objects in a row, and the table of where each begins behind them."""
    written, begins = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, each in enumerate(objects, start=1):
        begins.append(len(written))
        written += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table_at = len(written)
    table = "".join(f"{begin:010} 00000 n \n" for begin in begins)
    written += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    written += f"trailer\n<< /Size {len(objects) + 1} /Root {_CATALOG} 0 R >>\nstartxref\n{table_at}\n%%EOF\n".encode()
    return bytes(written)

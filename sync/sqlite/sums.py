"""Checksums that stand beside documents and bodies: a disk that gives back another byte is found out.

SQLite sees a page that is no page any more, not a letter that has become another one. CRC-32 finds every error of up
to 32 bits in a row; it is no defence against a person.
"""

from __future__ import annotations

from zlib import crc32

NONE = -1
"""No checksum: what was read is not even of the right type."""


def of_document(seq: int, doc_id: str, tree: str) -> int:
    """The checksum of a row of `docs`; its other columns follow from the tree."""
    return crc32(f"{seq} {doc_id}\n{tree}".encode())


def of_body(body: bytes, attachments: str | None) -> int:
    """The checksum of a row of `bodies`."""
    try:
        return crc32(body) if attachments is None else crc32(attachments.encode(), crc32(body))
    except (TypeError, AttributeError):  # a damaged page may give a number where a text was
        return NONE


def of_piece(whole: bytes, start: int, piece: bytes) -> int:
    """The checksum of a row of `pieces`."""
    try:
        return crc32(b"%b %d %b" % (whole, start, piece))
    except TypeError:
        return NONE

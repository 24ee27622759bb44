"""What is wrong with one document of a request; the rest of the request goes on without it."""

from __future__ import annotations

from sync.documents import Json


class BadDocument(Exception):
    """One document that cannot be taken. `slug` is our word for it, the message CouchDB's where it has one."""

    def __init__(self, slug: str, sentence: str) -> None:
        super().__init__(sentence)
        self.slug = slug


class DocumentTooLarge(BadDocument):
    """The body of one document is beyond the limit."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__("document_too_large", f"the document is larger than {bytes_max} bytes")


class AttachmentTooLarge(BadDocument):
    """The attachments that come with one request are beyond the limit."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__("attachment_too_large", f"attachments are larger than {bytes_max} bytes")


def read_object(member: Json) -> dict[str, Json]:
    """A JSON object as it was parsed; `BadDocument` for anything else."""
    if not isinstance(member, dict):
        raise BadDocument("bad_request", "Document must be a JSON object")
    return member

"""CouchDB's JSON and multipart <-> `Document`. Its spelling (`_id`, `_rev`, …) is known here and nowhere else.

Reading is tolerant by document: what cannot be a document becomes a `Broken`, and the rest of the batch goes on.
`reading` and `attachments` take one document apart, `batches` the body of a bulk write, `parts` a multipart one;
`writing` and `related` put them together.
"""

from sync.wire.attachments import attachment, digest_of
from sync.wire.batches import Batch, Broken, broken, load, load_object, read_batch
from sync.wire.errors import BadDocument, DocumentTooLarge
from sync.wire.parts import gunzip, read_related
from sync.wire.reading import PATH_MAX, read_document, read_edit, read_id, read_rev, unroll
from sync.wire.writing import PLAIN, Extras, roll, splice, write_document

__all__ = [
    "PATH_MAX",
    "PLAIN",
    "BadDocument",
    "Batch",
    "Broken",
    "DocumentTooLarge",
    "Extras",
    "attachment",
    "broken",
    "digest_of",
    "gunzip",
    "load",
    "load_object",
    "read_batch",
    "read_document",
    "read_edit",
    "read_id",
    "read_related",
    "read_rev",
    "roll",
    "splice",
    "unroll",
    "write_document",
]

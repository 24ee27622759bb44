"""CouchDB's JSON and multipart <-> `Document`. Its spelling (`_id`, `_rev`, …) is known here and nowhere else.

Reading is tolerant by document: what cannot be a document becomes a `Broken`, and the rest of the batch goes on.
`reading` and `attachments` take one document apart, `batches` the body of a bulk write, `parts` a multipart one, whose
attachments go into a `spool`; `writing` and `related` put them together.
"""

from sync.digests import digest_of
from sync.wire.attachments import attachment
from sync.wire.batches import Batch, Broken, broken, load, load_object, read_batch
from sync.wire.errors import AttachmentTooLarge, BadDocument, DocumentTooLarge
from sync.wire.parts import read_related
from sync.wire.pieces import gunzip, inflated
from sync.wire.reading import PATH_MAX, read_document, read_edit, read_id, read_rev, unroll
from sync.wire.spool import Received, Spool
from sync.wire.writing import PLAIN, Extras, roll, splice, stubs, write_document, write_inline

__all__ = [
    "PATH_MAX",
    "PLAIN",
    "AttachmentTooLarge",
    "BadDocument",
    "Batch",
    "Broken",
    "DocumentTooLarge",
    "Extras",
    "Received",
    "Spool",
    "attachment",
    "broken",
    "digest_of",
    "gunzip",
    "inflated",
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
    "stubs",
    "unroll",
    "write_document",
    "write_inline",
]

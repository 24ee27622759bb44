"""Attachments: bytes that are stored once and found again from any revision that names them."""

from base64 import b64encode
from dataclasses import replace
from hashlib import md5

import pytest

from sync.documents import PIECE_BYTES, Attachment, Document
from sync.errors import Conflict, Malformed, MissingStub, NotFound
from sync.store import DocStore
from tests.contract.promises.making import line, rev, why_not_found
from tests.support.lengthy import MIB, Elsewhere, Lengthy, digest_of

PHOTO = bytes(range(256)) * 40
FILM, SHORTER = Lengthy(seed=1, length_mib=3), Lengthy(seed=2, length_mib=2)


def attached(data: bytes, revpos: int = 1, content_type: str = "image/webp") -> Attachment:
    """An attachment with its bytes."""
    digest = f"md5-{b64encode(md5(data).digest()).decode()}"
    return Attachment(content_type, digest, len(data), revpos, data)


def stub(data: bytes, revpos: int = 1) -> Attachment:
    """The same attachment without its bytes."""
    return replace(attached(data, revpos), data=None)


class Attachments:
    def test_an_attachment_comes_back_byte_for_byte(self, store: DocStore) -> None:
        made = store.put("a", {"n": 1}, attachments={"门牌/1.webp": attached(PHOTO), "empty": attached(b"")})

        assert store.attachment("a", "门牌/1.webp") == attached(PHOTO)
        assert store.attachment("a", "empty", made).data == b""
        assert store.get("a").attachments == {"门牌/1.webp": stub(PHOTO), "empty": stub(b"")}
        assert store.get("a").fields == {"n": 1}

    def test_an_edit_keeps_an_attachment_by_its_stub_and_drops_it_without(self, store: DocStore) -> None:
        first = store.put("a", {}, attachments={"photo": attached(PHOTO), "sign": attached(b"sign")})
        second = store.put("a", {"n": 2}, first, attachments={"photo": stub(PHOTO)})
        third = store.put("a", {"n": 3}, second)

        assert store.attachment("a", "photo", second) == attached(PHOTO)
        with pytest.raises(NotFound):
            store.attachment("a", "sign", second)
        assert store.get("a", third).attachments == {}

    def test_another_attachment_makes_another_revision(self, store: DocStore) -> None:
        made = [
            store.put("a", {}),
            store.put("b", {}, attachments={"photo": attached(PHOTO)}),
            store.put("c", {}, attachments={"photo": attached(b"other")}),
        ]
        assert len(set(made)) == 3

    def test_each_leaf_has_its_own_attachment_of_one_name(self, store: DocStore) -> None:
        mine = Document("a", line("ba"), attachments={"photo.jpg": attached(b"mine", 2)})
        yours = Document("a", line("ca"), attachments={"photo.jpg": attached(b"yours", 2)})
        store.graft([mine, yours])

        assert store.attachment("a", "photo.jpg").data == b"yours"
        assert store.attachment("a", "photo.jpg", rev(2, "b")).data == b"mine"

    def test_a_grafted_stub_is_found_at_the_nearest_stored_ancestor(self, store: DocStore) -> None:
        store.graft([Document("a", line("a"), attachments={"photo": attached(PHOTO)})])
        store.graft([Document("a", line("cba"), attachments={"photo": stub(PHOTO)})])

        assert store.attachment("a", "photo", rev(3, "c")) == attached(PHOTO)
        assert store.get("a").attachments["photo"].revpos == 1

    def test_a_stub_may_refer_to_the_same_batch(self, store: DocStore) -> None:
        store.graft(
            [
                Document("a", line("a"), attachments={"photo": attached(PHOTO)}),
                Document("a", line("ba"), attachments={"photo": stub(PHOTO)}),
            ]
        )
        assert store.attachment("a", "photo", rev(2, "b")).data == PHOTO

    @pytest.mark.parametrize(
        "parent", [[], [Document("a", line("a"), attachments={"photo": attached(b"other")})]]
    )
    def test_a_stub_that_no_ancestor_has_is_refused_with_its_batch(
        self, store: DocStore, parent: list[Document]
    ) -> None:
        store.graft([*parent, Document("b", line("a"), attachments={"photo": attached(PHOTO)})])
        before = list(store.changes())

        with pytest.raises(MissingStub) as caught:
            store.graft(
                [Document("c", line("a")), Document("a", line("ba"), attachments={"photo": stub(PHOTO, 2)})]
            )
        assert caught.value.doc_id == "a"
        assert list(store.changes()) == before

    def test_bytes_that_are_not_what_their_digest_says_are_refused(self, store: DocStore) -> None:
        wrong = replace(attached(PHOTO), data=PHOTO[::-1])

        with pytest.raises(Malformed):
            store.put("a", {}, attachments={"photo": wrong})
        assert store.leaves("a") == []

    def test_what_is_not_attached_is_not_found(self, store: DocStore) -> None:
        store.put("a", {}, attachments={"photo": attached(PHOTO)})

        with pytest.raises(NotFound):
            store.attachment("a", "unknown")
        with pytest.raises(NotFound):
            store.attachment("unknown", "photo")
        with pytest.raises(NotFound):
            store.attachment("a", "photo", rev(1, "f"))

    def test_compaction_keeps_what_leaves_name_and_lets_go_of_the_rest(self, store: DocStore) -> None:
        first = store.put("a", {}, attachments={"photo": attached(PHOTO), "old": attached(b"old")})
        store.put("b", {}, attachments={"same": attached(PHOTO)})
        store.put("a", {"n": 2}, first)
        store.compact()

        assert store.attachment("b", "same").data == PHOTO
        assert why_not_found(lambda: store.attachment("a", "old", first)) == "missing"
        store.put("c", {}, attachments={"old": attached(b"old")})
        assert store.attachment("c", "old").data == b"old"

    def test_a_long_attachment_comes_back_in_pieces_byte_for_byte(self, store: DocStore) -> None:
        made = store.put(
            "a", {"n": 1}, attachments={"影/film.mp4": FILM.attached(), "photo": attached(PHOTO)}
        )
        second = store.put(
            "a", {"n": 2}, made, attachments={"影/film.mp4": replace(FILM.attached(), data=None)}
        )

        found = store.attachment("a", "影/film.mp4", second)
        assert (found.digest, found.length_bytes, found.revpos) == (FILM.digest, FILM.length_bytes, 1)
        assert digest_of(found.pieces()) == FILM.digest
        middle = range(MIB - 3, 2 * MIB + 5)
        assert b"".join(found.pieces(middle.start, middle.stop)) == b"".join(
            FILM.pieces(middle.start, middle.stop)
        )
        assert store.attachment("a", "photo", made) == attached(PHOTO)

    def test_a_long_text_is_what_it_was_however_it_is_kept(self, store: DocStore) -> None:
        """A CouchDB keeps it gzipped, and gives no parts of it."""
        rows = Elsewhere(b"".join(b"%d,%d\n" % (n, n * n % 9973) for n in range(200_000)), PIECE_BYTES)
        table = replace(rows.attached(), content_type="text/csv")
        store.graft([Document("a", line("a"), attachments={"table.csv": table})])

        found = store.attachment("a", "table.csv")
        assert (found.content_type, found.digest, found.length_bytes) == (
            "text/csv",
            table.digest,
            len(rows.data),
        )
        assert found.whole() == rows.data
        assert b"".join(found.pieces(MIB, MIB + 10)) == rows.data[MIB : MIB + 10]
        assert store.get("a").attachments["table.csv"].digest == table.digest

    def test_long_attachments_are_grafted_among_others(self, store: DocStore) -> None:
        film = {"film": FILM.attached()}
        batch = [
            Document("b", line("a"), attachments={"photo": attached(PHOTO)}),
            Document("a", line("a"), attachments=film),
            Document("a", line("ba"), attachments={"film": replace(FILM.attached(), data=None)}),
            Document("a", line("ca"), attachments={"film": SHORTER.attached(2)}),
        ]
        assert store.graft(batch) == ["stored"] * 4
        assert store.graft(batch, lambda *_: True) == ["known"] * 4
        assert digest_of(store.attachment("a", "film", rev(2, "b")).pieces()) == FILM.digest
        assert digest_of(store.attachment("a", "film", rev(2, "c")).pieces()) == SHORTER.digest
        assert store.attachment("b", "photo") == attached(PHOTO)

    def test_a_long_attachment_that_is_not_what_its_digest_says_is_not_stored(self, store: DocStore) -> None:
        wrong = {"film": replace(FILM.attached(), digest=SHORTER.digest)}

        with pytest.raises(Malformed):
            store.put("a", {}, attachments=wrong)
        with pytest.raises(Malformed):
            store.graft([Document("a", line("a"), attachments=wrong)])
        assert store.leaves("a") == []

    def test_a_long_attachment_of_a_document_that_is_there_conflicts(self, store: DocStore) -> None:
        store.put("a", {})

        with pytest.raises(Conflict):
            store.put("a", {}, attachments={"film": FILM.attached()})
        assert store.get("a").attachments == {}

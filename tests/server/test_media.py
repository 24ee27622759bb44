"""Photos on their way up and down: resumed, checked, written anew, shown to those who may see them."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from server.images import PIXELS_MAX, format_of, rewritten
from server.media import ABANDONED_S, CHUNK_BYTES, MediaStore, Upload
from server.media_mentions import MediaMentions
from server.refusals import NotMedia, QuotaExceeded, TooManyPixels
from sync.documents import Document
from sync.revisions import next_rev
from tests.support.clock import Clock, set_clock
from tests.support.site import Site
from tests.support.town import GRID_1, GRID_2

RECORD = "record:01JD0000000000000000000001"


def photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    picture = Image.new("RGB", size, (200, 30, 30))
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def large_photo() -> bytes:
    """A picture of three chunks: noise does not compress."""
    noise = Image.effect_noise((900, 800), 90)
    buffer = io.BytesIO()
    noise.save(buffer, "PNG")
    data = buffer.getvalue()
    assert 2 * CHUNK_BYTES < len(data) <= 3 * CHUNK_BYTES
    return data


def address(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def chunks(data: bytes) -> list[bytes]:
    return [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]


@dataclass(frozen=True)
class Phone:
    """A phone that sends photos."""

    client: FlaskClient
    database: str = GRID_1

    def put(self, sha256: str, number: int, chunk: bytes, total: int) -> Any:
        headers = {"X-Media-Bytes": str(total), "Content-Type": "image/jpeg"}
        url = f"/api/media/{self.database}/{sha256}/{number}"
        return self.client.put(url, data=chunk, headers=headers)

    def send(self, data: bytes, sha256: str | None = None) -> Any:
        reply = None
        for number, chunk in enumerate(chunks(data)):
            reply = self.put(sha256 or address(data), number, chunk, len(data))
        return reply

    def head(self, sha256: str) -> Any:
        return self.client.head(f"/api/media/{self.database}/{sha256}")

    def get(self, sha256: str) -> Any:
        return self.client.get(f"/api/media/{self.database}/{sha256}")


@pytest.fixture
def clock(site: Site) -> Clock:
    return set_clock(site)


@pytest.fixture
def chen(site: Site, clock: Clock) -> Phone:
    return Phone(site.client("chen", "dev-chen000001"))


@pytest.fixture
def zhang(site: Site, clock: Clock) -> Phone:
    return Phone(site.client("zhang", "dev-zhang00001"))


def kept_files(site: Site) -> list[str]:
    folder = site.data / "media" / GRID_1
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def name_it(site: Site, *named: str) -> None:
    """Put a record that names these photos, and let the follower see it."""
    rows = [{"row": f"01JD000000000000000000000{n}", "sha256": sha} for n, sha in enumerate(named)]
    fields = {"answers": {"photos": rows}}
    store = site.services.stores.open(GRID_1)
    held = store.leaves(RECORD)
    parent = held[0].rev if held else None
    path = [next_rev(parent, fields), *(held[0].path if held else ())]
    store.graft([Document.of(RECORD, path, fields)])
    MediaMentions(site.services.media).handle(store, list(store.changes()))


def test_a_purged_record_mentions_no_photo_any_more(site: Site, chen: Phone) -> None:
    name_it(site, "ab" * 32)
    store, ledger = site.services.stores.open(GRID_1), site.services.media.ledger
    assert ledger.is_mentioned(GRID_1, "ab" * 32)
    store.purge({RECORD: [leaf.rev for leaf in store.leaves(RECORD)]})
    MediaMentions(site.services.media).sweep(store)
    assert not ledger.is_mentioned(GRID_1, "ab" * 32)


def test_a_photo_goes_up_in_chunks_and_comes_down_as_a_picture(site: Site, chen: Phone) -> None:
    data = large_photo()
    last = chen.send(data)
    assert (last.status_code, last.json) == (201, {"have": [], "complete": True})
    picture = chen.get(address(data))
    assert picture.status_code == 200
    assert picture.mimetype == "image/png"
    with Image.open(io.BytesIO(picture.data)) as shown:
        assert shown.size == (900, 800)
    assert kept_files(site) == [address(data)]


def test_chunks_come_in_any_order_and_twice(chen: Phone) -> None:
    data = large_photo()
    parts, sha = chunks(data), address(data)
    assert chen.head(sha).status_code == 404
    assert chen.put(sha, 2, parts[2], len(data)).json == {"have": [2], "complete": False}
    assert chen.put(sha, 2, parts[2], len(data)).json == {"have": [2], "complete": False}
    assert chen.put(sha, 0, parts[0], len(data)).json == {"have": [0, 2], "complete": False}
    held = chen.head(sha)
    assert (held.status_code, held.headers["X-Media-Have"]) == (206, "0,2")
    assert chen.put(sha, 1, parts[1], len(data)).json == {"have": [], "complete": True}
    done = chen.head(sha)
    assert (done.status_code, "X-Media-Have" in done.headers) == (200, False)
    assert chen.put(sha, 1, parts[1], len(data)).json["complete"] is True


def test_a_chunk_is_synced_before_it_is_answered(
    site: Site, chen: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    real, synced = os.fsync, []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(os.readlink(f"/proc/self/fd/{handle}")) or real(handle)
    )
    data = large_photo()
    chen.put(address(data), 0, chunks(data)[0], len(data))
    parts = site.data / "media" / GRID_1 / "parts"
    (folder,) = parts.iterdir()
    assert {str(folder), str(parts)} < set(synced)
    assert any(name.startswith(f"{folder}/") for name in synced)


def test_what_does_not_add_up_to_its_address_is_gone(site: Site, chen: Phone) -> None:
    wrong = chen.send(photo(), sha256="0" * 64)
    assert (wrong.status_code, wrong.json["error"]) == (415, "wrong_hash")
    assert kept_files(site) == []
    assert chen.head("0" * 64).status_code == 404


def test_a_truncated_photo_is_not_kept_and_not_asked_for_again(site: Site, chen: Phone) -> None:
    data = photo(size=(600, 600))[:-400]
    assert chen.send(data).status_code == 415
    assert kept_files(site) == []
    again = chen.put(address(data), 0, data, len(data))
    assert again.status_code == 415


@pytest.mark.parametrize(
    "head", [b"<svg xmlns", b"GIF89a....", b"%PDF-1.7", b"<!DOCTYPE html>", b"MZ\x90", b"RIFF1234WAVE", b""]
)
def test_other_kinds_are_told_by_their_first_bytes(site: Site, chen: Phone, head: bytes) -> None:
    data = head + b" " * 200
    assert chen.send(data).status_code == 415
    assert kept_files(site) == []


def test_a_file_that_is_two_things_comes_down_as_one(chen: Phone) -> None:
    data = photo() + b"<script>alert(document.cookie)</script>PK\x03\x04"
    chen.send(data)
    shown = chen.get(address(data))
    assert b"<script>" not in shown.data
    assert format_of(shown.data[:12]) == "JPEG"


def test_position_and_camera_are_dropped_and_the_picture_stands_upright(chen: Phone) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010F] = "A Camera Maker"
    exif[0x8825] = {1: "N", 2: (25.0, 7.0, 12.0)}
    data = photo(size=(40, 20), exif=exif)
    chen.send(data)
    shown = chen.get(address(data)).data
    with Image.open(io.BytesIO(shown)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((20, 40), {})
    assert b"Camera" not in shown


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is this large."""

    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(bytes(1000))) + part(b"IEND", b"")


@pytest.mark.parametrize("side", [int(PIXELS_MAX**0.5) + 10, 20_000, 60_000])
def test_a_bomb_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(TooManyPixels):
        rewritten(bomb(side, side))


def test_a_broken_picture_of_a_fair_size_is_refused_too() -> None:
    with pytest.raises(NotMedia):
        rewritten(bomb(100, 100))


MODES = {
    "JPEG": "L RGB CMYK 1",
    "PNG": "L RGB RGBA P LA 1 I;16",
    "WEBP": "L RGB RGBA CMYK P LA 1 I;16",
}


@pytest.mark.parametrize(("kind", "mode"), [(k, m) for k, modes in MODES.items() for m in modes.split()])
def test_every_usual_kind_of_picture_is_kept(kind: str, mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (8, 8)).save(buffer, kind)
    made = rewritten(buffer.getvalue())
    assert made.content_type == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    ("number", "length", "total"),
    [(0, 100, 200), (1, 100, 100), (9999, 10, 100), (0, 0, 0), (0, CHUNK_BYTES, 10 * 2**20 + 1),
     (0, CHUNK_BYTES - 1, CHUNK_BYTES * 2)],
)  # fmt: skip
def test_a_chunk_of_another_length_or_number_is_refused(
    site: Site, chen: Phone, number: int, length: int, total: int
) -> None:
    body = (photo() * 500)[:length]
    assert chen.put("a" * 64, number, body, total).status_code == 415
    assert kept_files(site) == []


@pytest.mark.parametrize("total", ["", "-1", "x", "1e3", "9" * 12])
def test_a_total_that_is_no_number_is_refused(chen: Phone, total: str) -> None:
    headers = {"X-Media-Bytes": total}
    assert chen.client.put(f"/api/media/{GRID_1}/{'a' * 64}/0", data=b"x", headers=headers).status_code == 415


@pytest.mark.parametrize("sha256", ["A" * 64, "a" * 63, "..%2f..%2fsecret.key", "parts"])
def test_an_address_that_is_none_is_not_found(chen: Phone, sha256: str) -> None:
    assert chen.put(sha256, 0, photo(), len(photo())).status_code == 404
    assert chen.get(sha256).status_code == 404


def test_a_picture_is_safe_to_show(chen: Phone) -> None:
    data = photo()
    chen.send(data)
    headers = chen.get(address(data)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Content-Disposition"].startswith("inline; filename=")
    assert "private" in headers["Cache-Control"]


class TestWhoSees:
    """The uploader at once; the others of the grid when a record names it; nobody else."""

    data = photo()

    def test_the_uploader(self, chen: Phone) -> None:
        chen.send(self.data)
        assert chen.get(address(self.data)).status_code == 200

    def test_a_colleague_when_a_record_names_it(self, site: Site, chen: Phone, zhang: Phone) -> None:
        chen.send(self.data)
        assert zhang.get(address(self.data)).status_code == 404
        name_it(site, address(self.data))
        assert zhang.get(address(self.data)).status_code == 200
        name_it(site)
        assert zhang.get(address(self.data)).status_code == 404

    def test_a_worker_of_another_grid_never(self, site: Site, chen: Phone) -> None:
        chen.send(self.data)
        name_it(site, address(self.data))
        here = Phone(site.client("wu", "dev-wu00000001"), GRID_1)
        there = Phone(site.client("wu", "dev-wu00000001"), GRID_2)
        assert here.get(address(self.data)).status_code == 403
        assert here.head(address(self.data)).status_code == 403
        assert here.send(self.data).status_code == 403
        assert there.get(address(self.data)).status_code == 404

    @pytest.mark.parametrize("name", ["gao", "he", "admin"])
    def test_those_who_see_no_content_never(self, site: Site, chen: Phone, name: str) -> None:
        chen.send(self.data)
        name_it(site, address(self.data))
        other = Phone(site.client(name, f"dev-{name}0000001"))
        assert other.get(address(self.data)).status_code == 403

    def test_nobody_unsigned(self, site: Site, chen: Phone) -> None:
        chen.send(self.data)
        assert Phone(site.client()).get(address(self.data)).status_code == 401


def test_nobody_spoils_anothers_upload(chen: Phone, zhang: Phone) -> None:
    data = large_photo()
    sha, parts = address(data), chunks(data)
    poison = parts[0][:-1] + bytes([parts[0][-1] ^ 1])
    zhang.put(sha, 0, poison, len(data))
    assert chen.head(sha).status_code == 404
    assert chen.send(data).json["complete"] is True


def test_a_device_has_a_quota_of_a_day(site: Site, clock: Clock) -> None:
    data = large_photo()
    store = MediaStore(site.data / "small", quota_bytes=CHUNK_BYTES + 1)
    upload = Upload(GRID_1, address(data), len(data), "chen", "dev-chen000001")
    store.take(upload, 0, chunks(data)[0], clock())
    with pytest.raises(QuotaExceeded):
        store.take(upload, 1, chunks(data)[1], clock())
    assert store.take(upload, 0, chunks(data)[0], clock()).have == (0,)
    clock.pass_s(86_400)
    assert store.take(upload, 1, chunks(data)[1], clock()).have == (0, 1)


def test_a_disk_that_is_nearly_full_takes_documents_first(site: Site, clock: Clock) -> None:
    store = MediaStore(site.data / "full", free_bytes_min=2**62)
    data = photo()
    with pytest.raises(QuotaExceeded):
        store.take(Upload(GRID_1, address(data), len(data), "chen", None), 0, data, clock())


def test_uploads_nobody_went_on_with_are_swept(site: Site, chen: Phone, clock: Clock) -> None:
    data, other = large_photo(), photo(size=(900, 900), quality=100)
    chen.put(address(data), 0, chunks(data)[0], len(data))
    clock.pass_s(ABANDONED_S)
    assert site.services.media.sweep(clock()) == 0
    clock.pass_s(1)
    later = Phone(site.client("chen", "dev-chen000001"))
    assert later.send(other).status_code == 201  # the next upload sweeps
    assert kept_files(site) == [address(other)]


def test_a_receipt_counts_the_photos(site: Site, chen: Phone) -> None:
    data = photo()
    name_it(site, address(data), "f" * 64)
    rev = site.services.stores.open(GRID_1).leaves(RECORD)[0].rev

    def receipt() -> Any:
        return chen.client.post(f"/api/grids/{GRID_1}/receipts", json={RECORD: rev}).json[RECORD]

    assert receipt() == {"tier": "sent", "photos": [0, 2]}
    chen.send(data)
    assert receipt() == {"tier": "sent", "photos": [1, 2]}

"""Signing in through the real web processes, many at once."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import httpx
from PIL import Image

from server.media import CHUNK_BYTES
from sync.couchdb import CouchStores
from sync.errors import NotFound
from sync.peer import address
from tests.support.live import Live
from tests.support.town import GRID_1, password_of


def test_twenty_connections_at_once_are_no_guesses_and_hold_nobody_up(live: Live) -> None:
    def sign_in(_: int) -> int:
        body = {"name": "chen", "password": password_of("chen")}
        return httpx.post(f"{live.url}/api/session", json=body, timeout=60, trust_env=False).status_code

    def basic(_: int) -> int:
        pair = ("zhang", password_of("zhang"))
        return httpx.get(f"{live.db}/{GRID_1}", auth=pair, timeout=60, trust_env=False).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(sign_in, range(20))) == {200}
        assert set(pool.map(basic, range(20))) == {200}


def test_wrong_passwords_lock_across_the_processes(live: Live) -> None:
    def guess(number: int) -> int:
        body = {"name": "wu", "password": f"guess {number}"}
        return httpx.post(f"{live.url}/api/session", json=body, timeout=60, trust_env=False).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(guess, range(16)))
    assert (codes.count(401), codes.count(429)) == (5, 11)


def test_photos_of_several_phones_are_rewritten_beside_each_other(live: Live) -> None:
    def upload(number: int) -> tuple[bool, int]:
        buffer = io.BytesIO()
        Image.effect_noise((900, 900 + number), 60).save(buffer, "JPEG", quality=90)
        data, complete = buffer.getvalue(), False
        address = hashlib.sha256(data).hexdigest()
        with live.client("lin", f"dev-lin000000{number}") as phone:
            for start in range(0, len(data), CHUNK_BYTES):
                url = f"/api/media/{GRID_1}/{address}/{start // CHUNK_BYTES}"
                part = data[start : start + CHUNK_BYTES]
                reply = phone.put(url, content=part, headers={"X-Media-Bytes": str(len(data))})
                complete = bool(reply.json()["complete"])
            return complete, phone.get(f"/api/media/{GRID_1}/{address}").status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(upload, range(4))) == {(True, 200)}


def test_a_stock_client_of_couchdb_keeps_a_cookie_session(live: Live) -> None:
    """IBM's client, as `jinlin replicate session+https://…` uses it."""
    url = live.db.replace("://", f"://admin:{password_of('admin')}@")
    with closing(CouchStores(address(f"session+{url}"))) as stores:
        assert GRID_1 in stores.names()
        with suppress(NotFound):
            stores.delete("cookies")
        assert stores.create("cookies").put("a", {"v": 1}).startswith("1-")

"""A packed stream is what was sent, whatever its pieces, and takes no compressor while only heartbeats go out."""

import gzip
import tracemalloc
import zlib

from flask import Flask, Response
from hypothesis import given
from hypothesis import strategies as st

from server.packing import pack

pieces = st.lists(st.binary(max_size=40) | st.integers(0, 200_000).map(bytes), max_size=8)


def packed(given_pieces: list[bytes]) -> list[bytes]:
    with Flask("stream").test_request_context(headers={"Accept-Encoding": "gzip"}):
        response = pack(Response(iter(given_pieces), mimetype="application/json"))
        assert response.headers["Content-Encoding"] == "gzip"
        return list(response.iter_encoded())


@given(pieces)
def test_a_stream_is_unpacked_as_it_was(given_pieces: list[bytes]) -> None:
    assert gzip.decompress(b"".join(packed(given_pieces))) == b"".join(given_pieces)


@given(pieces)
def test_each_piece_can_be_read_when_it_has_been_sent(given_pieces: list[bytes]) -> None:
    reader = zlib.decompressobj(wbits=31)
    header, *sent, _ = packed(given_pieces)
    assert reader.decompress(header) == b""
    assert [reader.decompress(piece) for piece in sent] == [piece for piece in given_pieces if piece]


def test_a_held_stream_takes_no_compressor() -> None:
    with Flask("stream").test_request_context(headers={"Accept-Encoding": "gzip"}):
        response = pack(Response((b"\n" for _ in range(10)), mimetype="application/json"))
        stream = iter(response.iter_encoded())
        tracemalloc.start()
        sent = [next(stream) for _ in range(5)]
        held_bytes, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(sent) == 5
    assert held_bytes < 10_000

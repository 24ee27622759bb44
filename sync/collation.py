"""CouchDB's order of JSON values, as bytes: null, false, true, numbers, strings, arrays, objects.

The key of a value is a byte string; keys compare as CouchDB compares the values, and are equal for equal values only.
No key is the beginning of another one, so keys that follow each other compare as the list of their values does.

Strings are ordered as ICU's root collation orders them, as far as that goes without its tables: white space and
punctuation before digits before letters, accents and case only where nothing else differs, lower case first. ASCII is
exact (documented under "Views Collation" of CouchDB); other letters are by script and code point, Chinese by code
point, which is the root order of the common characters.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from functools import lru_cache

from sync.documents import Json

Key = bytes

VERSION = f"1/{unicodedata.unidata_version}"
"""Keys that were kept are comparable with new ones while this is the same."""

AFTER = b"\xff"
"""Behind a key, or a part of one, it is after everything that begins so."""

_NULL, _FALSE, _TRUE, _NUMBER, _STRING, _ARRAY, _OBJECT = (bytes([sign]) for sign in range(2, 9))
_TYPES = {_NULL: "null", _FALSE: "boolean", _TRUE: "boolean", _NUMBER: "number"} | {
    _STRING: "string",
    _ARRAY: "array",
    _OBJECT: "object",
}
_END = b"\x01"
"""Before whatever may go on."""
_MORE = b"\x02"

STRINGS = _STRING, _ARRAY
"""Between these two are the keys of all strings."""


def key(value: Json) -> Key:
    """The key of a JSON value."""
    if isinstance(value, str):
        return string_key(value)
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, int | float):
        return _NUMBER + _number(value)
    if isinstance(value, list):
        return b"".join((_ARRAY, *map(key, value), _END))
    return b"".join((_OBJECT, *(string_key(name) + key(item) for name, item in value.items()), _END))


def raw_key(value: Json) -> Key:
    """The key of an id, or of what an id is compared with: by code point, and after whatever is no string."""
    return raw_prefix(value) + b"\x00" if isinstance(value, str) else _END + key(value)


def type_of(value: Json) -> str:
    """CouchDB's word for the type of a value."""
    return _TYPES[(_STRING if isinstance(value, str) else key(value))[:1]]


def string_key(text: str) -> Key:
    """The key of a string: base letters first, then accents, then case, then what is left; equal only for one text."""
    return _remembered(text) if len(text) <= _SHORT else _string_key(text)


def prefix(text: str) -> bytes:
    """What the keys of all strings that begin with this text begin with, and some others."""
    return _STRING + b"".join(_weight(sign) or b"" for sign in unicodedata.normalize("NFD", text))


def raw_prefix(text: str) -> bytes:
    """What the raw keys of all strings that begin with this text begin with."""
    return _STRING + text.encode("utf-8", "surrogatepass").replace(b"\x00", b"\x00\xff")


def _number(value: float) -> bytes:
    """The greatest double that is not above the number, and how far above it the number is."""
    near = float(value)
    if near > value:
        near = math.nextafter(near, -math.inf)
    rest = 0 if near == value else min(int(value) - int(near), _REST)
    bits = int.from_bytes(_DOUBLE.pack(near + 0.0))  # -0.0 is 0.0
    ordered = bits ^ (2**64 - 1 if bits >> 63 else 2**63)
    return ordered.to_bytes(8) + rest.to_bytes(2)


_DOUBLE = struct.Struct(">d")
_REST = 2**16 - 1
"""More than doubles below 2**64 are apart, and integers in JSON are below it."""


def _string_key(text: str) -> bytes:
    if _PLAIN.fullmatch(text):
        weights, upper = _plain(text)
        return b"".join((_STRING, weights, _END, _END, _cases(upper), _END))
    primary: list[bytes] = []
    accents: list[bytes] = []
    odd: list[bytes] = []
    cases = bytearray()
    for run in _RUNS.finditer(unicodedata.normalize("NFD", text)):
        sign = run.group()
        if _PLAIN.fullmatch(sign):
            weights, more = _plain(sign)
        elif unicodedata.combining(sign):
            accents.append(_MORE + _placed(len(cases), sign))
            continue
        else:
            weights = _weight(sign) or b""
            more = (b"0" if sign == sign.lower() else b"1") if weights else b""
            if not weights or not _is_plain(sign):
                odd.append(_MORE + _placed(run.start(), sign))
        primary.append(weights)
        cases += more
    return b"".join((_STRING, *primary, _END, *accents, _END, _cases(cases), *odd, _END))


def _plain(text: str) -> tuple[bytes, bytes]:
    """Weights and cases of a text of signs that are told by these, all at once."""
    encoded = text.encode()
    return encoded.translate(_ASCII), encoded.translate(_CASES, _FOLLOWING)


_PLAIN = re.compile("[\t-\r -~一-鿿]*")
_RUNS = re.compile("[\t-\r -~一-鿿]+|.", re.DOTALL)
"""ASCII without control characters, and the common Chinese characters."""

_SHORT = 200
_remembered = lru_cache(maxsize=4_096)(_string_key)


def _placed(place: int, sign: str) -> bytes:
    return place.to_bytes(4) + ord(sign).to_bytes(3)


def _cases(upper: bytes | bytearray) -> bytes:
    """A bit for each letter, from `1` for upper case and `0`. Only compared where there are as many."""
    if b"1" not in upper:
        return _END
    count = len(upper)
    return _MORE + (int(upper, 2) << -count % 8).to_bytes((count + 7) // 8)


_MARKS = "\t\n\x0b\x0c\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_WEIGHTS = {sign: bytes([place]) for place, sign in enumerate(_MARKS, 2)}
_OTHER_SYMBOL, _DIGIT, _LETTER = 0x30, 0x40, 0x50
"""First bytes of weights. Those of letters beyond ASCII are their UTF-8, which begins later than these."""


@lru_cache(maxsize=8_192)
def _weight(sign: str) -> bytes | None:
    """What orders one character among others; None for what is ignored (control and format characters, accents)."""
    if sign in _WEIGHTS:
        return _WEIGHTS[sign]
    category = unicodedata.category(sign)
    if category in ("Cc", "Cf") or unicodedata.combining(sign):
        return None
    if category == "Nd":
        return bytes([_DIGIT + unicodedata.decimal(sign)])
    if category[0] not in "LNC":
        return bytes([_OTHER_SYMBOL]) + ord(sign).to_bytes(3)
    lower = sign.lower()[0]
    if "a" <= lower <= "z":
        return bytes([_LETTER + ord(lower) - ord("a")])
    return lower.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=8_192)
def _is_plain(sign: str) -> bool:
    """Whether weight and case tell which character it is."""
    lower = sign.lower()
    if unicodedata.category(sign) == "Nd":
        return sign.isascii()
    return sign == lower or (len(lower) == 1 and lower.upper() == sign)


_ASCII = bytes((_weight(chr(code)) or b"\x00")[0] for code in range(128)) + bytes(range(128, 256))
_CASES = bytes(ord("1") if ord("A") <= code <= ord("Z") else ord("0") for code in range(256))
_FOLLOWING = bytes(range(0x80, 0xC0))
"""What a character of several bytes has after its first one."""

"""Errors of who it is and whether they may. They know nothing of HTTP; `server/errors.py` maps them.

Refusal
├── NotSignedIn     no credentials, or none that count any more
├── LockedOut       too many wrong passwords for this account; wait
├── DeviceTaken     the proposed device name belongs to somebody else
├── CsrfFailed      a page's form came without the token of this visit
├── NotMedia        an upload that is not what it says, or not of a kind that is kept
└── QuotaExceeded   this device has uploaded enough for today, or the disk is nearly full
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """Says why in both languages of the interface; as text it is English."""

    zh: ClassVar[str] = "请求被拒绝"
    en: ClassVar[str] = "refused"

    def __init__(self, zh: str | None = None, en: str | None = None) -> None:
        self.words = {"zh-CN": zh or self.zh, "en": en or self.en}
        super().__init__(self.words["en"])


class NotSignedIn(Refusal):
    """No credentials, or none that count any more. It never says which part was wrong."""

    zh = "请先登录"
    en = "You are not signed in."
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="jinlin"'}


class NotAllowed(Refusal):
    """The table of access does not allow it to this actor."""

    zh = "没有权限"
    en = "You are not allowed to do this."

    def __init__(self, en: str | None = None) -> None:
        super().__init__(None, en)


class LockedOut(Refusal):
    """Too many wrong passwords for this account; the right one is not looked at either until then."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            f"密码错误次数过多，请 {wait_s} 秒后再试", f"Too many wrong passwords; wait {wait_s} seconds."
        )
        self.wait_s = wait_s
        self.headers = {"Retry-After": str(wait_s)}


class DeviceTaken(Refusal):
    """The proposed device name belongs to somebody else; propose another."""

    zh = "该设备名已被其他账号使用"
    en = "This device name belongs to another account."


class CsrfFailed(Refusal):
    """A page's form came without the token of this visit; nothing was done."""

    zh = "页面已过期，请刷新后重试"
    en = "This page has expired; reload it and try again."


class NotMedia(Refusal):
    """An upload that is not what it says, or not of a kind that is kept; nothing of it remains."""

    zh = "不是可接受的图片"
    en = "This is not an image that is kept here."


class BadChunk(NotMedia):
    """A chunk that cannot be part of what it is sent to: its number, its length, or the whole is too large."""

    zh = "上传的数据块不正确（图片最大 10 MB）"
    en = "This chunk cannot be part of a photo of at most 10 MB."
    slug = "bad_chunk"


class WrongHash(NotMedia):
    """Chunks that do not add up to the address they were sent to; all of them are gone, send anew."""

    zh = "图片校验失败，将重新上传"
    en = "The chunks do not add up to the address they were sent to; send them anew."
    slug = "wrong_hash"


class TooManyPixels(NotMedia):
    """A picture that would not fit into memory when unpacked."""

    zh = "图片尺寸过大"
    en = "This image has too many pixels."
    slug = "too_many_pixels"


class QuotaExceeded(Refusal):
    """This device has uploaded enough for today, or the disk is nearly full; what is there stays."""

    zh = "今日上传已达上限"
    en = "The daily quota of this device is used up."

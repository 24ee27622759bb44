"""Refusals of `/api/` in the reader's language: `server/errors.py` shapes them, the words are `Refusal.words`."""

from __future__ import annotations

from flask import Blueprint, Response, request

from server import errors
from server.refusals import Refusal


def locale() -> str:
    """The interface language that the request asks for; zh-CN where it asks for neither."""
    return "en" if request.accept_languages.best_match(("zh-CN", "zh", "en"), "zh-CN") == "en" else "zh-CN"


def answer(refusal: Refusal) -> Response:
    """The reply for a refusal, with its reason in the reader's language."""
    status, slug, _ = errors.described(refusal)
    response = errors.body(status, slug, refusal.words[locale()])
    for name, value in getattr(refusal, "headers", {}).items():
        response.headers[name] = value
    return response


def speak(blueprint: Blueprint) -> Blueprint:
    """Let a blueprint answer refusals in the reader's language."""
    blueprint.register_error_handler(Refusal, answer)
    return blueprint

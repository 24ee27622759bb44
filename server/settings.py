"""Settings: one table, `Settings`, whose fields say name (with its unit), type, default and help.

A value comes from the flag, else the environment (`JINLIN_<NAME>`), else the TOML file, else the default.
Unknown keys are errors, so that a misspelt setting never passes in silence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

PREFIX = "JINLIN_"
MASK = "••••"
_PASSWORD = re.compile(r"(?<=:)[^:/]+(?=@[^@]*$)")
"""What stands between user and host of a URL."""
CONFIG_KEY = "JINLIN_CONFIG"

Origin = Literal["flag", "environment", "file", "default"]


class BadSetting(Exception):
    """A setting that does not exist, or a value that is not of its type; the message names it."""


def _setting(default: Any, text: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"help": text, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """What an operator can choose. Sizes are bytes (`_bytes`), spans are seconds (`_s`) or milliseconds (`_ms`)."""

    data: Path = _setting(Path("data"), "folder of everything this server keeps")  # noqa: RUF009  # it is a field()
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on")
    store: str = _setting(
        "",
        "URL of a CouchDB or Cloudant that keeps the documents (https://, session+https:// for a cookie session, "
        "iam+https:// for IBM's IAM); empty: files in the data folder",
    )
    store_key: str = _setting(
        "", "password, token or (iam+https://…) API key for that URL, so that it stands in none", secret=True
    )
    index: str = _setting("", "SQLAlchemy URL of the review index; empty: index.sqlite in the data folder")
    demo_password: str = _setting("", "password of all demo accounts; empty: made at random", secret=True)
    web_processes: int = _setting(2, "number of web processes")
    graceful_stop_s: int = _setting(10, "how long a stop waits for requests that are being answered")
    secure_cookies: bool = _setting(
        False, "mark cookies as sent over https only, whatever the request looks like"
    )
    trusted_proxies: int = _setting(
        0, "number of reverse proxies in front whose X-Forwarded headers are believed"
    )
    access_token_s: int = _setting(900, "life of an access token")
    refresh_token_s: int = _setting(90 * 86400, "life of a device's refresh token, counted from its last use")
    desk_session_s: int = _setting(12 * 3600, "life of a cookie: a sign-in at the desk or at `/db/_session`")
    request_bytes_max: int = _setting(
        32 * 2**20, "largest request body as it travels, apart from attachments that are sent as they are"
    )
    request_unpacked_bytes_max: int = _setting(64 * 2**20, "the same after decompression")
    attachment_bytes_max: int = _setting(
        2**30,
        "largest attachment that is sent as it is, and largest sum of those in one request, decompressed",
    )
    document_bytes_max: int = _setting(2**20, "largest document, as JSON without attachments")
    bulk_docs_max: int = _setting(10_000, "most documents or ids in one request")
    watch_interval_ms: int = _setting(
        200, "how often a web process asks the store for changes while phones wait"
    )
    longpoll_s_max: int = _setting(60, "longest wait of a change feed without a heartbeat")
    held_request_s_max: int = _setting(
        600, "longest life of a held change feed; the client asks again, and is asked who it is"
    )
    log_level: str = _setting("info", "debug, info, warning or error")


@dataclass(frozen=True)
class Setting:
    """One row of the table."""

    name: str
    kind: type
    default: Any
    help: str
    secret: bool

    @property
    def env(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace("_", "-")


_TYPES = get_type_hints(Settings)

SETTINGS: tuple[Setting, ...] = tuple(
    Setting(row.name, _TYPES[row.name], row.default, row.metadata["help"], row.metadata["secret"])
    for row in fields(Settings)
)
"""The rows of the table, in the order in which they are shown."""


@dataclass(frozen=True)
class Effective:
    """The values in force and where each came from."""

    settings: Settings
    origins: Mapping[str, Origin]

    def shown(self) -> list[tuple[str, str, Origin]]:
        """(name, value, origin) of every setting, secrets masked."""
        return [(row.name, self._shown(row), self.origins[row.name]) for row in SETTINGS]

    def _shown(self, row: Setting) -> str:
        value = str(getattr(self.settings, row.name))
        return MASK if row.secret and value else _PASSWORD.sub(MASK, value)


def load(env: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Settings:
    """The settings in force; `BadSetting` for an unknown key or a value of the wrong type."""
    return resolve(env, flags).settings


def resolve(env: Mapping[str, str], flags: Mapping[str, str] | None = None) -> Effective:
    """The settings in force with their origins. `JINLIN_CONFIG`, or the flag `config`, names the TOML file."""
    given = dict(flags or {})
    file = given.pop("config", None) or env.get(CONFIG_KEY)
    sources: list[tuple[Origin, Mapping[str, Any]]] = [
        ("file", _from_file(Path(file)) if file else {}),
        ("environment", _from_environment(env)),
        ("flag", given),
    ]
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {row.name: "default" for row in SETTINGS}
    for origin, source in sources:
        for name, raw in source.items():
            values[name] = _typed(name, raw, origin)
            origins[name] = origin
    return Effective(Settings(**values), origins)


def _from_environment(env: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(PREFIX).lower(): value
        for key, value in env.items()
        if key.startswith(PREFIX) and key != CONFIG_KEY
    }


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSetting(f"{path}: {error}") from error


def _typed(name: str, raw: Any, origin: Origin) -> Any:
    kind = _TYPES.get(name)
    if kind is None:
        raise BadSetting(f"no setting is called {name!r} (from the {origin})")
    try:
        if kind is bool:
            return _truth(raw)
        if kind is int and isinstance(raw, bool | float):
            raise ValueError("not a whole number")
        return kind(raw)
    except (TypeError, ValueError) as error:
        raise BadSetting(f"{name} (from the {origin}) must be {kind.__name__}") from error


def _truth(raw: Any) -> bool:
    words = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    word = str(raw).lower()
    if word not in words:
        raise ValueError("not a truth value")
    return words[word]

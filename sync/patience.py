"""How long a request to another server is repeated, and when it is not.

Repeated with growing, jittered pauses: a busy or failing server (429, 5xx) and a lost connection, for requests that
may be carried out twice. Any other 4xx is an answer and is never asked for again. A request that must not be carried
out twice (`Adapter.once`) is repeated only where it certainly was not carried out: no connection, or 429 and 503.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.util import Retry

from sync.connections import POOLS

_PUT_OFF = (429, 503)
_FAILING = (*_PUT_OFF, 500, 502, 504)


@dataclass(frozen=True)
class Patience:
    """Time-outs and pauses, in seconds; `attempts` is how often a request is repeated."""

    connect_s: float
    read_s: float
    attempts: int
    first_pause_s: float
    longest_pause_s: float

    def retries(self, *, once: bool) -> Retry:
        """The same in urllib3's words."""
        return _Retries(
            total=self.attempts,
            connect=min(2, self.attempts),
            read=0 if once else self.attempts,
            other=0,
            redirect=0,
            status=self.attempts,
            backoff_factor=self.first_pause_s,
            backoff_max=self.longest_pause_s,
            backoff_jitter=self.first_pause_s,
            status_forcelist=_PUT_OFF if once else _FAILING,
            allowed_methods=None,
            raise_on_status=False,
        )


SENDING = Patience(10, 120, 5, 0.5, 20)
"""For replication, where nobody waits for an answer."""

SERVING = Patience(3, 60, 2, 0.1, 1)
"""For a server whose own clients wait: what is not there soon is 503, and they ask again."""


class _Retries(Retry):
    """Retries that believe a server's Retry-After only so far."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        return status_code in self.status_forcelist

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        wanted_s = super().get_retry_after(response)
        return None if wanted_s is None else min(wanted_s, float(self.backoff_max))


class Adapter(HTTPAdapter):
    """The transport of one thread's client: it repeats as its patience says, and signs in anew where needed."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        super().__init__(max_retries=patience.retries(once=False))
        self._is_once = self._is_flowing = False
        self.renew: Callable[[requests.PreparedRequest], bool] | None = None
        """Signs a request anew after a 401; False where that cannot help."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    @contextmanager
    def once(self) -> Iterator[None]:
        """In here requests must not be carried out twice."""
        self.max_retries, self._is_once = self._patience.retries(once=True), True
        try:
            yield
        finally:
            self.max_retries, self._is_once = self._patience.retries(once=False), False

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """In here the body of an answer is left to whoever asked, to be read in pieces."""
        self._is_flowing = True
        try:
            yield
        finally:
            self._is_flowing = False

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """As promised above; what is not `flowing` is read whole. `options` are those of requests' own adapter."""
        answer = self._whole(request, *args, **options)
        if answer.status_code != 401 or self.renew is None or not self.renew(request):
            return answer
        return self._whole(request, *args, **options)

    def _whole(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """An answer with its body: one that breaks off is asked for again, where that may be."""
        for attempt in range(self._patience.attempts):
            answer = super().send(request, *args, **options)
            if self._is_flowing:
                return answer
            try:
                answer.content  # noqa: B018  # reads it
                return answer
            except requests.exceptions.RequestException:
                if self._is_once:
                    raise
                time.sleep(min(self._patience.first_pause_s * 2**attempt, self._patience.longest_pause_s))
        answer = super().send(request, *args, **options)
        answer.content  # noqa: B018
        return answer


def timeouts(patience: Patience) -> Mapping[str, tuple[float, float]]:
    """What the client is told of time."""
    return {"timeout": (patience.connect_s, patience.read_s)}

"""Whether an address is free: asked before anything heavy is loaded."""

from __future__ import annotations

import socket


class PortTaken(Exception):
    """Another program listens on the address."""


def check_port(host: str, port: int) -> None:
    """Try to listen, so that a busy port is one clear sentence and not gunicorn's five attempts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}") from error

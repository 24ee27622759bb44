"""`jinlin demo`: an invented neighbourhood to try everything on."""

from server.demo.commands import demo

__all__ = ["demo"]

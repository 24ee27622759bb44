"""`jinlin import`: what a community keeps already, brought into a grid."""

from server.imports.commands import import_group

__all__ = ["import_group"]

"""The commands `jinlin index …`: care for the review index."""

from __future__ import annotations

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn


@click.group()
def index() -> None:
    """The review index: what the desk lists. It can always be made again from the stores."""


@index.command()
@click.pass_context
def rebuild(context: click.Context) -> None:
    """Throw the index away and follow every database from its beginning. When things were received is kept."""
    from server.app import build_services
    from server.cli import effective
    from server.review.desk import stamp
    from server.review.index import IndexFollower
    from server.review.library import Library

    services = build_services(effective(context).settings)
    follower = IndexFollower(
        services.index, services.stores, Library(services.stores), lambda: stamp(services.clock())
    )
    names = [name for name in services.stores.names() if follower.handles(name)]
    total = 0
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("索引 index", total=len(names))

        def tell(_database: str, documents: int) -> None:
            nonlocal total
            total += documents
            progress.advance(task)

        follower.rebuild(tell)
    click.echo(f"{len(names)} databases, {total} documents")

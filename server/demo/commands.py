"""The command `jinlin demo`."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from server.demo.load import demo_password, load_accounts, load_town
from server.demo.town import ACCOUNTS
from server.services import Services

_DONE = "demo-loaded"
"""A file of the data folder that says the town is there whole."""


@click.command()
@click.option("--accounts-only", is_flag=True, help="accounts without a town: a server that receives")
@click.option("--url", metavar="URL", help="the address to print [default: http://127.0.0.1:<port>]")
@click.pass_context
def demo(context: click.Context, accounts_only: bool, url: str | None) -> None:
    """Make an invented neighbourhood to try everything on; once, and only what is not there yet."""
    from server.app import build_services
    from server.cli import effective

    services = build_services(effective(context).settings)
    settings = services.settings
    password = demo_password(settings.data, settings.demo_password)
    load_accounts(services, password)
    done = settings.data / _DONE
    if not accounts_only and not done.is_file():
        today = services.clock().astimezone(ZoneInfo("Asia/Shanghai")).date()
        _load_with_progress(services, today)
        done.write_text(f"{today}\n")
    _tell(
        password,
        (url or f"http://127.0.0.1:{settings.port}").rstrip("/"),
        settings.data,
        receives=accounts_only,
    )


def _load_with_progress(services: Services, today: date) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("演示数据 demo data", total=None)
        load_town(services, today, lambda done, total: progress.update(task, completed=done, total=total))


def _tell(password: str, url: str, data: Path, *, receives: bool) -> None:
    console = Console()
    table = Table("账号", "", "岗位", box=None)
    for account in ACCOUNTS:
        table.add_row(account.name, account.display_name, account.post)
    console.print(table)
    console.print(f"密码 password (all demo accounts): {password}", highlight=False, soft_wrap=True)
    console.print(f"手机 phone app: {url}/    审核台 desk: {url}/desk/    数据 data: {data}", soft_wrap=True)
    if receives:
        target = url.replace("://", f"://admin:{password}@", 1)
        console.print("接收各网格数据,在另一个窗口运行 to receive every grid, run in another shell:")
        program = os.path.relpath(sys.argv[0])
        console.print(f"    {program} replicate local {target}/db", highlight=False, soft_wrap=True)

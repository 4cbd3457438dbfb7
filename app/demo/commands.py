"""`flask --app wsgi demo fill` and `flask --app wsgi serve`."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup, with_appcontext

from app.accounts.models import Account
from app.core import migrate
from app.core.db import Database
from app.core.errors import MusterError
from app.demo.fill import fill, is_empty
from app.demo.sign_in import PASSWORD
from app.runtime import runtime
from app.web.commands import fail

demo = AppGroup("demo", help="The demo system.")


@demo.command("fill")
@click.option("--if-empty", is_flag=True, help="do nothing when there are hospitals already")
@click.option("--fresh", is_flag=True, help="throw away everything in the database first")
def fill_command(if_empty: bool, fresh: bool) -> None:
    """Load the demo system into the database."""
    _only_in_demo("Demo data")
    if fresh:
        start_over(runtime().db)
    migrate.upgrade(runtime().db)
    if if_empty and not is_empty(runtime().db):
        click.echo("There are data already; nothing was changed.")
        return
    _fill()


@click.command("serve")
@click.option("--fresh", is_flag=True, help="demo mode: throw away everything in the database first")
@with_appcontext
def serve(fresh: bool) -> None:
    """Migrate, fill an empty demo, say where Muster is, and serve it."""
    rt = runtime()
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or "8000")
    _must_be_free(host, port)
    if fresh:
        _only_in_demo("--fresh")
        start_over(rt.db)
    migrate.upgrade(rt.db)
    if rt.settings.demo and is_empty(rt.db):
        _fill()
    click.echo(f"\nMuster is at {rt.settings.public_url}\n")
    if rt.settings.demo:
        click.echo(accounts_table(rt.db))
    sys.stdout.flush()
    rt.db.dispose()
    root = Path(__file__).resolve().parents[2]
    os.chdir(root)
    served_by = [sys.executable, "-m", "gunicorn", "-c", str(root / "config/gunicorn.py"), "wsgi:app"]
    os.execv(sys.executable, served_by)  # noqa: S606 - the server takes this process's place


commands = [demo, serve]


def start_over(db: Database) -> None:
    """Empty the database. A SQLite file is removed, whatever version wrote it."""
    if not db.is_sqlite or not db.url.database:
        if migrate.current(db) is not None:
            migrate.downgrade(db, "base")
        return
    db.dispose()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{db.url.database}{suffix}").unlink(missing_ok=True)


def accounts_table(db: Database) -> str:
    """Who can sign in to the demo, and with what."""
    with db.read() as session:
        accounts = session.scalars(sa.select(Account).order_by(Account.created_at, Account.email)).all()
        rows = [
            (a.email, ", ".join(r.role.value.replace("_", " ") for r in a.roles), a.name) for a in accounts
        ]
    heads = ("e-mail", "role", "person")
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(3)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
    head = "  ".join(text.ljust(width) for text, width in zip(heads, widths, strict=True))
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([head, rule, *lines, "", f"Everybody's password: {PASSWORD}", ""])


def _fill() -> None:
    click.echo("Making the demo system ...")
    began = time.monotonic()
    try:
        data = fill(runtime().db)
    except MusterError as error:
        fail(error)
    took = time.monotonic() - began
    counts = f"{len(data.facilities)} hospitals, {len(data.units)} units, {len(data.people)} people"
    click.echo(f"{counts} in {took:.1f} s.")


def _only_in_demo(what: str) -> None:
    if not runtime().settings.demo:
        click.echo(f"{what} is for demo mode; MUSTER_MODE is {runtime().settings.mode}.", err=True)
        sys.exit(1)


def _must_be_free(host: str, port: int) -> None:
    """Before anything is thrown away: whoever serves there now may use this database."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            click.echo(f"Cannot serve at {host}:{port}: {error.strerror}. Set PORT to another one.", err=True)
            sys.exit(1)

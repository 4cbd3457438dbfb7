"""`flask --app wsgi db ...`, `account ...`, `token ...`, `journal ...`, `docs ...`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.accounts import actions
from app.core import migrate
from app.core.actor import Actor, Grant
from app.core.errors import MusterError
from app.core.permissions import ACCOUNT_ROLES, Permission, Role
from app.core.signing import Signer
from app.facilities.queries import facility_by_code
from app.incidents.queries import by_number_or_id
from app.journal.export import export
from app.journal.verify import verify_lines
from app.runtime import runtime, transact
from app.web.route_table import table

db = AppGroup("db", help="Migrate the database.")
account = AppGroup("account", help="Accounts.")
token = AppGroup("token", help="API tokens.")
journal = AppGroup("journal", help="Export and verify journals.")
docs = AppGroup("docs", help="Print what is written in docs/ from the program itself.")
commands = [db, account, token, journal, docs]

# Whoever may run commands on the machine may administer the program; journals say it was the command line.
OPERATOR = Actor("system", "command-line", "Command line", (Grant(Role.ADMINISTRATOR),))


def fail(error: MusterError) -> None:
    click.echo(error.detail, err=True)
    sys.exit(1)


@db.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the tables up to a revision (the newest)."""
    migrate.upgrade(runtime().db, revision)


@db.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the tables back to a revision, or to `base`."""
    migrate.downgrade(runtime().db, revision)


@db.command("check")
def check() -> None:
    """Fail when the tables differ from what the program expects."""
    migrate.check(runtime().db)


@db.command("revision")
@click.argument("revision")
@click.argument("message")
def revision(revision: str, message: str) -> None:
    """Write migration REVISION (four digits) from what differs."""
    migrate.write_revision(runtime().db, revision, message)


@account.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice([r.value for r in ACCOUNT_ROLES]), required=True)
@click.option("--facility", help="code of the one hospital the role is for; without it, all")
@click.option("--name", help="full name")
def create_account(email: str, role: str, facility: str | None, name: str | None) -> None:
    """Create an account and print its one-time password."""
    try:
        with runtime().db.read() as session:
            home = facility_by_code(session, facility).id if facility else None
        _, password = transact(
            actions.create_account, OPERATOR, email=email, role=Role(role), facility_id=home, name=name
        )
    except MusterError as error:
        fail(error)
    click.echo(password)


@token.command("create")
@click.option("--account", "email", required=True)
@click.option("--name", default="command line")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([p.value for p in Permission]))
@click.option(
    "--days", type=click.IntRange(1, 3650), help="valid for so many days; without it, until revoked"
)
def create_token(email: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Print a new API token for an account, and nothing else."""
    try:
        wanted = frozenset(Permission(s) for s in scopes)
        click.echo(transact(actions.create_token, OPERATOR, email=email, name=name, scopes=wanted, days=days))
    except MusterError as error:
        fail(error)


@journal.command("export")
@click.argument("incident")
def export_journal(incident: str) -> None:
    """Write an incident's journal (number or id) as JSON lines, ending with the signed head."""
    try:
        with runtime().db.read() as session:
            found = by_number_or_id(session, incident)
            for line in export(session, found.stream):
                sys.stdout.buffer.write(line)
    except MusterError as error:
        fail(error)


@journal.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify_journal(file: Path) -> None:
    """Check an exported file against this hospital's key. Exit 0 when it holds, 1 when not."""
    with file.open("rb") as lines:
        verdict = verify_lines(lines, runtime().signer.own_keys)
    if verdict.ok:
        click.echo(f"The journal holds: {verdict.entries} entries, signed with {runtime().signer.key_id}.")
        return
    click.echo(f"The journal does not hold: {verdict.fault}")
    sys.exit(1)


@journal.command("key")
def public_key() -> None:
    """Print the public key that others verify exports with; make the signing key if there is none."""
    signer = Signer.from_file(runtime().settings.signing_key_file, create=True)
    click.echo(signer.public_key)


@docs.command("routes")
def print_routes() -> None:
    """Print docs/routes.md: every route and who may open it."""
    click.echo(table(current_app._get_current_object()), nl=False)  # type: ignore[attr-defined]

"""Only actions write, and only the edge commits."""

from __future__ import annotations

import ast
from fnmatch import fnmatch

from tests.guards.tree import python

# Beyond `actions.py` and `actions/`, each with its reason.
WRITERS = {
    "app/journal/ledger.py": "appends to journals, for all actions",
    "app/web/api.py": "remembers Idempotency-Keys in the transaction of the action",
    "app/core/insert.py": "one way to insert what may be there, for actions",
    "app/core/bulk.py": "one way to write many rows in one statement, for actions",
    "app/accounts/links.py": "a link is made in the transaction of the action that sends it",
    "app/escalation/*.py": "deadlines are set and claimed in the transaction of what causes them",
    "app/census/folding.py": "keeps what a hospital's messages say, in the transaction of the action that took one",
    "app/demo/*.py": "fills an empty demo system in bulk",
}
SESSION_METHODS = {"add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings"}
STATEMENTS = {"insert", "update", "delete"}
COMMITTERS = {"app/core/db.py", "app/core/migrate.py"}


def may_write(path: str) -> bool:
    in_actions = path.endswith("/actions.py") or "/actions/" in path
    return in_actions or any(fnmatch(path, pattern) for pattern in WRITERS)


def last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def writes(node: ast.AST) -> bool:
    """`session.add(...)` and its like, and statements made by SQLAlchemy's insert, update and delete."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner, method = last_name(node.func.value), node.func.attr
    by_session = method in SESSION_METHODS and owner in ("session", "db")
    by_statement = method in STATEMENTS and owner in ("sa", "sqlite", "postgresql", "dialect")
    return by_session or by_statement


def test_only_actions_write() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in python("app")
        if not may_write(path)
        for node in ast.walk(tree)
        if writes(node)
    ]
    assert not found, "\n".join(found)


def test_only_the_edge_commits() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in python("app")
        if path not in COMMITTERS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and last_name(node.func) == "commit"
    ]
    assert not found, "\n".join(found)


def test_nobody_asks_the_clock_but_the_clock() -> None:
    """What is decided by the time of day must be testable at any. Measuring how long something took is not."""
    allowed = {"app/core/clock.py", "app/jobs.py"}  # jobs: when APScheduler is to wake up
    found = [
        f"{path}:{node.lineno}"
        for path, tree in python("app")
        if path not in allowed
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today")
        and last_name(node.func.value) in ("datetime", "date")
    ]
    assert not found, "\n".join(found)


def test_the_guard_itself_sees_writes() -> None:
    lines = ("uow.session.add(x)", "session.execute(sa.update(T))", "dialect.insert(T)", "db.delete(x)")
    for line in lines:
        assert any(writes(node) for node in ast.walk(ast.parse(line))), line
    assert not any(writes(node) for node in ast.walk(ast.parse("seen.add(x); d.update(y)")))

"""Things that stay true of the whole tree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from app.core.permissions import Permission
from tests.guards.tree import ROOT, name, python, tracked

MOST_LINES = 400
GENERATED = ("requirements.txt", "requirements-dev.txt", "docs/routes.md", "versions/0001_foundations.py")
NUMBER = re.compile(r"(?<![\w.+])\+\d[\d ().-]{6,}\d")
FICTIONAL = re.compile(r"1\d{3}55501\d{0,2}")
SETTING = re.compile(r"\b(?:MUSTER|TWILIO|PROMETHEUS)_[A-Z][A-Z_]+[A-Z]\b|\b(?:HOST|PORT)\b")


def test_no_file_is_longer_than_one_can_read() -> None:
    found = {}
    for path in tracked(".py", ".js", ".css", ".html", ".md"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MOST_LINES and not name(path).endswith(GENERATED):
            found[name(path)] = lines
    assert not found, str(found)


def test_phone_numbers_are_fictional() -> None:
    """Only 555-0100 to 555-0199 belongs to nobody (North American Numbering Plan)."""
    found = []
    for path in tracked(".py", ".js", ".html", ".md", ".toml", ".csv", ".txt", ".json"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for match in NUMBER.findall(line):
                if not FICTIONAL.fullmatch(re.sub(r"\D", "", match)):
                    found.append(f"{name(path)}:{number} {match}")
    assert not found, "\n".join(found)


def test_every_template_is_used() -> None:
    sources = {
        p: p.read_text(encoding="utf-8") for p in tracked(".py", ".html") if "tests/guards" not in name(p)
    }
    unused = [
        template
        for path in tracked(".html")
        if "/templates/" in name(path)
        for template in [name(path).split("/templates/", 1)[1]]
        if not any(used(template, other, text) for other, text in sources.items() if other != path)
    ]
    assert not unused, "\n".join(unused)


def used(template: str, other: Path, text: str) -> bool:
    """Named in full, or within its own room by its last part."""
    room, _, last = template.rpartition("/")
    return f'"{template}"' in text or (f'"{last}"' in text and f"app/{room}/" in name(other))


def test_every_permission_is_asked_for() -> None:
    """One that nothing asks for promises administrators what the program does not do."""
    asked = {
        node.attr
        for path, tree in python("app")
        if path != "app/core/permissions.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id in ("Permission", "P")
    }
    unasked = [p.name for p in Permission if p.name not in asked]
    assert not unasked, str(unasked)


def test_imports_go_the_way_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports() == 0


def test_every_setting_is_described() -> None:
    """docs/running.md names exactly the settings that the program reads."""
    read = {
        node.value
        for folder in ("config", "app", "tools")
        for _, tree in python(folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.fullmatch(node.value)
    }
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    described = {found for row in rows for found in SETTING.findall(row.split("|")[1])}
    assert described == read


def test_every_requirement_says_why() -> None:
    wanted = {
        re.split(r"[\[<>=]", line)[0]
        for line in (ROOT / "requirements.in").read_text().splitlines()
        if line and not line.startswith("#")
    }
    text = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE)) == wanted

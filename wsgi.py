"""What a web server and the `flask --app wsgi` commands start from."""

from __future__ import annotations

import sys

from app import create_app
from config.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Muster cannot start. Please set these in the environment:\n{error}")

"""How each event changes the picture, and how the tables give the same picture. One file a section."""

from app.board.reducers import bedrun, callouts, command, findings, requests, surge, tasks, waiting

__all__ = ["bedrun", "callouts", "command", "findings", "requests", "surge", "tasks", "waiting"]

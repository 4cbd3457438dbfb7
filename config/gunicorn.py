"""How gunicorn serves Muster: `gunicorn -c config/gunicorn.py wsgi:app`.

One process with threads, which also runs the jobs, on SQLite and wherever there is no MUSTER_REDIS_URL; else any
number of gevent workers, with the jobs in processes of their own. Never preloaded: gevent replaces blocking calls
in each worker before the program is imported, and psycopg then waits without stopping the others.

Environment: HOST, PORT, MUSTER_WEB_WORKERS (1 to 64, default 2, with MUSTER_REDIS_URL alone) and what `config.settings`
reads.
"""

import os
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # gunicorn does not look in the checkout

from config.settings import Settings, SettingsError, load

# Sockets keep one thread each; these are left for requests.
REQUEST_THREADS = 32
# Connections that are no sockets: requests, and browsers that keep one open for the next request.
REQUEST_CONNECTIONS = 1_000
UNREAD_MILLISECONDS = 20_000
# What a request waits for the interpreter, each time, while another thread computes: a webhook is answered in a few.
SWITCH_SECONDS = 0.001


def gevent_worker() -> type:
    """gevent with gevent-websocket, whose writes reach a slow reader whole, without its log of every request.

    A request's path can hold a link that signs someone in, so it is kept out of the logs.
    """
    from geventwebsocket.gunicorn.workers import GeventWebSocketWorker
    from geventwebsocket.handler import WebSocketHandler

    class Handler(WebSocketHandler):
        def log_request(self) -> None:
            pass

    class GeventWorker(GeventWebSocketWorker):
        wsgi_handler = Handler

    return GeventWorker


def serving(settings: Settings, web_workers: int) -> dict[str, Any]:
    """One process with threads, or several that Valkey joins: boards of one must hear what another commits."""
    if settings.alone:
        return {"worker_class": "gthread", "workers": 1, "threads": settings.max_sockets + REQUEST_THREADS}
    return {"worker_class": gevent_worker(), "workers": web_workers}


def web_workers(settings: Settings) -> int:
    """Raises SettingsError for a number that is none, and for several workers that nothing would join."""
    text = os.environ.get("MUSTER_WEB_WORKERS") or ("1" if settings.alone else "2")
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise SettingsError(f"MUSTER_WEB_WORKERS: is {text!r}; expected is a whole number from 1 to 64")
    if int(text) > 1 and settings.alone:
        raise SettingsError("MUSTER_WEB_WORKERS: more than 1 needs PostgreSQL and MUSTER_REDIS_URL")
    return int(text)


def start_jobs(application: Any) -> None:
    """Run the jobs beside the requests of `application`, in this process."""
    from app.jobs import start_inline

    start_inline(application)


def drain_of(application: Any) -> Any:
    """What works off the webhooks of `application`, in a thread of its own; None when it is another program."""
    muster = getattr(application, "extensions", {}).get("muster")
    return muster.parts["drain"] if muster else None


def when_ready(server: Any) -> None:
    """Called by gunicorn before it starts workers. A browser that stopped reading, like a laptop whose lid was
    closed, is dropped by the kernel; it would hold a thread and what is written to it otherwise."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        for listener in server.LISTENERS:
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)


def post_worker_init(worker: Any) -> None:
    """Called by gunicorn in each worker once it has the program."""
    sys.setswitchinterval(SWITCH_SECONDS)
    if (drain := drain_of(worker.app.wsgi())) is not None:
        drain.start()
    if settings.jobs == "inline":
        start_jobs(worker.app.wsgi())


def worker_exit(_server: Any, worker: Any) -> None:
    """Called by gunicorn in a worker that ends: its ticks finish what they are at."""
    application = worker.app.callable
    if application is None:
        return
    if (drain := drain_of(application)) is not None:
        drain.stop()
    if settings.jobs == "inline":
        from app.jobs import stop_inline

        stop_inline(application)


try:
    settings = load()
    globals().update(serving(settings, web_workers(settings)))
except SettingsError as error:
    raise SystemExit(str(error)) from error

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_connections = settings.max_sockets + REQUEST_CONNECTIONS
preload_app = False
graceful_timeout = 4  # open sockets always use all of it
control_socket_disable = True
accesslog = None

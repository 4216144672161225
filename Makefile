# The book, its tests and its tools. The first run creates an environment; later ones reuse it.

PYTHON ?= python3
# What notebooks under test may spend (smoke, cpu or gpu), and how many run at a time.
BUDGET ?= smoke
WORKERS ?= 2
BENCH ?= $(wildcard benchmarks/*.py)

BIN := .venv/bin
READY := .venv/ready
# Linting needs ruff alone: that of .venv where it is there, else one in .lint, made in seconds.
RUFF := $(if $(wildcard $(READY)),$(BIN),.lint/bin)/ruff
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile

.PHONY: help book test notebooks lint format links bench rename clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

book: $(READY) ## render the site
	$(BIN)/jupyter-book build . $(BOOK_FLAGS)
	@echo _build/html/index.html

test: $(READY) ## ruff, unit tests, and every notebook at BUDGET=smoke (or cpu, gpu)
	@$(MAKE) --no-print-directory lint
	GANBOOK_BUDGET=$(BUDGET) $(PYTEST) tests
	GANBOOK_BUDGET=$(BUDGET) TQDM_DISABLE=1 $(PYTEST) book --nbval-lax --nbval-current-env \
		--nbval-sanitize-with nbval_sanitize.cfg --nbval-cell-timeout=600

notebooks: $(READY) ## execute all notebooks, or NB=path, and store their outputs
	$(BIN)/python tools/notebooks.py $(NB)

lint: $(RUFF) ## ruff over code and notebooks
	$(RUFF) check .
	$(RUFF) format --check .

format: $(RUFF) ## let ruff mend what it can
	$(RUFF) check --fix .
	$(RUFF) format .

links: $(READY) ## follow every link that leaves the book
	$(BIN)/jupyter-book build . --builder linkcheck --path-output _build/links

bench: $(READY) ## all measurements of benchmarks/, or BENCH=path
	for script in $(BENCH); do $(BIN)/python $$script || exit; done

rename: ## point everything at another repository: URL=https://github.com/OWNER/REPO
	$(PYTHON) tools/rename.py $(URL)

clean: ## remove what was made, but for .venv and .lint
	rm -rf _build build *.egg-info .pytest_cache .ruff_cache
	find ganbook tests tools benchmarks -name __pycache__ -exec rm -rf {} +

$(READY): pyproject.toml requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -r requirements.txt
	@touch $@

.lint/bin/ruff: requirements.txt
	$(PYTHON) -m venv .lint
	.lint/bin/pip install "$$(sed -n 's/^\(ruff[^ ]*\).*/\1/p' requirements.txt)"
	@touch $@

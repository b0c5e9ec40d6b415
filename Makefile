# Two commands for a newcomer: `make crawl` and `make test`. Both set everything up first.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: setup crawl test lint types bench fuzz torture harvest internet nodes site docs clean

setup: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(STAMP)

crawl: setup
	$(BIN)/scrapy crawl county_portals -a portals=demo

test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: setup
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m tests.bench

fuzz: setup
	$(BIN)/python -m tests.fuzz

torture: setup
	$(BIN)/python -m tests.torture

nodes: setup
	$(BIN)/python -m tests.nodes

internet: setup
	$(BIN)/python -m tests.internet --hosts 1000

harvest: setup
	$(BIN)/python -m tests.harvest

SEEDS := $(wildcard ../shared/seeds)

site: crawl
	@mkdir -p build
ifneq ($(SEEDS),)
	$(BIN)/scrapy replay $(SEEDS) -O build/seeds.jsonl
	$(BIN)/scrapy coverage --add build/seeds.jsonl --pages $(SEEDS) --site build/site
else
	$(BIN)/scrapy coverage --site build/site
endif

docs: setup
	$(BIN)/python -c "from crawler.dataset.codebook import codebook_markdown; print(codebook_markdown(), end='')" > docs/codebook.md

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache

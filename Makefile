# make setup: prepare everything. make run: that, and serve. make test: that, and test.
PORT ?= 8000
PYTHON ?= python3
MANAGE = .venv/bin/python manage.py

.PHONY: setup run test lint audit css libraries bench-search bench

.venv/bin/uv:
	@echo "Making the environment"
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet uv==0.13.9

.venv/installed: .venv/bin/uv requirements.txt
	@echo "Installing the portal's libraries (about a minute the first time)"
	.venv/bin/uv pip sync --compile-bytecode requirements.txt
	touch $@
	rm -f .venv/installed-dev

.venv/installed-dev: .venv/bin/uv requirements-dev.txt
	@echo "Installing the libraries that the tests need"
	.venv/bin/uv pip sync --compile-bytecode requirements-dev.txt
	touch $@ .venv/installed

.env: | .venv/installed
	@echo "Writing .env for development"
	@.venv/bin/python -c "import secrets; print(f'DEBUG=true\nSECRET_KEY={secrets.token_urlsafe(48)}\nALLOWED_HOSTS=localhost,127.0.0.1')" > $@

libraries:
	@sh .ci/libraries

setup: libraries .venv/installed .env
	@mkdir -p staticfiles
	@$(MANAGE) migrate
	@$(MANAGE) load_guidance

run: setup
	@$(MANAGE) demo_people
	@echo "Open http://127.0.0.1:$(PORT)/ (Ctrl-C stops the portal)"
	@$(MANAGE) runserver 127.0.0.1:$(PORT)

test: libraries .venv/installed-dev setup
	.venv/bin/python -m pytest $(ARGS)

lint: .venv/installed-dev .env
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	$(MANAGE) makemigrations --check --dry-run

# Known holes in our code and in libraries, and the bill of materials: .ci/audit.py says more.
audit: .venv/installed-dev
	.venv/bin/python .ci/audit.py

# Figures, not tests: they are of this machine, at this hour.
bench: .venv/installed-dev setup
	.venv/bin/python bench/run.py $(ARGS)

bench-search: .venv/installed-dev setup
	.venv/bin/python bench/search.py

css:
	npm install --no-package-lock --no-audit --no-fund
	npm run build

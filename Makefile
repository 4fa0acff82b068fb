# The short names of everything people do here. Set-up goes into .venv, user files of Jupyter too.
PYTHON  ?= python3
INSTALL ?= .venv/bin/python -m pip install --disable-pip-version-check --quiet
RUN     := .venv/bin/python

# Nothing is written outside this folder, and nobody's own Jupyter settings change what the tests see.
export JUPYTER_CONFIG_DIR := $(CURDIR)/.venv/jupyter
export JUPYTER_DATA_DIR := $(CURDIR)/.venv/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.venv/jupyter/runtime
export IPYTHONDIR := $(CURDIR)/.venv/jupyter/ipython
export MPLCONFIGDIR := $(CURDIR)/.venv/matplotlib
export JUPYTER_PLATFORM_DIRS := 1
export npm_config_cache := $(CURDIR)/.venv/npm-cache

# $(call need,EXTRA): install one of pyproject.toml's optional groups, once.
need = test -e .venv/with-$(1) || { echo "Adding what this needs ($(1)) ..."; $(INSTALL) -e '.[$(1)]' && touch .venv/with-$(1); }
# $(call npm,PACKAGES): bring packages from npm, once. npm itself comes as a Python package: nobody needs Node.js.
npm = test -e ".venv/node/with $(1)" || { .venv/bin/npm install --prefix .venv/node --silent --no-package-lock \
  --ignore-scripts $(1) && touch ".venv/node/with $(1)"; }

.PHONY: help setup lab test test-machines lint notebooks figures bench sweep site slides rise assets test-browser test-hub clean
.DEFAULT_GOAL := help

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

# The last steps of a set-up silence JupyterLab's news pop-up, and let Matplotlib build its font list now rather than
# in a reader's first cell. .venv/ready says for which folder and which pyproject.toml a set-up ran to its end. Without it, whatever stands in
# .venv was broken off and is built anew.
setup:  ## prepare .venv (the other commands do so by themselves)
	@wanted="$(CURDIR) $$(cksum < pyproject.toml)"; \
	if [ "$$(cat .venv/ready 2>/dev/null)" = "$$wanted" ]; then exit 0; fi; \
	trap 'echo; echo "Set-up was broken off. Run the same command again: it starts over by itself." >&2; exit 1' INT TERM; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, $(PYTHON) is older or missing: try  make PYTHON=python3.11 ..." >&2; exit 1; }; \
	echo "Setting up .venv: a few minutes the first time, about 1.5 GB ..."; \
	$(PYTHON) -m venv --clear .venv \
	  || { echo "Python could not make .venv. Is there room on the disk? Debian and Ubuntu also need: apt install python3-venv" >&2; exit 1; }; \
	$(INSTALL) -e '.[course,test]' \
	  || { echo "Set-up stopped above. Is there a network, and room on the disk? Then run the same command again: it starts over by itself." >&2; exit 1; }; \
	mkdir -p .venv/share/jupyter/lab/settings \
	  && printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
	     > .venv/share/jupyter/lab/settings/overrides.json \
	  && mkdir -p "$$IPYTHONDIR" "$$JUPYTER_RUNTIME_DIR" && .venv/bin/python -c 'import matplotlib.font_manager' 2>/dev/null \
	  && echo "$$wanted" > .venv/ready

LAB := $(RUN) -m jupyterlab --LabApp.news_url=None --LabApp.extension_manager=readonly \
  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate notebooks/01_forward_equations.ipynb

lab: setup  ## open the course in JupyterLab
	$(LAB)

test: setup  ## run all tests: every notebook under nbval, what nbval does not see, the helpers
	$(RUN) -m pytest

test-machines: setup  ## run the notebooks as on other processors, e.g. SETTINGS="oldest threads"; without it, under all
	$(RUN) tools/machines.py $(SETTINGS)

lint: setup  ## check code and notebooks with ruff
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

notebooks: setup  ## run all notebooks again and store their outputs; two runs give the same bytes
	$(RUN) tools/notebooks.py

site: assets  ## write the notebooks as pages that need no Jupyter and no network: site/index.html
	$(RUN) tools/website.py

slides: assets  ## write a deck of slides for each notebook, which needs no network either: slides/index.html
	$(RUN) tools/slides.py

rise: setup  ## open the course in JupyterLab with live slides: the button "Render as Reveal Slideshow" in the toolbar
	@$(call need,rise)
	$(LAB)

assets: setup
	@$(call need,publish)
	@$(call npm,mathjax@3.2.2 reveal.js@4.6.1)

test-browser: site slides  ## open every notebook, page and slide in headless Chromium; screenshots/ shows what it saw
	@$(call need,browser)
	$(RUN) -m pytest --dist load tests/browser/check_pages.py tests/browser/check_notebooks.py

test-hub: setup  ## let eight students at once run notebook 05 on a JupyterHub on this machine; a few minutes, not part of CI
	@$(call need,hub)
	@$(call npm,configurable-http-proxy@5.3.0)
	$(RUN) tools/hub.py

figures: setup  ## draw figures/ again
	$(RUN) -m lstm_helpers.plots.files

bench: setup  ## time the NumPy LSTM against PyTorch's, about five minutes
	$(RUN) tools/bench.py

sweep: setup  ## train all networks of the memory experiment again, about seven minutes; can be stopped and resumed
	$(RUN) -m lstm_helpers.experiment.sweep

test-ledger: setup  ## make mistakes in the left side of every numbered equation and see whether its check notices
	$(RUN) tools/ledger.py

clean:  ## remove .venv and everything that tools left behind
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis build *.egg-info site slides screenshots

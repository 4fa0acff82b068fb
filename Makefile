# The short names of everything people do here. Set-up goes into .venv, user files of Jupyter too.
PYTHON ?= python3
RUN    := .venv/bin/python

# Nothing is written outside this folder, and nobody's own Jupyter settings change what the tests see.
export JUPYTER_CONFIG_DIR := $(CURDIR)/.venv/jupyter
export JUPYTER_DATA_DIR := $(CURDIR)/.venv/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.venv/jupyter/runtime
export IPYTHONDIR := $(CURDIR)/.venv/jupyter/ipython
export MPLCONFIGDIR := $(CURDIR)/.venv/matplotlib
export JUPYTER_PLATFORM_DIRS := 1
export npm_config_cache := $(CURDIR)/.venv/npm-cache
# A set-up compiles no package ahead of its first import; containers often tell Python not to keep what it compiles.
unexport PYTHONDONTWRITEBYTECODE

# $(call npm,PACKAGES): bring packages from npm, once. npm itself comes as a Python package: nobody needs Node.js.
npm = test -e ".venv/node/with $(1)" || { .venv/bin/npm install --prefix .venv/node --silent --no-package-lock \
  --ignore-scripts $(1) && touch ".venv/node/with $(1)"; }

.PHONY: FORCE not-as-root folder-named help setup lab test test-tools test-doctor test-newest test-machines lint notebooks translation test-chinese figures bench sweep site slides handout rise assets test-browser test-browser-push test-hub grade students clean
.DEFAULT_GOAL := help
.NOTPARALLEL:

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' Makefile

# .venv/with-EXTRA is looked at each time, which costs a moment where .venv holds already what `course` and this group of
# pyproject.toml's optional dependencies ask for.
define SETUP
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo "Python 3.11 or newer is needed, $(PYTHON) is older or missing: try  make PYTHON=python3.11 ..." >&2; exit 1; }
@$(PYTHON) tools/setup.py $@
endef
.venv/with-%: FORCE
	$(SETUP)
.newest/with-%: FORCE
	$(SETUP)

setup: .venv/with-course  ## prepare .venv (the other commands do so by themselves)

START ?= notebooks/01_forward_equations.ipynb
# Jupyter's folder is the notebook's. It prints default_url where there is no browser to open the notebook in.
LAB = $(RUN) -m jupyterlab --LabApp.news_url=None --LabApp.extension_manager=readonly --LabApp.custom_css=True \
  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
  --LabApp.default_url=/lab/tree/$(notdir $(START)) $(START) $(OPTIONS)

# Jupyter runs as root only when told to: whoever reaches it could do anything on this machine.
not-as-root:
	@case "$$(id -u) $$OPTIONS" in "0 "*--allow-root*) ;; "0 "*) \
	  echo 'JupyterLab does not start as root unless told to: make lab OPTIONS=--allow-root (in a container: OPTIONS="--allow-root --ip=0.0.0.0 --no-browser")' >&2; exit 1 ;; esac

lab: not-as-root .venv/with-course  ## open the course in JupyterLab
	mkdir -p .venv/jupyter/custom && cp tools/lab.css .venv/jupyter/custom/custom.css
	$(LAB)

test: .venv/with-test  ## run all tests: every notebook under nbval, what nbval does not see, the helpers
	$(RUN) -m pytest

test-tools: .venv/with-test  ## test what makes and audits the course: set-up, slides, pages, Chinese, ledger, grading's walls
	$(RUN) -m pytest tests/tools

test-doctor: .venv/with-test  ## ask the doctor about all of its cases, of which `make test` has every fifth
	LSTM_DOCTOR=all $(RUN) -m pytest tests/test_diagnosis.py tests/test_faulty_backwards.py tests/test_pairs.py

test-newest: .newest/with-test  ## run all tests with the newest version of every package, in an environment of its own
	.newest/bin/python -m pytest

test-machines: .venv/with-test  ## run the notebooks as on other processors, e.g. SETTINGS="oldest threads"; without it, under all
	$(RUN) -m tools.audit.machines $(SETTINGS)

lint: .venv/with-test  ## check code and notebooks with ruff, the floors with import-linter
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	.venv/bin/lint-imports --no-cache

notebooks: .venv/with-test  ## run all notebooks again, store their outputs, and write the Chinese ones; two runs give the same bytes
	$(RUN) -m tools.notebooks
	$(RUN) -m tools.chinese.translation

translation: .venv/with-test  ## bring the Chinese catalogues up to date, write notebooks/zh from them, say how much is missing
	$(RUN) -m tools.chinese.translation

test-chinese: .venv/with-test  ## is everything translated? Until it is, the Chinese course shows English, and other tests stay green
	$(RUN) -m pytest -n 0 tests/tools/check_chinese.py

site: slides  ## write the course as pages that need no Jupyter and no network, slides included: site/index.html
	$(RUN) -m tools.site.website

slides: assets  ## write a deck of slides for each notebook, which needs no network either: slides/index.html
	$(RUN) -m tools.slides.decks

handout: slides .venv/with-browser  ## write each deck as a PDF to print, a page a slide with its note: slides/*.pdf
	$(RUN) -m tools.slides.handout

# Its own theme would ask a server for fonts.
RISE := .venv/jupyter/lab/user-settings/jupyterlab-rise
rise: not-as-root .venv/with-rise  ## open the course in JupyterLab with live slides: the button "Render as Reveal Slideshow" in the toolbar
	@mkdir -p $(RISE) && cp tools/slides/templates/rise.json $(RISE)/plugin.jupyterlab-settings
	$(LAB)

assets: .venv/with-publish
	@$(call npm,mathjax@3.2.2 reveal.js@4.6.1)

BROWSER = $(RUN) -m pytest --dist load tests/browser/check_*.py
test-browser: site .venv/with-test .venv/with-rise .venv/with-browser  ## open every notebook, page and slide in headless Chromium; screenshots/ shows what it saw
	$(BROWSER)

test-browser-push: site .venv/with-test .venv/with-browser  ## of that what a push needs: a lesson, its exercises, pages and deck in each language, the living LSTM
	$(BROWSER) -k "01_forward_equations and not solutions or index or check_living"

test-hub: .venv/with-hub  ## let eight students at once run notebook 05 on a JupyterHub on this machine; a few minutes, not part of CI
	@$(call npm,configurable-http-proxy@5.3.0)
	$(RUN) -m tools.audit.hub

folder-named:
	@test -n "$(FOLDER)" || { echo 'FOLDER is missing: make $(MAKECMDGOALS) FOLDER=...' >&2; exit 1; }

grade: folder-named .venv/with-test  ## run a class's exercises and write down who has what right: FOLDER=submissions. Runs students' code!
	$(RUN) -m lstm_tutor.grade.grade "$(FOLDER)" $(OPTIONS)

students: folder-named  ## write the notebooks without solutions into FOLDER=..., to hand out
	$(PYTHON) tools/students.py "$(FOLDER)"

figures: .venv/with-course  ## draw figures/ again
	$(RUN) -m tools.figures

bench: .venv/with-course  ## time the NumPy LSTM against PyTorch's, about five minutes
	$(RUN) -m tools.audit.bench

sweep: .venv/with-course  ## train all networks of the memory experiment again, about ten minutes; can be stopped and resumed
	$(RUN) -m lstm_helpers.experiment.sweep

test-ledger: .venv/with-test  ## make mistakes in the left side of every numbered equation and see whether its check notices
	$(RUN) -m tools.audit.ledger

clean:  ## remove .venv and everything that tools left behind
	rm -rf .venv .venv.old .newest .pytest_cache .ruff_cache .hypothesis build *.egg-info site slides screenshots

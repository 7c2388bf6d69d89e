# Firstcall. `make help` lists the commands.

COMPANY ?= examples/company.yaml
PORT ?= 4566
DEMO ?= 1
STACK ?=
PARAMETERS ?=
export PYTHON PORT COMPANY DEMO STACK PARAMETERS

.DEFAULT_GOAL := help
.PHONY: help up down test check bench load drills deploy apply dev cloud policies lock fix

help: ## Lists these commands
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

up: cloud ## Starts the local cloud, deploys, applies COMPANY=file.yaml, plays two calls (PORT=4566, DEMO=0 skips the calls)
	@.venv/bin/python -m tools.up

down: ## Stops the local cloud; its data stay for the next `make up`
	@sh tools/with-python.sh -m tools.down

test: cloud ## Runs the whole test suite
	@.venv/bin/python -m pytest -n auto --no-loadscope-reorder

check: cloud policies ## Runs what CI runs: format, lint, types, template, rules, tests
	@.venv/bin/python -m tools.check

bench: dev ## Measures the hot paths against a floor taken in the same run
	@.venv/bin/python -m bench.run

load: cloud ## Plays days of calls, in process and against a local stack of its own: the work for one CPU second
	@.venv/bin/python -m load.run $(LOAD)

drills: cloud ## Plays calls while AWS fails in chosen ways, on a local stack of its own: is every promise kept?
	@.venv/bin/python -m drills.run $(DRILLS)

deploy: cloud ## Deploys the same template to AWS with your own credentials: make deploy STACK=name
	@.venv/bin/python -m tools.deploy

apply: dev ## Puts COMPANY=file.yaml in force on the local stack, or with STACK=name on one in AWS
	@.venv/bin/python -m tools.apply

fix: dev ## Formats the code and repairs what ruff can repair
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

lock: dev ## Renews requirements/*.txt from requirements/*.in
	@.venv/bin/python -m tools.lock

dev:
	@sh tools/with-python.sh tools/bootstrap.py dev

cloud:
	@sh tools/with-python.sh tools/bootstrap.py dev cloud sam

policies:
	@sh tools/with-python.sh tools/bootstrap.py policies

# One rule builds every function: WebhookFunction -> functions/webhook. `sam build` runs it with ARTIFACTS_DIR set.
build-%Function:
	@.venv/bin/python -m tools.bundle $* "$(ARTIFACTS_DIR)"

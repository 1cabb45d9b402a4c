# Vouchsafe. `make help` lists every target.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
WORKERS ?= 3

PROTOS = $(shell find proto/vouchsafe -name '*.proto' | sort)
RPC_PROTOS = $(shell find proto/vouchsafe -name '*_service.proto' | sort)
PROTOC = $(PY) -m grpc_tools.protoc -I proto -I proto/third_party

.PHONY: help
help: ## List every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

# --- Set-up ---------------------------------------------------------------------------------------------------------

$(STAMP): requirements/dev.lock pyproject.toml deploy/setup.sh
	@bash deploy/setup.sh $(VENV)
	@touch $(STAMP)

.PHONY: setup
setup: $(STAMP) ## Make the virtual environment, with hash-locked dependencies

.PHONY: lock
lock: $(STAMP) ## Resolve requirements/*.in again into the lock files
	for name in runtime dev ci bench; do \
	  env -u PIP_FIND_LINKS $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate requirements/$$name.in -o requirements/$$name.lock; \
	done

# --- Run ------------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(STAMP) ## Run the whole story on real parts; POSTS=path reads other posts
	@$(PY) -m examples.demo $(if $(POSTS),--posts "$(POSTS)")

.PHONY: up
up: $(STAMP) ## Start a local platform and keep it running
	@$(PY) -m deploy.local up

.PHONY: down
down: $(STAMP) ## Stop the local platform
	@$(PY) -m deploy.local down

.PHONY: status
status: $(STAMP) ## Show the local platform's processes
	@$(PY) -m deploy.local status || true

# --- Prove ----------------------------------------------------------------------------------------------------------

# Bytecode is kept here: hundreds of processes import the same modules. More workers than a small machine has cores,
# since many tests wait, for a delay to be over or for a process to be there.
.PHONY: test
test: export PYTHONDONTWRITEBYTECODE :=
test: $(STAMP) ## Pass all tests, on real parts
	$(PY) -m pytest -q -n $(WORKERS) --no-loadscope-reorder tests

.PHONY: faults
faults: $(STAMP) ## Break real services under load and judge what is left; FAULTS_SEED=n repeats a run's choices
	FAULTS=all $(PY) -m pytest -v tests/faults

.PHONY: boundary
boundary: $(STAMP) ## Attack who is behind an alias, with 200 people; writes docs/boundary.md; then `make removals`
	@$(PY) -m tests.boundary

.PHONY: removals
removals: $(STAMP) ## Take each countermeasure of disclosure's THREATS.md away; its tests must fail; ONLY="id id" takes those
	@$(PY) -m tests.boundary.removing $(ONLY)

.PHONY: bench
bench: $(STAMP) ## Measure the event log's speed beside the raw limits; ARGS="--quick" shows that it runs
	@$(PY) -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/bench.lock
	@$(PY) -m bench $(ARGS)

.PHONY: check
check: $(STAMP) fmt-check lint types imports proto-check docs-check deploy-check ## Pass every gate that runs no service

.PHONY: fmt
fmt: $(STAMP) ## Format the code
	ruff format .
	ruff check --fix -q . || true
	buf format -w

.PHONY: fmt-check
fmt-check: $(STAMP)
	ruff format --check -q .
	buf format -d --exit-code

.PHONY: lint
lint: $(STAMP) ## Lint Python and protos
	ruff check -q .
	buf lint

.PHONY: types
types: $(STAMP) ## Check types, strictly
	mypy services client deploy examples bench

.PHONY: imports
imports: $(STAMP) ## Check who may import whom
	lint-imports --cache-dir .run/cache/import-linter

.PHONY: review-lines
review-lines: $(STAMP) ## Count the lines of docs/review-in-a-day.md again
	@$(PY) -m tests.boundary.review

.PHONY: imports-lock
imports-lock: $(STAMP) ## Accept what disclosure imports now: writes services/disclosure/IMPORTS.lock
	@$(PY) -m tests.boundary.imports_lock --write

GEN ?= proto/gen
.PHONY: proto
proto: $(STAMP) ## Generate the protobuf code in proto/gen
	rm -rf $(GEN)
	mkdir -p $(GEN)
	$(PY) -m grpc_tools.protoc -I proto/third_party --python_out=$(GEN) --pyi_out=$(GEN) buf/validate/validate.proto
	$(PROTOC) --python_out=$(GEN) --pyi_out=$(GEN) $(PROTOS)
	$(PROTOC) --grpc_python_out=$(GEN) --mypy_grpc_out=quiet:$(GEN) $(RPC_PROTOS)

.PHONY: proto-check
proto-check: $(STAMP) ## Check that proto/gen is what the protos say, and that no proto breaks its past
	@bash deploy/proto-check.sh

.PHONY: docs-check
docs-check: $(STAMP) ## Check that README's generated parts are current
	@$(PY) -m deploy.docs --check

.PHONY: docs
docs: $(STAMP) ## Write README's generated parts again
	@$(PY) -m deploy.docs

.PHONY: deploy-check
deploy-check: $(STAMP) ## Render the manifests and check them against Kubernetes' schemas
	@$(PY) -m deploy.k8s.check

.PHONY: clean
clean: ## Stop the local platform; remove the virtual environment and all run-time data
	@[ ! -x $(PY) ] || [ ! -d .run/platform ] || $(PY) -m deploy.local down
	rm -rf $(VENV) .run

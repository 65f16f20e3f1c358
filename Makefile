# The commands of a developer. Targets that need Debian packages or Python tools install them first.

SWIFT ?= swift
NOIDA := .tools/noida/noida_db/noida-db
BROWSER := .tools/browser
SCHEMATHESIS := .tools/schemathesis
FORMATTED := Package.swift Sources Tests

.PHONY: demo test test-tsan test-asan fuzz test-browser test-api build release bench soak faults faults-ci simulate mutations lint format check-deploy setup clean

demo: setup
	$(SWIFT) build -c release --product salestargets
	@.build/release/salestargets demo $(ARGUMENTS) || test $$? -eq 130 # 130: ended by Ctrl-C

build: setup
	$(SWIFT) build

release: setup
	$(SWIFT) build -c release --product salestargets

test: setup $(NOIDA)
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest --no-parallel

# The tests, and the programs that they start, under the thread or the address sanitizer: about half an hour each.
# For one suite: make test-tsan ARGUMENTS="--filter KafkaTests".
test-tsan: setup $(NOIDA)
	SWIFT="$(SWIFT)" tools/test-sanitized thread $(ARGUMENTS)

test-asan: setup $(NOIDA)
	SWIFT="$(SWIFT)" tools/test-sanitized address $(ARGUMENTS)

# Fuzzes the decoders of outside data with libFuzzer, each target for FUZZ_SECONDS (60).
# For some targets: make fuzz ARGUMENTS="events json".
fuzz: setup
	SWIFT="$(SWIFT)" tools/fuzz $(ARGUMENTS)

# Tests the page of the demo in Debian's Chromium and writes pictures to .build/screenshots.
test-browser: setup $(BROWSER)/installed
	@tools/setup browser
	$(SWIFT) build --product salestargets
	PYTHONPATH=$(BROWSER) PYTHONDONTWRITEBYTECODE=1 python3 -m pytest Tests/Browser $(ARGUMENTS)

# Tests the demo against its OpenAPI document.
test-api: setup $(SCHEMATHESIS)/installed
	$(SWIFT) build --product salestargets
	PYTHONPATH=$(SCHEMATHESIS) PYTHONDONTWRITEBYTECODE=1 python3 Tests/API/run .build/debug/salestargets

bench: setup $(NOIDA)
	@tools/setup bench
	$(SWIFT) build -c release --product salestargets
	$(SWIFT) build -c release --product bench
	.build/release/bench $(ARGUMENTS)

# Ten minutes at half load: checks memory, open files and lag.
soak: setup $(NOIDA)
	$(SWIFT) build -c release --product salestargets
	$(SWIFT) build -c release --product bench
	.build/release/bench --only soak $(ARGUMENTS)

# Runs the production code over a simulated Redis and log, in 100,000 schedules.
simulate: setup
	$(SWIFT) build -c release --product simulate
	.build/release/simulate $(ARGUMENTS)

# Removes one guard from the code at a time; the simulation, or the fault run (--by faults), must find each.
mutations: setup $(NOIDA)
	tools/mutations $(ARGUMENTS)

# Causes random faults while the program runs: make faults ARGUMENTS="--seed 7 --rounds 100".
faults: setup $(NOIDA)
	$(SWIFT) build -c release --product salestargets
	$(SWIFT) build -c release --product faults
	.build/release/faults $(ARGUMENTS)

# Causes every kind of fault, always in the same order, with the debug build.
faults-ci: setup $(NOIDA)
	$(SWIFT) build --product salestargets
	$(SWIFT) build --product faults
	.build/debug/faults --seed 7 --rounds 8 --rounds-per-system 3 --events 900 --require-all $(ARGUMENTS)

lint:
	$(SWIFT) format lint --strict --recursive --parallel $(FORMATTED)
	tools/check-fences

format:
	$(SWIFT) format --in-place --recursive --parallel $(FORMATTED)

check-deploy: setup
	tools/check-deploy

setup:
	@tools/setup

# The broker for tests and measurements. It is not a part of the product.
$(NOIDA):
	python3 -m pip install --quiet --disable-pip-version-check --target .tools/noida noida-db==0.2.3

$(BROWSER)/installed: Tests/Browser/requirements.txt
$(SCHEMATHESIS)/installed: Tests/API/requirements.txt
%/installed:
	rm -rf $(@D)
	python3 -m pip install --quiet --disable-pip-version-check --target $(@D) --requirement $<
	touch $@

clean:
	rm -rf .build .build-* .tools

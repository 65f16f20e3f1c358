# What a person types. `make demo` and `make test` install what is missing first.

SWIFT ?= swift
NOIDA := .tools/noida/noida_db/noida-db
BROWSER := .tools/browser
SCHEMATHESIS := .tools/schemathesis
FORMATTED := Package.swift Sources Tests

.PHONY: demo test test-tsan test-asan fuzz test-browser test-api build release bench soak faults faults-ci simulate mutations lint format check-deploy setup clean

demo: setup
	$(SWIFT) build -c release --product salestargets
	@.build/release/salestargets demo $(ARGUMENTS) || test $$? -eq 130 # Ctrl-C is how it ends

build: setup
	$(SWIFT) build

release: setup
	$(SWIFT) build -c release --product salestargets

test: setup $(NOIDA)
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest --no-parallel

# The same with every access of memory watched, in the programs that the tests start too; it takes half an hour each.
# One suite alone: make test-tsan ARGUMENTS="--filter KafkaTests".
test-tsan: setup $(NOIDA)
	SWIFT="$(SWIFT)" tools/test-sanitized thread $(ARGUMENTS)

test-asan: setup $(NOIDA)
	SWIFT="$(SWIFT)" tools/test-sanitized address $(ARGUMENTS)

# Whatever reads what others wrote, with libFuzzer: each target for FUZZ_SECONDS, or those of ARGUMENTS="events json".
fuzz: setup
	SWIFT="$(SWIFT)" tools/fuzz $(ARGUMENTS)

# What people do, in Debian's Chromium against the demo; pictures of it are in .build/screenshots afterwards.
test-browser: setup $(BROWSER)/installed
	@tools/setup browser
	$(SWIFT) build --product salestargets
	PYTHONPATH=$(BROWSER) PYTHONDONTWRITEBYTECODE=1 python3 -m pytest Tests/Browser $(ARGUMENTS)

# Everything that openapi.json says, asked of the demo.
test-api: setup $(SCHEMATHESIS)/installed
	$(SWIFT) build --product salestargets
	PYTHONPATH=$(SCHEMATHESIS) PYTHONDONTWRITEBYTECODE=1 python3 Tests/API/run .build/debug/salestargets

bench: setup $(NOIDA)
	@tools/setup bench
	$(SWIFT) build -c release --product salestargets
	$(SWIFT) build -c release --product bench
	.build/release/bench $(ARGUMENTS)

# Ten minutes at half of what it can do: memory, open files and lag.
soak: setup $(NOIDA)
	$(SWIFT) build -c release --product salestargets
	$(SWIFT) build -c release --product bench
	.build/release/bench --only soak $(ARGUMENTS)

# 100,000 interleavings of the posting protocol, production code over a simulated Redis and log.
simulate: setup
	$(SWIFT) build -c release --product simulate
	.build/release/simulate $(ARGUMENTS)

# One guard taken out of the code at a time: the simulation, or the fault run (--by faults), has to find it.
mutations: setup $(NOIDA)
	tools/mutations $(ARGUMENTS)

# Things go wrong under the running program, at random: ARGUMENTS="--seed 7 --rounds 100".
faults: setup $(NOIDA)
	$(SWIFT) build -c release --product salestargets
	$(SWIFT) build -c release --product faults
	.build/release/faults $(ARGUMENTS)

# Every kind of fault once, always the same ones, with the debug build.
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

# The broker of the tests and measurements: a test tool, never a part of the product.
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

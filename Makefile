# `make run` shows the switch at work, `make test` runs every check. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
ARGS ?=
SWALE := .build/release/swale

# The Swift toolchain brings a clang with a BPF target.
CLANG ?= $(or $(wildcard $(dir $(shell command -v swift))clang),clang)
# `clang -target bpf` does not search the folder that holds asm/types.h.
BPFFLAGS := -O2 -g -target bpf -Wall -Werror -Iexamples/include -idirafter /usr/include/$(shell uname -m)-linux-gnu
EXAMPLES := $(patsubst examples/%.c,build/examples/%.o,$(wildcard examples/*.c))

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: ## hosts in network namespaces talk through a switch; ARGS="--once", ARGS="--port 8081"
	@exec scripts/demo.sh $(ARGS)

test: ## every check: lint, unit tests, end-to-end and contract tests
	@exec scripts/test.sh

bench: build ## the switch beside the Linux bridge
	@exec scripts/bench.sh $(ARGS)

build: toolchain ## release build of swale, and the examples
	swift build -c release --product swale --static-swift-stdlib
	@$(MAKE) --no-print-directory examples

toolchain:
	@scripts/install.sh build

examples: $(EXAMPLES) ## compile examples/*.c to build/examples/*.o

build/examples/%.o: examples/%.c $(wildcard examples/include/*.h examples/include/*/*.h) | build/examples
	$(CLANG) $(BPFFLAGS) -c $< -o $@

build/examples:
	@scripts/install.sh clang $(CLANG)
	@mkdir -p $@

lint: ## check format and scripts
	swift format lint --strict --recursive --parallel --configuration .swift-format Sources Tests
	@for script in scripts/*.sh .ci/run; do bash -n "$$script" || exit 1; done

format: ## format the Swift sources in place
	swift format --in-place --recursive --parallel --configuration .swift-format Sources Tests

install: ## copy swale, the page and the systemd unit below PREFIX (/usr/local); run `make build` first
	install -D -m 0755 $(SWALE) $(DESTDIR)$(PREFIX)/bin/swale
	install -d $(DESTDIR)$(PREFIX)/share/swale
	install -m 0644 openapi.yaml $(DESTDIR)$(PREFIX)/share/swale/
	cp -R web $(DESTDIR)$(PREFIX)/share/swale/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local|$(PREFIX)|' deploy/swale.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/swale.service

clean: ## remove what was built
	rm -rf .build build

.PHONY: help run test bench build toolchain examples lint format install clean

# `make run` shows the switch at work, `make test` runs every check. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
ARGS ?=
SWALE := .build/release/swale

# The Swift toolchain brings a clang with a BPF target.
CLANG ?= $(or $(wildcard $(dir $(shell command -v swift))clang),clang)
# `clang -target bpf` does not search the folder that holds asm/types.h.
BPFFLAGS := -O2 -g -target bpf -Wall -Werror -ffile-prefix-map=$(CURDIR)/= -Iexamples/include -idirafter /usr/include/$(shell uname -m)-linux-gnu
EXAMPLES := $(patsubst examples/%.c,build/examples/%.o,$(wildcard examples/*.c))

# What the verifier is measured by: every program for every processor, at every level of optimisation.
VARIANTS := $(foreach cpu,v1 v2 v3 v4,$(addprefix $(cpu)-,O1 O2 O3))
PROGRAM_SOURCES := $(wildcard Tests/Fixtures/xdp/*.c)
PROGRAM_NAMES := $(patsubst Tests/Fixtures/xdp/%.c,%,$(PROGRAM_SOURCES))
PROGRAMS := $(foreach variant,$(VARIANTS),$(patsubst %,build/xdp/%-$(variant).o,$(PROGRAM_NAMES)))
# Atomic operations that give back what was there came with v3.
PROGRAMS := $(filter-out build/xdp/atomics-v1-% build/xdp/atomics-v2-%,$(PROGRAMS))

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

run: ## hosts in network namespaces talk through a switch; ARGS="--once", ARGS="--port 8081"
	@exec scripts/demo.sh $(ARGS)

test: ## every check: lint, unit tests, end-to-end and contract tests
	@exec scripts/test.sh

bench: build ## the switch beside the Linux bridge
	@exec scripts/bench.sh $(ARGS)

# What Benchmarks/ measures: every type of map with its own build of maps.c. Its folder has a package of its own.
BENCHFLAGS := $(BPFFLAGS) -mcpu=v3 -IBenchmarks/Sources/CBaselines/include
BENCH_HEADERS := $(wildcard Benchmarks/programs/*.h Benchmarks/Sources/CBaselines/include/*.h)
BENCH_HASHES := hash percpu_hash lru_hash lru_percpu_hash
BENCH_MAPS := $(patsubst %,build/bench/maps-%.o,array percpu_array $(BENCH_HASHES) lpm_trie)
BENCH_PROGRAMS := build/bench/programs.o build/bench/programs-vale.o build/bench/tail_calls.o

build/bench/maps-array.o build/bench/maps-percpu_array.o: KEYS := INDEX
$(BENCH_HASHES:%=build/bench/maps-%.o): KEYS := HASHED
build/bench/maps-lpm_trie.o: KEYS := PREFIX
build/bench/programs-vale.o: BENCHFLAGS += -DVALE

bench-maps: $(BENCH_MAPS) ## the maps beside Linux's, as a table; QUICK=1
bench-programs: $(BENCH_PROGRAMS) ## programs beside Linux's JIT and native code, as a table; QUICK=1

bench-forwarding: $(BENCH_PROGRAMS) ## frames between ports in memory, beside a loop in C; QUICK=1

bench-maps bench-programs bench-forwarding:
	@swift build -c release --package-path Benchmarks --product $@ >&2
	@Benchmarks/.build/release/$@ build/bench

build/bench/maps-%.o: Benchmarks/programs/maps.c $(BENCH_HEADERS) | build/bench
	@$(CLANG) $(BENCHFLAGS) -DTYPE=BPF_MAP_TYPE_$(shell echo $* | tr a-z A-Z) -DKEYS_$(KEYS) -c $< -o $@

build/bench/programs.o build/bench/programs-vale.o: Benchmarks/programs/programs.c $(BENCH_HEADERS) | build/bench
	@$(CLANG) $(BENCHFLAGS) -c $< -o $@

build/bench/tail_calls.o: Benchmarks/programs/tail_calls.c | build/bench
	@$(CLANG) $(BENCHFLAGS) -c $< -o $@

build/bench:
	@scripts/install.sh bench >&2
	@scripts/install.sh clang $(CLANG)
	@mkdir -p $@

build: toolchain ## release build of swale, and the examples
	swift build -c release --product swale --static-swift-stdlib
	@$(MAKE) --no-print-directory examples

toolchain:
	@scripts/install.sh build

examples: $(EXAMPLES) ## compile examples/*.c to build/examples/*.o

build/examples/%.o: examples/%.c $(wildcard examples/include/*.h examples/include/*/*.h) | build/examples
	$(CLANG) $(BPFFLAGS) -c $< -o $@

programs: $(PROGRAMS) ## compile the verifier's test programs to build/xdp/*.o

# What is compared with Linux on packets: each as its kind of program is built elsewhere.
COMPARED := $(patsubst Tests/Fixtures/xdp/programs/%.c,build/compared/%.o,$(wildcard Tests/Fixtures/xdp/programs/*/*.c))
compared: $(COMPARED) ## compile the programs that tests compare with Linux to build/compared/*/*.o

build/compared/%.o: Tests/Fixtures/xdp/programs/%.c $(wildcard Tests/Fixtures/xdp/*/*.h Tests/Fixtures/xdp/programs/*/*.h)
	@mkdir -p $(@D)
	@$(CLANG) $(BPFFLAGS) -ITests/Fixtures/xdp/include $(shell sed -n 's/^.*clang: //p' $<) -c $< -o $@

define PROGRAM_RULE
build/xdp/%-$(1).o: Tests/Fixtures/xdp/%.c $(wildcard Tests/Fixtures/xdp/*/*.h) | build/xdp
	@$$(CLANG) $$(BPFFLAGS) $(patsubst v%,-mcpu=v%,$(subst -, -,$(1))) -c $$< -o $$@
endef
$(foreach variant,$(VARIANTS),$(eval $(call PROGRAM_RULE,$(variant))))

build/examples build/xdp:
	@scripts/install.sh clang $(CLANG)
	@mkdir -p $@

# It looks inside the modules, which release builds hide: a build of its own. The flaws to be planted come with DEBUG.
FUZZ_FLAWS := $(findstring --flaws,$(ARGS))
FUZZ_BUILD := -c release --scratch-path .build/fuzz$(FUZZ_FLAWS) --product swale-fuzz -Xswiftc -enable-testing
FUZZ_BUILD += $(if $(FUZZ_FLAWS),-Xswiftc -DDEBUG)

fuzz: ## random programs against the verifier; ARGS="--seed 1 --programs 100000 --seconds 600", ARGS="--flaws"
	@swift build $(FUZZ_BUILD)
	@$$(swift build $(FUZZ_BUILD) --show-bin-path)/swale-fuzz $(ARGS)

networks: build ## set up each network of examples/networks and see that it works
	@scripts/install.sh run
	@for network in firewall load_balancer router; do examples/networks/$$network.sh || exit 1; done

sanitize: ## tests of maps and engine under ThreadSanitizer and AddressSanitizer
	@scripts/sanitize.sh thread address

BENCH_SWIFT := Benchmarks/Package.swift Benchmarks/Sources

lint: ## check format and scripts
	swift format lint --strict --recursive --parallel --configuration .swift-format Sources Tests $(BENCH_SWIFT)
	@for script in scripts/*.sh examples/networks/*.sh .ci/run; do bash -n "$$script" || exit 1; done

format: ## format the Swift sources in place
	swift format --in-place --recursive --parallel --configuration .swift-format Sources Tests $(BENCH_SWIFT)

docs: ## write docs/verifier-kernel.md, where Linux's verifier says otherwise, from the tests' tables
	SWALE_WRITE_DOCS=1 swift test --filter KernelDocumentTests

install: ## copy swale, the page and the systemd unit below PREFIX (/usr/local); run `make build` first
	install -D -m 0755 $(SWALE) $(DESTDIR)$(PREFIX)/bin/swale
	install -d $(DESTDIR)$(PREFIX)/share/swale
	install -m 0644 openapi.yaml $(DESTDIR)$(PREFIX)/share/swale/
	cp -R web $(DESTDIR)$(PREFIX)/share/swale/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local|$(PREFIX)|' deploy/swale.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/swale.service

clean: ## remove what was built
	rm -rf .build build Benchmarks/.build

.PHONY: help run test bench bench-maps bench-programs bench-forwarding build toolchain examples programs compared fuzz networks sanitize lint format docs install clean

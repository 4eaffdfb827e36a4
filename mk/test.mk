# SPDX-License-Identifier: BSD-2-Clause
# mk/test.mk - the tiers.  quick: a minute.  test: up to 20 minutes on 2 cores.  full: everything.
TEST_ARCHES := $(if $(ARCH),$(ARCH),$(ARCHES))

# So many system tests at a time; more than the host has cores make every one late.
TEST_JOBS ?= 2
PYTEST := HOTPLATE_ARCHES='$(TEST_ARCHES)' PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -B -m pytest -p no:cacheprovider \
	-q --tb=short --rootdir=. $(if $(filter-out 1,$(TEST_JOBS)),-n $(TEST_JOBS)) tests/system
include tests/host/host.mk
include mk/check.mk

.PHONY: quick test full bench images elf-compiler test-deps
test-deps:
	@tools/deps build run test

images: test-deps
	@for a in $(TEST_ARCHES); do $(MAKE) --no-print-directory $(JOBS) ARCH=$$a image || exit 1; done

# The embedded toolchain builds the same image, in a directory of its own.
elf-compiler: test-deps
	@$(MAKE) --no-print-directory $(JOBS) ARCH=riscv64 CROSS_COMPILE=riscv64-unknown-elf- OUT_SUFFIX=-elf image

# make test ends with pytest's own closing line: so many passed, failed, skipped.
quick: images
	@$(MAKE) --no-print-directory host HOST_COMPILERS=gcc
	@$(PYTEST) --tier=quick

test: images elf-compiler
	@$(MAKE) --no-print-directory host fuzz
	@$(PYTEST) --tier=test

# Goes on where it was interrupted, if nothing changed since; RESUME=no starts over.
full: images elf-compiler
	@$(if $(filter no,$(RESUME)),rm -rf $(BUILD)/full)
	@$(PYTEST) --tier=full --ledger=$(BUILD)/full/results.jsonl

# Instruction counts: one CPU, one instruction a tick, the reference CPU of docs/BENCHMARKS.md.
BENCH ?= *
BENCH_CPU_arm64 := cortex-a72
BENCH_CPU_riscv64 := rv64
bench:
	@tools/deps build run
	@for a in $(TEST_ARCHES); do $(MAKE) --no-print-directory bench-$$a || exit 1; done

.PHONY: $(ARCHES:%=bench-%)
$(ARCHES:%=bench-%): bench-%:
	@$(MAKE) --no-print-directory $(JOBS) ARCH=$* image
	@tools/bench $* $(BENCH_CPU_$*) '$(BENCH)' > $(BUILD)/bench-$*.txt.new
	@mv $(BUILD)/bench-$*.txt.new $(BUILD)/bench-$*.txt && cat $(BUILD)/bench-$*.txt

# SPDX-License-Identifier: BSD-2-Clause
# mk/test.mk - the tiers.  test: minutes.  full: everything.  full PART=ci: what CI runs of it, beyond test.
TEST_ARCHES := $(if $(ARCH),$(ARCH),$(ARCHES))

# V=1: a line for each compiled file and for each test that passes.
SAY_TEST := $(if $(filter 1,$(V)),,no)

# Number of parallel system tests: one more than the host has cores, because most of them also wait for a console.
TEST_JOBS ?= $(shell expr $$(nproc) + 1)
PYTEST := HOTPLATE_ARCHES='$(TEST_ARCHES)' PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -B -m pytest -p no:cacheprovider \
	-q --tb=short --rootdir=. --junitxml=$(BUILD)/system/junit.xml $(if $(filter-out 1,$(TEST_JOBS)),-n $(TEST_JOBS)) tests/system
include tests/host/host.mk
include mk/check.mk

.PHONY: test full bench images elf-compiler sources system host-test host-ci
images:
	@for a in $(TEST_ARCHES); do echo "# build $$a"; $(MAKE) --no-print-directory $(JOBS) ARCH=$$a SAY=$(SAY_TEST) image || exit 1; done

# Builds the image with the embedded toolchain, in a directory of its own, and checks its text.
elf-compiler:
	@$(MAKE) --no-print-directory $(JOBS) ARCH=riscv64 CROSS_COMPILE=riscv64-unknown-elf- OUT_SUFFIX=-elf SAY=$(SAY_TEST) image
	@tools/hotplate lint text $(BUILD)/riscv64-elf

# Images and host programs with each kernel source that tools/third accepts, if this archive has its package, except the
# one that every other target uses.  The program stub calls libfdt, and includes no file of drivers/fdt.
LIBRARY_PROGRAMS = stub $(foreach p,$(HOST_DIRS),$(if $(findstring drivers/fdt,$(HOST_COMMON_$p))$(findstring $(THIRD),$(HOST_WORDS_$p)),$p))
sources: third
	@all=$$(tools/third --accepted) && for v in $$all; do from=/usr/src/linux-source-$$v.tar.xz; \
	case $$(cat $(THIRD)/version) in $$v.*) echo "# sources: linux-source-$$v: make test builds against it"; continue;; esac; \
	[ -f $$from ] || { echo "# sources: linux-source-$$v is not in this archive: not built against"; continue; }; \
	echo "# sources: linux-source-$$v"; \
	$(MAKE) --no-print-directory $(JOBS) -O SAY=$(SAY_TEST) BUILD=$(BUILD)/source-$$v LINUX_SRC=$$from HOST_COMPILERS=gcc \
		HOST_DIRS='$(LIBRARY_PROGRAMS)' all host || exit 1; done

# The stages are in tools/python/hotplate/build/stages.py, which prints the time left, and the wall and CPU time.
test:
	+@$(PYTHON) tools/hotplate stages test $(if $(DOCS),--docs)

# The two largest host programs run a sample here, each fuzzer runs for seconds, and gcc alone compiles; full has no
# sample, and takes both compilers.
host-test:
	@ENGINE_OPS=100000 MODEL_ORDERS=13 $(MAKE) --no-print-directory $(JOBS) -O SAY=$(SAY_TEST) HOST_COMPILERS=gcc host
host-ci:
	@ENGINE_OPS=300000 MODEL_ORDERS=11 $(MAKE) --no-print-directory $(JOBS) -O SAY=$(SAY_TEST) HOST_COMPILERS=gcc \
		FUZZ_SECONDS=2 host fuzz

# The system tests of TIER=, without those of the tier BEYOND=.
system:
	@$(PYTEST) --tier=$(TIER) $(BEYOND:%=--beyond=%)

# Runs all parsers and the probes of drivers on every device tree of the kernel source package, or of DTBS=DIR (.dtb
# files); build/dtbs/ has the tables, DOCS=yes writes the sums into docs/boards.md.
.PHONY: dtbs
dtbs:
	@$(MAKE) --no-print-directory $(HOST)/gcc/dtbs
	@tools/hotplate dtbs --check $(if $(DOCS),--docs) $(DTBS)

# Resumes an interrupted run if nothing has changed since; RESUME=no starts again.
ifeq ($(PART),)
full: images elf-compiler
	@$(if $(filter no,$(RESUME)),rm -rf $(BUILD)/full)
	@$(PYTEST) --tier=full --ledger=$(BUILD)/full/results.jsonl
else ifeq ($(PART),ci)
full:
	+@$(PYTHON) tools/hotplate stages part $(if $(DOCS),--docs)
else
full:
	@echo 'PART=$(PART): there is PART=ci' >&2; exit 4
endif

# Instruction counts: one CPU, one instruction a tick, the reference CPU of docs/BENCHMARKS.md.  Fails
# if a figure exceeds its limit (tools/hotplate bench-report).
BENCH ?= *
BENCH_CPU_arm64 := cortex-a72
BENCH_CPU_riscv64 := rv64
BENCH_GEOMETRIES_arm64 := arm64-4k-39 arm64-4k-48 arm64-4k-52 arm64-16k-36 arm64-16k-47 arm64-16k-48 \
	arm64-16k-52 arm64-64k-42 arm64-64k-48 arm64-64k-52
BENCH_GEOMETRIES_riscv64 := riscv-sv39 riscv-sv48 riscv-sv57
bench:
	@for a in $(TEST_ARCHES); do $(MAKE) --no-print-directory bench-$$a || exit 1; done

.PHONY: $(ARCHES:%=bench-%)
$(ARCHES:%=bench-%): bench-%:
	@$(MAKE) --no-print-directory $(JOBS) ARCH=$* image
	@tools/bench $* $(BENCH_CPU_$*) '$(BENCH)' $(BENCH_GEOMETRIES_$*) > $(BUILD)/bench-$*.txt.new
	@mv $(BUILD)/bench-$*.txt.new $(BUILD)/bench-$*.txt && cat $(BUILD)/bench-$*.txt
	@tools/hotplate bench-report check $* $(BUILD)/bench-$*.txt

# Known mistakes (tests/mutants), and the judges that notice them.  M=GLOB, WORKERS=n, SHARD=i/n, SAMPLE=n, SEED=n:
# tools/hotplate mutants --help.  Resumes an interrupted run if nothing has changed since.
.PHONY: mutants
mutants:
	@$(PYTHON) tools/hotplate mutants list $(foreach w,M SHARD SAMPLE SEED,$(if $($w),'$w=$($w)')) > /dev/null
	@$(MAKE) --no-print-directory images machine
	@$(PYTHON) tools/hotplate mutants run $(foreach w,M WORKERS SHARD SAMPLE SEED,$(if $($w),'$w=$($w)'))

# Generated mutants: of FILE=, or SAMPLE=n of DIR=, by SEED=n.  WORKERS=n, SHARD=i/n, KEEP=yes: tools/hotplate mutate --help.
.PHONY: mutate
mutate:
	@$(MAKE) --no-print-directory images machine
	@$(PYTHON) tools/hotplate mutate run $(if $(FILE)$(DIR),$(FILE),$(error FILE= which C files of the kernel, or DIR=?)) \
		$(foreach w,DIR SAMPLE SEED WORKERS SHARD KEEP,$(if $($w),'$w=$($w)'))

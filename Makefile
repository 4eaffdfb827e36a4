# SPDX-License-Identifier: BSD-2-Clause
# hotplate - one image per architecture, and the commands around it.  `make help` lists them.
#
# mk/toolchain.mk  compilers and flags        mk/kernel.mk  objects, two-stage link, Image
# mk/third.mk      libfdt from kernel source  mk/test.mk    test, full, bench, check
# mk/run.mk        run, debug, deps           mk/dist.mk    dist
# mk/machine.mk    machine
# mk/image.mk      image BOARD=, flash           mk/site.mk    site, man
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
SHELL := /bin/sh
.DEFAULT_GOAL := all

ARCHES := arm64 riscv64
BUILD := build
PYTHON ?= /usr/bin/python3
VERSION := $(shell cat VERSION)

define newline


endef

# An unknown variable on the command line is an error.  Known are the knobs of `make help-all`, the words of single targets,
# and those of the tests.
WORDS := T S AXIS M RECORD FILE DIR SAMPLE SEED KERNEL INITRD APPEND CPUS WORKLOADS MODULES PASS SHARD WORKERS KEEP PLACE SEEDS MACHINES FORMS BENCH DEV DOCS DTBS \
	LINUX_DIR QEMU OUT SIGN DESTDIR PREFIX \
	PYTHON CC LD NM OBJCOPY READELF CPPCHECK OUT_SUFFIX SAY EXTRA_CFLAGS \
	TIER BEYOND PART CFLAGS_% HOST_COMPILERS HOST_DIRS HOST_SAN FUZZ_SECONDS FUZZ_TREES ENGINE_OPS ENGINE_SEED MODEL_ORDERS TLB_SCHEME HOTPLATE_%
GIVEN := $(foreach v,$(.VARIABLES),$(if $(filter command,$(origin $v)),$v))
ifneq ($(GIVEN),)
WORDS += $(shell sed -n '/^KNOBS/,$$s/^  \([A-Z_0-9]*\)=.*/\1/p' mk/help.txt)
UNKNOWN := $(firstword $(filter-out $(WORDS) -*-%,$(GIVEN)))
ifneq ($(UNKNOWN),)
$(error $(UNKNOWN)= is no knob$(shell $(PYTHON) tools/hotplate knobs --like '$(UNKNOWN)' $(WORDS) 2>/dev/null); `make help-all` lists them)
endif
endif

# So is a word that none of the targets reads.  A recursive make gets the words of the first one.
ifneq ($(GIVEN),)
ifeq ($(MAKELEVEL),0)
UNREAD := $(shell $(PYTHON) tools/hotplate knobs --unread '$(MAKECMDGOALS)' $(GIVEN) 2>/dev/null)
ifneq ($(UNREAD),)
$(error $(UNREAD))
endif
endif
endif

# Without ARCH= `all` builds every architecture, and a run uses arm64.
ifneq ($(ARCH),)
ifeq ($(filter $(ARCH),$(ARCHES)),)
$(error ARCH=$(ARCH) is not known; there are: $(ARCHES))
endif
endif

ifneq ($(words $(CURDIR)),1)
$(error hotplate cannot be built in a directory whose name has blanks: $(CURDIR))
endif
EXTRA_DIRS := $(foreach d,$(subst :, ,$(EXTRA)),$(abspath $d))
EXTRA_GONE := $(strip $(foreach d,$(EXTRA_DIRS),$(if $(wildcard $d/.),,$d)))
ifneq ($(EXTRA_GONE),)
$(error EXTRA=$(EXTRA_GONE): no such directory)
endif
# The sources of a kernel in EXTRA=, and the fragments of boards; each file of C there must be one of them.
EXTRA_SOURCES := $(sort $(foreach d,$(EXTRA_DIRS),$(foreach k,policy tests bugs events boards, \
	$(wildcard $d/$k/*.c $d/$k/*/*.c $d/$k/*/*/*.c))))
EXTRA_PLACES := policy/AXIS/, tests/, bugs/, events/ and boards/NAME/
EXTRA_UNUSED := $(if $(EXTRA_DIRS),$(filter-out $(EXTRA_SOURCES),$(shell find $(EXTRA_DIRS) -name '*.c')))
ifneq ($(EXTRA_UNUSED),)
$(error EXTRA=: $(firstword $(EXTRA_UNUSED)) is used by nothing; sources are in $(EXTRA_PLACES))
endif
EXTRA_EMPTY := $(strip $(foreach d,$(EXTRA_DIRS),$(if $(filter $d/%,$(EXTRA_SOURCES))$(wildcard $d/boards/*/board.mk),,$d)))
ifneq ($(EXTRA_EMPTY),)
$(error EXTRA=$(firstword $(EXTRA_EMPTY)): nothing in it is used; sources are in $(EXTRA_PLACES))
endif

# The needs of each target, as words of tools/deps.  A target in this table depends on `needs`, which calls tools/deps once
# for all goals; a recursive make calls it for new words only.  `tools/hotplate lint needs` checks this table.
NEEDS_all := build
SHOWN := $(filter-out 0,$(SHOW))
NEEDS_run = $(if $(SHOWN),python,build $(if $(MACHINE),machine,run))
NEEDS_run-failed := build run
NEEDS_list := python
NEEDS_debug := build run debug
NEEDS_test := build run machine test
NEEDS_full := build run machine full
NEEDS_check := build check
NEEDS_sources := build run sources
NEEDS_images := build run
NEEDS_elf-compiler := build run ci
NEEDS_dtbs := build run ci
NEEDS_scheme := build run scheme
NEEDS_compare := build run
NEEDS_bench := build run
NEEDS_mutants := build run test
NEEDS_mutate := build run test
NEEDS_barriers := build machine
NEEDS_image = build $(if $(BOARD),card)
NEEDS_flash := python
NEEDS_machine := build machine
NEEDS_worst := build machine kernels
NEEDS_init := compile
NEEDS_linux := linux
NEEDS_history := build machine run linux
NEEDS_man := manual
NEEDS_site := site
NEEDS_dist = build run site $(if $(SIGN),sign)
NEEDS_install := build machine manual
NEEDS_compile_commands.json := build
NEEDS_deps := build run full
# A mistake of the user is reported before anything is installed.  The latter two print the architectures that are needed.
FIRST_run = SHOW=1 $(PYTHON) tools/hotplate run --arch $(RUN_ARCH) BOARD=$(BOARD) $(if $(MACHINE),,DTB=none)
FIRST_image = $(if $(BOARD),$(PYTHON) tools/hotplate board $(BOARD) ARCH)
FIRST_worst = $(PYTHON) tools/hotplate worst --arch $(WORST_GIVEN)

GOALS := $(or $(MAKECMDGOALS),all)
NEEDED := $(filter-out $(HOTPLATE_NEEDS),$(sort $(foreach g,$(GOALS),$(NEEDS_$g))))
FIRST = $(strip $(FIRST_$(firstword $(GOALS))))
.PHONY: needs
needs:
	@$(if $(NEEDED),$(if $(FIRST),if command -v $(PYTHON) > /dev/null; then arch=$$($(FIRST)) || exit; fi;) \
	ARCH="$(or $(ARCH),$(BOARD_SAYS),$(if $(filter run run-failed debug,$(GOALS)),arm64),$(if $(FIRST),$$arch))" tools/deps $(NEEDED))
$(patsubst NEEDS_%,%,$(filter NEEDS_%,$(.VARIABLES))): | needs
export HOTPLATE_NEEDS := $(HOTPLATE_NEEDS) $(NEEDED)

include mk/third.mk
include mk/san.mk

# Builds use every CPU, unless make was called with -j.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# Each source is compiled by ccache where it is installed.  CCACHE=no, and CCACHE_DISABLE=1, its own variable, do without.
CACHED := $(if $(filter no,$(CCACHE)),,$(if $(shell command -v ccache 2>/dev/null),ccache))

.PHONY: all image objects clean help help-all
include mk/image.mk
ifeq ($(ARCH),)
all: $(ARCHES:%=all-%)
.PHONY: $(ARCHES:%=all-%)
$(ARCHES:%=all-%): all-%: third
	@$(MAKE) --no-print-directory $(JOBS) ARCH=$* image
ifeq ($(CARD),)
image: all
endif
.PHONY: compile_commands.json
compile_commands.json: third
	@$(MAKE) --no-print-directory ARCH=arm64 $@
objects:
	@for a in $(ARCHES); do $(MAKE) --no-print-directory $(JOBS) ARCH=$$a objects || exit 1; done
else ifeq ($(CARD),)
all: image
include mk/toolchain.mk
include mk/kernel.mk
endif

include mk/machine.mk
include mk/linux.mk
include mk/run.mk
include mk/test.mk
include mk/site.mk
include mk/dist.mk

help:
	@sed '/^$$/,$$d' mk/help.txt

help-all:
	@sed 's/^MORE TARGETS$$/More targets/; s/^KNOBS$$/Knobs/' mk/help.txt

clean:
	rm -rf $(BUILD)

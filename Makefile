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

include mk/third.mk
include mk/san.mk

# Builds use every CPU, unless make was called with -j.
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

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

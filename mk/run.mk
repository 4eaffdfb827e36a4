# SPDX-License-Identifier: BSD-2-Clause
# mk/run.mk - `make run` for a person at the console: install missing packages, build, start.
# A board defines the architecture; tools/hotplate run reports a wrong name.
BOARD_SAYS := $(if $(BOARD),$(shell sed -n 's/^BOARD_ARCH := //p' boards/$(BOARD)/board.mk 2>/dev/null))
RUN_ARCH := $(or $(ARCH),$(firstword $(BOARD_SAYS)),arm64)
export BUILD BOARD HOTPLATE_COMMIT ACPI MAXMEM ARGS CPU SMP MEM NODES NODE1 QEMU QEMU_ARGS ACCEL DTB SHOW LINUX_SRC CROSS_COMPILE EXTRA DEPS STRICT PCIE_SLOTS VIRTIO_MEM QMP AIA MACHINE WORST LITMUS SAN SKIPS

.PHONY: run run-failed list debug deps
run:
ifneq ($(SHOWN),) # nothing is built for it
	@$(PYTHON) tools/hotplate run --arch $(RUN_ARCH)
else
	@$(MAKE) --no-print-directory $(JOBS) ARCH=$(RUN_ARCH) image $(if $(MACHINE),$(BUILD)/machine/worst-$(RUN_ARCH))
	@$(PYTHON) tools/hotplate run --arch $(RUN_ARCH)
endif

# The failed tests of the last unattended run again, with its knobs and boot words; words of ARGS= take precedence.
run-failed:
	@words=$$(tools/hotplate tests failed $(BUILD)/$(RUN_ARCH)$(SAN:%=-%)/run.log $(ARGS) exit) && eval "set -- $$words" && \
	$(MAKE) --no-print-directory ARCH=$(RUN_ARCH) "$$@" run

T ?= *
list:
	@tools/hotplate tests list '$(T)'

# QEMU stops before the first instruction, with gdb attached; T=GLOB: at the start of these tests.
debug:
	@$(MAKE) --no-print-directory $(JOBS) ARCH=$(RUN_ARCH) image
	@$(PYTHON) tools/hotplate debug --arch $(RUN_ARCH) $(if $(filter command line,$(origin T)),'T=$(T)')

# Does the scheme S=AXIS/NAME, also one of EXTRA=DIR, pass the tests that its promises name?
.PHONY: scheme
scheme:
	@$(if $(S),,echo 'make scheme S=AXIS/NAME, such as S=tlb/bcast; `promises` at the prompt lists them' >&2; exit 4)
	@for a in $(or $(ARCH),$(ARCHES)); do $(MAKE) --no-print-directory $(JOBS) ARCH=$$a image || exit 4; done
	@$(PYTHON) tools/hotplate scheme '$(S)' $(or $(ARCH),$(ARCHES))

# Compares schemes, AXIS=tlb,vmalloc or all; also those of EXTRA=DIR.
.PHONY: compare
AXIS ?= all
compare:
	@for a in $(or $(ARCH),$(ARCHES)); do $(MAKE) --no-print-directory $(JOBS) ARCH=$$a image || exit 4; done
	@$(PYTHON) tools/hotplate compare '$(AXIS)' $(or $(ARCH),$(ARCHES))

deps: ;

# SPDX-License-Identifier: BSD-2-Clause
# mk/machine.mk - the worst legal machine (machine/machine.h, machine/README.md): a host program for each architecture.
MACHINE_PROGRAMS := $(addprefix $(BUILD)/machine/worst-,arm64 riscv64)
MACHINE_LIBFDT := $(addprefix $(FDT_DIR)/,fdt.c fdt_ro.c fdt_sw.c fdt_strerror.c)
MACHINE_MODEL := $(wildcard mm/pt/taps/sanitize*.c) mm/pt/pt_tap.c
MACHINE_COMMON := $(wildcard machine/*.c) $(MACHINE_MODEL) $(MACHINE_LIBFDT)
MACHINE_CFLAGS := -std=gnu11 -O2 -flto=auto -g -Wall -Wextra -Werror -DHOTPLATE_VERSION='"$(VERSION)"' -I. -isystem $(FDT_DIR)

$(MACHINE_PROGRAMS): VERSION

.PHONY: machine
machine: $(MACHINE_PROGRAMS)
$(BUILD)/machine/worst-arm64: $(wildcard machine/arm64/*.c)
$(BUILD)/machine/worst-riscv64: $(wildcard machine/riscv/*.c)
# PROGRAM.d has the headers that the sources include.
$(MACHINE_PROGRAMS): $(MACHINE_COMMON) mk/machine.mk | third
	@$(if $(filter no,$(SAY)),,printf '  HOST  %s\n' '$(@F)';) mkdir -p $(@D)
	@gcc $(MACHINE_CFLAGS) -M -MP -MT $@ $(filter %.c,$^) > $@.$$$$ && sed -i 's/[^ ]*\.c\b//g' $@.$$$$ && mv $@.$$$$ $@.d
	@gcc $(MACHINE_CFLAGS) $(filter %.c,$^) -o $@.$$$$ && mv $@.$$$$ $@ # atomic: two tests may build it at the same time
-include $(MACHINE_PROGRAMS:=.d)

# Removes each barrier from the image, one at a time, on that machine.  An interrupted run is resumed.
# PLACE='kern/*', SEEDS=n, MACHINES=n, FORMS=all: tools/hotplate barriers --help.  RECORD=yes keeps the outcomes
# in tests/mutants/barriers.
.PHONY: barriers
barriers:
	@$(MAKE) --no-print-directory $(MACHINE_PROGRAMS)
	@for a in $(or $(ARCH),$(ARCHES)); do $(MAKE) --no-print-directory $(JOBS) ARCH=$$a image || exit 4; \
	$(PYTHON) tools/hotplate barriers run $$a $(foreach w,PLACE SEEDS MACHINES FORMS,$(if $($w),'$w=$($w)')) || exit 1; done
	@$(if $(RECORD),$(PYTHON) tools/hotplate barriers record)

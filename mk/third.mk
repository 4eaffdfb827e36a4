# SPDX-License-Identifier: BSD-2-Clause
# mk/third.mk - what comes from the distribution's kernel source package (or LINUX_SRC=DIR):
# libfdt, ACPICA for later, the kunit parser.  One pass over the archive into build/third.
THIRD := $(BUILD)/third
FDT_DIR := $(THIRD)/scripts/dtc/libfdt
FDT_SOURCES := fdt.c fdt_addresses.c fdt_empty_tree.c fdt_overlay.c fdt_ro.c fdt_rw.c \
	fdt_strerror.c fdt_sw.c fdt_wip.c

.PHONY: third
third:
	@LINUX_SRC='$(LINUX_SRC)' STRICT='$(STRICT)' tools/third $(THIRD)

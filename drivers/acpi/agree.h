/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/agree.h - do firmware's device tree and its ACPI tables describe the same
 * machine?
 *
 * The device tree is authoritative, as for Linux on arm64 and riscv64; the ACPI tables are used
 * for what only they contain.  Differences in CPUs, memory, console, interrupt controller and
 * PCI host are logged, one line each, and have no other effect.
 */
#pragma once
#include <lib/err.h>

/* Compare firmware's tree with `made`, the tree of the tables (tree.h).  Returns the number of
 * differences; of each subject the first AGREE_LINES are passed to `say`.  Boot CPU only: the
 * lists are static. */
#define AGREE_LINES 4
unsigned acpi_disagreements(const void *fdt, const void *made, void (*say)(const char *sentence));

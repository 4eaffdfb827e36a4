/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/agree.h - firmware gave a device tree and ACPI tables: do they describe one machine?
 *
 * The device tree describes it, as for Linux on arm64 and riscv64; the tables are asked for what
 * only they know.  Each difference in CPUs, memory, console, interrupt controller and PCI host is
 * one line, and nothing else comes of it.
 */
#pragma once
#include <lib/err.h>

/* `made`: a tree of the tables (tree.h).  How many differences there are; the first AGREE_LINES of
 * each subject are said. */
#define AGREE_LINES 4
unsigned acpi_disagreements(const void *fdt, const void *made, void (*say)(const char *sentence));

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/steps.h - steps of the boot story that have a file of their own.
 */
#pragma once
#include <lib/err.h>

void boot_say(const char *sentence);
NORETURN void boot_stop(const char *step, const struct why *);

/* memory.c: the registry is filled, nothing is mapped yet.  Where the device tree lies then. */
const void *boot_memory(const void *fdt);

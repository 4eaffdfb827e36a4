/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/power/cpus.h - CPUs on and off, each in the way that its node of the device tree says.
 */
#pragma once
#include <drivers/device.h>

void power_cpus_init(const void *fdt); /* after cpu_discover() and power_init() */
/* As struct power has them.  -ECANCELED: the reason was said. */
int power_cpu_start(u64 hwid, paddr_t entry, u64 arg);
int power_cpu_state(u64 hwid);
NORETURN void power_cpu_off(void);
const char *power_pen_name(void); /* "spin-table" where a CPU waits so, or NULL */

/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/power/cpus.h - CPUs on and off, each by the method that its node of the device tree
 * names. */
#pragma once
#include <drivers/device.h>

void power_cpus_init(const void *fdt); /* boot CPU, after cpu_discover() and power_init() */
/* Start a CPU at the physical address `entry` with `arg`, its number, in its first argument
 * register. 0: the start was requested; -ECANCELED: it cannot be started (logged); else as
 * cpu_start of struct power. */
int power_cpu_start(u64 hwid, paddr_t entry, u64 arg);
/* 1 on, 0 off, negative: unknown. */
int power_cpu_state(u64 hwid);
/* Stop this CPU, interrupts off; it can be started again. */
NORETURN void power_cpu_off(void);
const char *power_pen_name(void); /* "spin-table" if a CPU polls an address, or NULL */

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/lock_held.c - the locks that each CPU holds.  Cleared when a CPU gets its record: boot
 * clears no line of a CPU that the machine does not have.
 */
#include <kern/kern_internal.h>

struct lock_held lock_held[CPUS_MAX] NOINIT;

void lock_cpu_init(unsigned cpu)
{
	lock_held[cpu] = (struct lock_held) { 0 };
	reg_for_each (rwlocks, it)
		(*it)->reader[cpu].holds = 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/san/race_report.c - the report of SAN=race: the bytes, both places, their CPUs, and the
 * value before and after the watcher's wait; then a crash report, which has the watcher's stack.
 */
#include <kern/cpu.h>
#include <kern/san/race.h>
#include <kern/trap.h>
#include <lib/assert.h>

static const char *race_does(const struct race_access *a)
{
	static const char *const does[] = { "reads", "writes", "reads (marked)",
					    "writes (marked)" };

	return does[a->kind & (RACE_STORE | RACE_MARKED)];
}

void race_found(const struct race_access *a, const struct race_access *b, u64 before, u64 after)
{
	char here[56], there[56];

	race_end();
	symbol_text(a->pc, here, sizeof(here));
	if (!b)
		crash("race: %u bytes at 0x%lx: CPU %u %s in %s, another writes, unmet; 0x%lx, "
		      "then 0x%lx",
		      a->bytes, a->va, this_cpu()->nr, race_does(a), here, before, after);
	symbol_text(b->pc, there, sizeof(there));
	crash("race: %u bytes at 0x%lx: CPU %u %s in %s, CPU %u %s in %s; 0x%lx, then 0x%lx",
	      a->bytes, a->va, this_cpu()->nr, race_does(a), here, b->cpu, race_does(b), there,
	      before, after);
}

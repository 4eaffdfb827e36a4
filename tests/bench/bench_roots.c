/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/bench_roots.c - instructions of one switch between two address spaces. */
#include <kern/trap.h>
#include <mm/study/aspace.h>
#include <tests/harness/bench.h>

#define SWITCHES 1000

static void run_switches(const struct bench *b)
{
	static struct aspace space[2];
	struct why why = { 0 };
	unsigned made = 0;
	u64 start;

	while (made < 2 && !aspace_create(&space[made], "bench", 0, &why))
		made++;
	if (made == 2) {
		aspace_use(&space[0]);
		start = cost_now();
		for (unsigned i = 1; i <= SWITCHES; i++)
			aspace_use(&space[i % 2]);
		bench_line(b->name, (cost_now() - start) / SWITCHES, cost_unit());
		aspace_use(NULL);
	} else {
		kprintf("# bench %s failed: %s\n", b->name, why.text);
	}
	while (made)
		aspace_destroy(&space[--made], &why);
}

static const struct bench roots_switch = {
	.name = "roots.switch",
	.what = "one CPU switches from one address space to another",
	.run = run_switches,
};
BENCH(roots_switch, roots_switch);

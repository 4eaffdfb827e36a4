/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-50, S1-43, S1-52: CPUs use memory while it is added and removed (tlblab/fire.h). */
#include <kern/trap.h>
#include <lib/init.h>
#include <tests/harness/test.h>
#include <tlblab/fire.h>

#define CYCLES 10
#define ENOUGH_NS 1000000000ul

TEST(hotplug, under_fire,
     .claim = "while memory is added and removed, CPUs that use it see its current data or fault",
     .rows = "S0-50 S1-43 S1-52", .needs = NEED_RANGE | NEED_SMP | NEED_REMOTE_TLB,
     .params = memmap_names, .rev = 2)
{
	static struct fire f NOINIT;
	struct why why = { 0 };
	struct fire_sum sum;
	u64 start = clock_ns();

	if (!fire_begin(&f, t, 1, t->param))
		return;
	while (f.cycles < CYCLES && (f.cycles < 2 || clock_ns() - start < ENOUGH_NS) &&
	       !test_aborted() && !t->failed)
		CHECK_OK(t, fire_cycle(&f, &t->rng, &why), &why);
	fire_end(&f, &sum);
	fire_result(t, &f, &sum);
}

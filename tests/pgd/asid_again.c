/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-16: the ASID of a space that has ended goes to the next one at once, while the first one's
 * tables are still freed, on CPUs that all used the first.
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <tests/pgd/spaces.h>

#define ROUNDS 4

static u64 wrong[CPUS_MAX];

/* To a third space behind it: a CPU that uses none has dropped everything of this half. */
static void read_page(void *arg)
{
	unsigned i = *(unsigned *)arg;

	wrong[this_cpu()->nr] += !space_reads(i);
	aspace_use(&spaces.s[2]);
}

/* From the moment that the first space's ASID is free. */
static void read_next(void *arg)
{
	while (atomic_load_relaxed(&spaces.s[0].pt.state) != PT_RETIRED && !test_aborted())
		arch_relax();
	read_page(arg);
}

/* True: the second space has the ASID of the first. */
static bool pass_on(struct test_run *t)
{
	cpumask_t others = other_cpus();
	struct aspace *s = spaces.s;
	struct why why = { 0 };
	unsigned first = 0, second = 1;
	u32 asid;

	cpu_run(cpus_online(), read_page, &first);
	asid = s[0].pt.asid;
	cpu_post(others, read_next, &second);
	CHECK_OK(t, aspace_destroy(&s[0], &why), &why);
	cpu_wait(others);
	cpu_run(cpus_online(), space_leave, NULL);
	return CHECK_OK(t, aspace_create(&s[0], "again", 0, &why), &why) && s[1].pt.asid == asid;
}

TEST(pgd, asid_again,
     .claim = "the ASID of a space that ended serves the next one at once, and every CPU reads the "
	      "next one's page",
     .rows = "S4-16", .needs = NEED_ASID_TLB | NEED_SMP)
{
	unsigned same = 0;
	u64 total = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		wrong[c] = 0;
	for (unsigned i = 0; i < ROUNDS && spaces_get(t, 3); i++) {
		same += pass_on(t);
		spaces_put(t);
	}
	for (unsigned c = 0; c < CPUS_MAX; c++)
		total += wrong[c];
	CHECK_EQ(t, total, 0);
	CHECK_EQ(t, same, ROUNDS); /* else nothing was shown */
}

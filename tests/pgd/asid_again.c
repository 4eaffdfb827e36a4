/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-16: the ASID of a space that has ended is assigned to the next one at once, while the tables
 * of the first are still being freed, on CPUs that all used the first.
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <tests/pgd/spaces.h>

#define ROUNDS 4

static u64 wrong[CPUS_MAX];

/* Then switch to a third space, since a CPU that uses no space has dropped all entries of this
 * half. */
static void read_space_page(void *arg)
{
	unsigned i = *(unsigned *)arg;

	wrong[this_cpu()->nr] += !space_reads(i);
	aspace_use(&spaces.s[2]);
}

/* Called as soon as the ASID of the first space is free. */
static void read_next(void *arg)
{
	while (atomic_load_relaxed(&spaces.s[0].pt.state) != PT_RETIRED && !test_aborted())
		arch_relax();
	read_space_page(arg);
}

/* Returns true if the second space got the ASID of the first. */
static bool reuse_asid(struct test_run *t)
{
	cpumask_t others = other_cpus();
	struct aspace *s = spaces.s;
	struct why why = { 0 };
	unsigned first = 0, second = 1;
	u32 asid;

	cpu_run(cpus_online(), read_space_page, &first);
	asid = s[0].pt.asid;
	cpu_post(others, read_next, &second);
	CHECK_OK(t, aspace_destroy(&s[0], &why), &why);
	cpu_wait(others);
	cpu_run(cpus_online(), space_leave, NULL);
	return CHECK_OK(t, aspace_create(&s[0], "again", 0, &why), &why) && s[1].pt.asid == asid;
}

TEST(pgd, asid_again,
     .claim = "the ASID of a space that ended is assigned to the next one at once, and every CPU "
	      "reads the next one's page",
     .rows = "S4-16", .needs = NEED_ASID_TLB | NEED_SMP)
{
	unsigned same = 0;
	u64 total = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		wrong[c] = 0;
	for (unsigned i = 0; i < ROUNDS && spaces_get(t, 3); i++) {
		same += reuse_asid(t);
		spaces_put(t);
	}
	for (unsigned c = 0; c < CPUS_MAX; c++)
		total += wrong[c];
	CHECK_EQ(t, total, 0);
	CHECK_EQ(t, same, ROUNDS); /* else the test proves nothing */
}

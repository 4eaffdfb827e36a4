/* SPDX-License-Identifier: BSD-2-Clause */
/* S4-16: the ASID of a space that has ended goes to the next one, on CPUs that all used the first.
 */
#include <kern/probe.h>
#include <tests/pgd/spaces.h>

#define ROUNDS 4

static u64 wrong[CPUS_MAX];

/* `arg`: whose page it is that lies at the address. */
static void read_page(void *arg)
{
	u64 value = 0;

	aspace_use(&spaces.s[0]);
	wrong[this_cpu()->nr] +=
		probe_load64(space_va(), &value) || value != space_value(*(unsigned *)arg);
	aspace_use(NULL);
}

static bool end_and_begin(struct test_run *t, unsigned page)
{
	struct aspace *s = &spaces.s[0];
	struct why why = { 0 };

	return CHECK_OK(t, aspace_destroy(s, &why), &why) &&
	       CHECK_OK(t, aspace_create(s, "again", 0, &why), &why) &&
	       CHECK_OK(t,
			aspace_map(s, space_va(), page_size(), page_pa(spaces.page[page]), PT_R,
				   &why),
			&why);
}

TEST(pgd, asid_again,
     .claim = "the ASID of a space that ended serves the next one, and every CPU reads the next "
	      "one's page",
     .rows = "S4-16", .needs = NEED_LEAF_TLB)
{
	unsigned page = 0, same = 0;
	u64 total = 0;

	if (!spaces_get(t, 2))
		return;
	for (unsigned c = 0; c < CPUS_MAX; c++)
		wrong[c] = 0;
	cpu_run(cpus_online(), read_page, &page);
	for (unsigned i = 0; i < ROUNDS; i++) {
		u32 asid = spaces.s[0].pt.asid;

		page = !page;
		if (!end_and_begin(t, page))
			break;
		cpu_run(cpus_online(), read_page, &page);
		same += spaces.s[0].pt.asid == asid;
	}
	for (unsigned c = 0; c < CPUS_MAX; c++)
		total += wrong[c];
	CHECK_EQ(t, total, 0);
	CHECK_EQ(t, same, ROUNDS); /* else nothing was shown */
	spaces_put(t);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After a removal every CPU faults on the range's linear map and memmap.  Each CPU loads each
 * address just before, so after a missing invalidation it would still read.
 */
#include <tests/harness/util.h>

static void prime_range(struct probes *p, const struct range *r)
{
	p->nr = 0;
	probes_spread(p, linear_va(r->pa), r->len, 4);
	probes_add(p, ptr_va(pa_page(r->pa)) + 8);
	probes_add(p, ptr_va(pa_page(r->pa + r->len - page_size())));
	probes_prime(p, cpus_online());
}

TEST(hotplug, primed_faults,
     .claim = "after a remove every CPU faults on addresses that it used just before",
     .rows = "S0-50 S1-43", .needs = NEED_RANGE | NEED_LEAF_TLB, .rev = 2)
{
	static struct probes p NOINIT;
	cpumask_t all = cpus_online();
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	prime_range(&p, &r);
	CHECK_READS(t, &p, all);
	range_remove(t, &r);
	PROBES_ALL_FAULT(t, &p);
	test_key(t, "probes=%u", cpus_online_nr() * p.nr);
	range_reset(&r);
}

TEST(hotplug, primed_faults_twin, .mutes_sanitizer = true,
     .claim = "without the TLBI the same probes still read, so primed_faults can fail here",
     .rows = "S0-50", .needs = NEED_RANGE | NEED_LEAF_TLB)
{
	static struct probes p NOINIT;
	cpumask_t all = cpus_online();
	struct range r;
	unsigned stale;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	prime_range(&p, &r);
	omit_begin(OMIT_ALL);
	range_remove(t, &r);
	probes_run(&p, all);
	omit_end();
	stale = probes_hits(&p, all);
	omit_flush();
	omit_stale(t, stale, cpus_online_nr() * p.nr);
	PROBES_ALL_FAULT(t, &p);
	range_reset(&r);
}

TEST(hotplug, primed_faults_local, .mutes_sanitizer = true,
     .claim = "an invalidation that reaches only the removing CPU leaves the others reading",
     .rows = "S0-50", .needs = NEED_RANGE | NEED_REMOTE_TLB | NEED_SMP, .rev = 2)
{
	static struct probes p NOINIT;
	cpumask_t others = other_cpus();
	struct range r;
	unsigned stale;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	prime_range(&p, &r);
	omit_begin(OMIT_REMOTE);
	range_remove(t, &r);
	probes_run(&p, cpus_online());
	omit_end();
	stale = probes_hits(&p, others);
	CHECK_FAULTS(t, &p, cpu_bit(this_cpu()->nr));
	omit_flush();
	omit_stale(t, stale, (cpus_online_nr() - 1) * p.nr);
	range_reset(&r);
}

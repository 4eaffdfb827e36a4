/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S4-02, X-05: memory is added to the live root while other CPUs translate through it.  They read
 * the root itself, and addresses that they have just invalidated in their own TLB, so that every
 * read walks from the root.
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <tests/harness/root.h>
#include <tests/harness/util.h>

#define COLD 64

static struct {
	u32 stop;
	vaddr_t cold[COLD];
	u64 looks[CPUS_MAX], loads[CPUS_MAX], faults[CPUS_MAX], changed[CPUS_MAX];
	struct root_view root;
} watch NOINIT;

/* Find pages of the linear map, on every node with memory, far from each other. */
static unsigned find_cold(struct page **pages)
{
	unsigned n = 0;

	while (n < COLD && (pages[n] = page_alloc_any(n % NODES_MAX, ZONE_NORMAL, 0, "cold")))
		n++;
	for (unsigned i = 0; i < n; i++) {
		watch.cold[i] = linear_va(page_pa(pages[i]));
		*(volatile u64 *)va_ptr(watch.cold[i]) = watch.cold[i];
	}
	return n;
}

static void check_root(unsigned cpu)
{
	for (unsigned i = 0; i < COLD; i++)
		watch.changed[cpu] += root_view_changed(&watch.root);
	watch.looks[cpu] += COLD;
}

static void read_cold(unsigned cpu)
{
	u64 value;

	for (unsigned i = 0; i < COLD; i++) {
		tlb_invalidate_here(&kpt, watch.cold[i]);
		watch.faults[cpu] +=
			arch_probe_load64(watch.cold[i], &value) || value != watch.cold[i];
	}
	watch.loads[cpu] += COLD;
}

/* The page is absent for a microsecond only, so every second CPU only reads it. */
static void watch_all(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	bool only_looks = cpu & 1 && cpus_online_nr() > 2;

	(void)arg;
	while (!atomic_load_acquire(&watch.stop)) {
		check_root(cpu);
		if (!only_looks)
			read_cold(cpu);
	}
}

static u64 sum(const u64 *of)
{
	u64 n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		n += atomic_load_relaxed(&of[c]);
	return n;
}

static u64 loads_of_all(void)
{
	return sum(watch.loads);
}

static void add_and_remove(struct test_run *t)
{
	u64 start = clock_ns();
	struct range r;

	if (!range_get(t, &r, 1, "block"))
		return;
	await_work(loads_of_all);
	for (int i = 0; (i < 2 || clock_ns() - start < 1000000000) && range_add(t, &r); i++)
		range_remove(t, &r);
	range_reset(&r);
}

TEST(pgd, live_additive,
     .claim = "adding to the live root disturbs no CPU: walks from it find the former entries, and "
	      "roots only gain entries",
     .rows = "S4-02 L-08 X-05 S1-33", .needs = NEED_RANGE | NEED_SMP)
{
	cpumask_t others = other_cpus();
	struct page *pages[COLD];
	unsigned n, filled;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		watch.looks[c] = watch.loads[c] = watch.faults[c] = watch.changed[c] = 0;
	n = find_cold(pages);
	if (CHECK_EQ(t, n, COLD)) {
		watch.stop = 0;
		root_view_take(&watch.root);
		cpu_post(others, watch_all, NULL);
		add_and_remove(t);
		atomic_store_release(&watch.stop, 1);
		cpu_wait(others);
	}
	CHECK_EQ(t, sum(watch.faults), 0);
	CHECK_EQ(t, sum(watch.changed), 0);
	CHECK_EQ(t, root_view_changed(&watch.root), 0);
	filled = root_view_filled(&watch.root);
	if (root_rule() == ROOT_CONSTANT)
		CHECK_EQ(t, filled, 0);
	else
		test_could(t, filled != 0); /* the memory may be under a slot that boot filled */
	CHECK(t, loads_of_all() > 0);
	test_key(t, "loads=%lu looks=%lu filled=%u", loads_of_all(), sum(watch.looks), filled);
	while (n)
		page_free(pages[--n], 0);
}

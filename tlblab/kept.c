/* SPDX-License-Identifier: BSD-2-Clause */
/* tlblab/kept.c - see kept.h. */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <mm/page/buddy.h>
#include <mm/vmalloc/vmalloc.h>
#include <tlblab/kept.h>
#include <tlblab/lab.h>

#define PAGES 16u /* addresses, used in turn */

static struct {
	struct page *page;
	vaddr_t base, va;
	cpumask_t others;
	u64 bound;          /* ticks */
	u64 at;             /* the return of the map; 0: not yet */
	u64 seen[CPUS_MAX]; /* the time of the first load that succeeded; 0: none did */
} trial NOINIT;

static bool loads(void)
{
	u64 value;

	return !lab_probe(trial.va, &value);
}

/* From now on until a load succeeds. */
static void probe_on(unsigned cpu)
{
	for (;;) {
		u64 at = atomic_load_relaxed(&trial.at), now;
		bool seen = loads();

		now = arch_counter();
		if (seen || (at && now - at > trial.bound)) {
			trial.seen[cpu] = seen ? now : 0;
			return;
		}
	}
}

static void prober(void *unused)
{
	(void)unused;
	loads();
	lab_started();
	probe_on(this_cpu()->nr);
}

static int map_and_probe(void)
{
	paddr_t pa = page_pa(trial.page);
	unsigned self = this_cpu()->nr;
	int err = vmalloc_map(trial.va, &pa, 1, PT_R | PT_W | PT_GLOBAL);
	u64 at = arch_counter();

	atomic_store_relaxed(&trial.at, at);
	if (!err && loads())
		trial.seen[self] = at;
	else
		probe_on(self);
	return err;
}

static void count_time(struct kept_times *k, u64 seen)
{
	u64 ticks = seen - trial.at;
	unsigned n = 0;

	if (!seen) {
		k->more++;
		return;
	}
	if (seen <= trial.at) {
		k->none++;
		return;
	}
	while (n < KEPT_TIMES && ticks >> (KEPT_FIRST + n))
		n++;
	if (n < KEPT_TIMES)
		k->less[n]++;
	else
		k->more++;
}

static int one_map(cpumask_t set, unsigned n, struct kept_times *k)
{
	int err;

	trial.va = trial.base + (n % PAGES << page_shift());
	trial.at = 0;
	loads();
	lab_start(trial.others, prober, NULL);
	err = map_and_probe();
	cpu_wait(trial.others);
	if (err)
		return err;
	vmalloc_unmap(trial.va, 1);
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (set & cpu_bit(c))
			count_time(k, trial.seen[c]);
	return 0;
}

int kept_measure(const struct newmap_scheme *s, cpumask_t set, unsigned maps, struct kept_times *k,
		 struct why *why)
{
	const struct newmap_scheme *before = kpt_newmap_selected();
	int err = -ENOMEM;

	*k = (struct kept_times) { 0 };
	trial.others = set & other_cpus();
	trial.bound = arch_counter_hz() / 1000 * LAB_BOUND_NS / 1000000;
	trial.page = page_alloc_any(0, ZONE_NORMAL, 0, "tlb lab");
	trial.base = vmalloc_va_alloc(PAGES);
	if (trial.page && trial.base) {
		err = 0;
		kpt_newmap_select(s);
		for (unsigned i = 0; i < maps && !err; i++)
			err = one_map(set, i, k);
		kpt_newmap_select(before);
	}
	if (trial.base)
		vmalloc_va_free(trial.base, PAGES);
	if (trial.page)
		page_free(trial.page, 0);
	return err ? refuse(why, ENOMEM, "no memory for a page and %u addresses", PAGES) : 0;
}

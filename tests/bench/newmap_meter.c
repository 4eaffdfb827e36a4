/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/newmap_meter.c - see tests/bench/newmap_meter.h. */
#include <kern/probe.h>
#include <kern/trap.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <mm/page/buddy.h>
#include <mm/pt/pt_tap.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/bench/newmap_meter.h>
#include <tlblab/lab.h>

#define PAGES 64u /* addresses, used in turn, so that no address faults twice in short time */
#define WORD 0x6e65776d6170ul

static struct {
	struct page *page;
	vaddr_t base, va;
	bool mapping;
	struct newmap_meter *m;
	u32 retries[CPUS_MAX]; /* of the last load */
	u64 cost[CPUS_MAX];
	bool wrong[CPUS_MAX];
} work NOINIT;

static void count_event(const struct pt_event *e)
{
	if (!work.mapping)
		return;
	work.m->fences += e->kind == PT_EV_VISIBLE;
	work.m->invals += e->kind == PT_EV_TLBI && !e->local;
}

static const struct pt_tap tap = { .name = "meter.newmap", .after = count_event };
PT_TAP(newmap, tap);

static void load_nothing(void *arg)
{
	u64 value;

	(void)arg;
	probe_load64(work.va, &value);
}

static void load_page(void *arg)
{
	struct cpu *cpu = this_cpu();
	u64 before = atomic_load_relaxed(&cpu->faults_retried), value, start;

	(void)arg;
	lab_order(); /* order the call before the walk: an earlier walk proves nothing */
	start = cost_now();
	value = *(volatile u64 *)va_ptr(work.va);
	work.cost[cpu->nr] = cost_now() - start;
	work.retries[cpu->nr] = (u32)(atomic_load_relaxed(&cpu->faults_retried) - before);
	work.wrong[cpu->nr] = value != WORD;
}

static void count_uses(cpumask_t set)
{
	struct newmap_meter *m = work.m;

	for (unsigned c = 0; c < CPUS_MAX; c++) {
		if (!(set & cpu_bit(c)))
			continue;
		*(c == this_cpu()->nr ? &m->own : &m->others) += work.retries[c] != 0;
		m->retries += work.retries[c];
		m->most = max_u64(m->most, work.retries[c]);
		m->wrong += work.wrong[c];
	}
}

static int map_one(u64 *cost)
{
	paddr_t pa = page_pa(work.page);
	u64 start = cost_now();
	int err;

	work.mapping = true;
	err = vmalloc_map(work.va, &pa, 1, PT_R | PT_W | PT_GLOBAL);
	work.mapping = false;
	*cost += cost_now() - start;
	return err;
}

static void cost_of_faults(cpumask_t set)
{
	for (unsigned c = 0; c < CPUS_MAX; c++)
		if (set & cpu_bit(c) && work.retries[c]) {
			work.m->faulted++;
			work.m->fault_cost += work.cost[c];
		}
}

/* Run once with a tap that counts, and once without it for the costs. */
static int pass(cpumask_t set, unsigned maps, void (*after)(cpumask_t))
{
	work.m->cost = 0;
	for (unsigned i = 0; i < maps; i++) {
		int err;

		work.va = work.base + (i % PAGES << page_shift());
		cpu_run(set, load_nothing, NULL);
		err = map_one(&work.m->cost);
		if (err)
			return err;
		cpu_run(set, load_page, NULL);
		after(set);
		vmalloc_unmap(work.va, 1);
	}
	return 0;
}

static int both(cpumask_t set, unsigned maps)
{
	int err;

	pt_tap_enable("meter.newmap", true);
	err = pass(set, maps, count_uses);
	pt_tap_enable("meter.newmap", false);
	return err ? err : pass(set, maps, cost_of_faults);
}

int newmap_meter_run(const struct newmap_scheme *s, cpumask_t set, unsigned maps,
		     struct newmap_meter *m, struct why *why)
{
	const struct newmap_scheme *before = kpt_newmap_selected();
	int err = -ENOMEM;

	*m = (struct newmap_meter) { 0 };
	work.m = m;
	work.page = page_alloc_any(0, ZONE_NORMAL, 0, "meter");
	work.base = vmalloc_va_alloc(PAGES);
	if (work.page && work.base) {
		*(u64 *)page_ptr(work.page) = WORD;
		kpt_newmap_select(s);
		err = both(set, maps);
		kpt_newmap_select(before);
	}
	if (work.base)
		vmalloc_va_free(work.base, PAGES);
	if (work.page)
		page_free(work.page, 0);
	return err ? refuse(why, ENOMEM, "no memory for a page and %u addresses", PAGES) : 0;
}

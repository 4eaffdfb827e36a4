/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_threshold.c - from how many pages on is one invalidation of everything
 * cheaper than invalidations by address, for each back end and number of CPUs?
 *
 * One value is the time of the invalidation and of the loads after it: each CPU reads HOT pages
 * that it had read before, and walks again after an invalidation of everything.  So the value
 * includes the later cost of "everything".  Nothing is mapped in the invalidated range.
 */
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/compare/compare.h>

#define HOT 64
#define MOST 4096 /* pages; thresholds are powers of two up to it */
#define ROUNDS 5  /* the least of so many: a host interrupts some */

static struct {
	struct pt pt; /* never loaded: names the CPUs that an invalidation has to reach */
	u8 *hot;
	vaddr_t va; /* MOST pages of address space */
} scene;

/* In the order of the columns. */
enum { PAGES_1, PAGES_64, PAGES_512, ALL, FROM_1, FROM_2, FROM_4, FROM_8 };

static const struct compare_column columns[] = {
	[PAGES_1] = { "us_1", "1 page", 8, COMPARE_HUNDRED, NULL },
	[PAGES_64] = { "us_64", "64", 8, COMPARE_HUNDRED, NULL },
	[PAGES_512] = { "us_512", "512", 8, COMPARE_HUNDRED, NULL },
	[ALL] = { "us_all", "all", 8, COMPARE_HUNDRED, NULL },
	[FROM_1] = { "from_1", "1 CPU", 6, COMPARE_TIME, NULL },
	[FROM_2] = { "from_2", "2", 5, COMPARE_TIME, NULL },
	[FROM_4] = { "from_4", "4", 5, COMPARE_TIME, NULL },
	[FROM_8] = { "from_8", "8", 5, COMPARE_TIME, NULL },
	{ 0 },
};

static void hot_end(void)
{
	vmalloc_va_free(scene.va, MOST);
	vfree(scene.hot, HOT);
}

static int hot_begin(const struct command_line *line, char *subject, size_t size, struct why *why)
{
	(void)line;
	scene.hot = vmalloc(HOT, 0, "compare");
	if (!scene.hot)
		return refuse(why, ENOMEM, "no %u pages for the hot set", HOT);
	scene.va = vmalloc_va_alloc(MOST);
	if (!scene.va) {
		vfree(scene.hot, HOT);
		return refuse(why, ENOMEM, "no %u pages of address space", MOST);
	}
	scene.pt = (struct pt) { .name = "compare", .fmt = kpt.fmt, .global = true };
	snprintf(subject, size, ", us, CPUs: %u", cpus_online_nr());
	return 0;
}

static void touch(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < HOT; i++)
		*(volatile u8 *)(scene.hot + (i << page_shift()));
}

/* In hundredths of a microsecond, for an invalidation of `pages` addresses; 0: of everything. */
static u64 cost_of(cpumask_t cpus, u64 pages)
{
	u32 before = tlb_max;
	struct pt_inval req = { .lo = scene.va,
				.hi = scene.va + (pages ? pages : 1) * page_size(),
				.levels = 1,
				.global = true };
	u64 least = ~0ul;

	scene.pt.walked = cpus;
	tlb_max = pages ? MOST : 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		u64 start;

		cpu_run(cpus, touch, NULL);
		start = clock_ns();
		tlb_invalidate(&scene.pt, &req);
		cpu_run(cpus, touch, NULL);
		least = min_u64(least, clock_ns() - start);
	}
	tlb_max = before;
	return least / 10;
}

/* The least power of two from which on an invalidation of everything costs no more; COMPARE_NONE:
 * none up to MOST. */
static u64 threshold(unsigned nr_cpus)
{
	cpumask_t cpus = cpus_first(nr_cpus);
	u64 all, from = COMPARE_NONE;

	if (!cpus)
		return COMPARE_NONE;
	all = cost_of(cpus, 0);
	for (u64 pages = MOST; pages && cost_of(cpus, pages) >= all; pages /= 2)
		from = pages;
	return from;
}

static int threshold_measure(const struct axis *a, const struct scheme *s,
			     u64 value[COMPARE_COLUMNS], struct why *why)
{
	const struct tlb_scheme *before = tlb_selected();
	const void *scheme = s;

	(void)a;
	(void)why;
	tlb_select(scheme);
	value[PAGES_1] = cost_of(cpus_online(), 1);
	value[PAGES_64] = cost_of(cpus_online(), 64);
	value[PAGES_512] = cost_of(cpus_online(), 512);
	value[ALL] = cost_of(cpus_online(), 0);
	for (unsigned i = 0; i < 4; i++)
		value[FROM_1 + i] = threshold(1u << i);
	tlb_select(before);
	return 0;
}

static const struct comparison thresholds = {
	.axis = "tlb",
	.table = "threshold",
	.what = "invalidate N pages by address, or everything",
	.columns = columns,
	.begin = hot_begin,
	.measure = threshold_measure,
	.end = hot_end,
	.note = "Left: time until it is complete and every CPU has read 64 hot pages again.  "
		"Right: from how many pages on `all` costs no more, with so many CPUs; -: not up "
		"to 4096, or fewer CPUs here.  `tlb-max=` sets the kernel's threshold.",
};
COMPARISON(thresholds, thresholds);

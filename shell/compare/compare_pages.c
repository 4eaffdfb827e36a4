/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/compare/compare_pages.c - the cost of an invalidation of 1, 2, 4 to 1024 pages by each back
 * end, so of broadcasts, of calls of the other CPUs and of ranges; a table a number of CPUs.
 *
 * The cost is that of the CPU that invalidates, from the request until it is complete, in the unit
 * of cost_now(): its wait for other CPUs is included.  compare_threshold.c has the cost of the
 * walks after it.  Nothing is mapped in the invalidated range.
 */
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>
#include <mm/vmalloc/vmalloc.h>
#include <shell/compare/compare.h>

#define MOST_PAGES 1024
#define SIZES 11 /* powers of two up to it */
#define TRIALS 5 /* the least of so many: a host interrupts some */

static struct {
	struct pt pt; /* never loaded: names the CPUs that an invalidation has to reach */
	vaddr_t va;   /* MOST_PAGES pages of address space */
} range;

#define PAGES_COLUMN(n)                                                                            \
	{                                                                                          \
		"pages_" #n, #n, 5, COMPARE_HUNDRED, NULL                                          \
	}
static const struct compare_column columns[] = {
	PAGES_COLUMN(1),   PAGES_COLUMN(2),   PAGES_COLUMN(4),    PAGES_COLUMN(8),
	PAGES_COLUMN(16),  PAGES_COLUMN(32),  PAGES_COLUMN(64),   PAGES_COLUMN(128),
	PAGES_COLUMN(256), PAGES_COLUMN(512), PAGES_COLUMN(1024), { 0 },
};
_Static_assert(ARRAY_SIZE(columns) == SIZES + 1, "a column each size");

static void range_end(void)
{
	vmalloc_va_free(range.va, MOST_PAGES);
}

static int range_begin(unsigned nr_cpus, char *subject, size_t size, struct why *why)
{
	cpumask_t cpus = cpus_first(nr_cpus);

	if (!cpus)
		return refuse(why, ENODEV, "%u CPUs", nr_cpus);
	range.va = vmalloc_va_alloc(MOST_PAGES);
	if (!range.va)
		return refuse(why, ENOMEM, "no %u pages of address space", MOST_PAGES);
	range.pt = (struct pt) { .name = "compare", .fmt = kpt.fmt, .global = true };
	range.pt.walked = cpus;
	snprintf(subject, size, "; %s of the CPU that invalidates",
		 strcmp(cost_unit(), "ns") ? "K instr" : "us");
	return 0;
}

/* In hundredths of a thousand. */
static u64 least_cost(u64 pages)
{
	struct pt_inval req = {
		.lo = range.va, .hi = range.va + pages * page_size(), .levels = 1, .global = true
	};
	u64 least = ~0ul;

	for (unsigned i = 0; i < TRIALS; i++) {
		u64 start = cost_now();

		tlb_invalidate(&range.pt, &req);
		least = min_u64(least, cost_now() - start);
	}
	return least / 10;
}

/* The thresholds of the back ends are off: each page is named. */
static int range_measure(const struct axis *a, const struct scheme *s, u64 value[COMPARE_COLUMNS],
			 struct why *why)
{
	const struct tlb_scheme *before = tlb_selected();
	const void *scheme = s;
	u32 max = tlb_max;

	(void)a;
	(void)why;
	tlb_select(scheme);
	tlb_max = MOST_PAGES;
	for (unsigned i = 0; i < SIZES; i++)
		value[i] = least_cost(1u << i);
	tlb_max = max;
	tlb_select(before);
	return 0;
}

#define PAGES_TABLE(n)                                                                             \
	static int range_begin_##n(const struct command_line *line, char *subject, size_t size,    \
				   struct why *why)                                                \
	{                                                                                          \
		(void)line;                                                                        \
		return range_begin(n, subject, size, why);                                         \
	}                                                                                          \
	static const struct comparison pages_##n = {                                               \
		.axis = "tlb",                                                                     \
		.table = "pages_" #n,                                                              \
		.what = "invalidate N pages, CPUs: " #n,                                           \
		.columns = columns,                                                                \
		.begin = range_begin_##n,                                                          \
		.measure = range_measure,                                                          \
		.end = range_end,                                                                  \
	};                                                                                         \
	COMPARISON(pages_##n, pages_##n)
PAGES_TABLE(1);
PAGES_TABLE(2);
PAGES_TABLE(4);
PAGES_TABLE(8);

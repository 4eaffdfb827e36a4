/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/geometry.c - the cost of memory in this geometry: 1 and 4 GiB, large leaves and
 * pages, and the cost of each page beyond the first GiB.  `make bench` boots every geometry for
 * these rows and compares them with the limits (tools/hotplate bench-report).
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/bench/bench_cycle.h>

enum { SMALL = 1, LARGE = 4 }; /* GiB; whole blocks in every geometry */

struct costs {
	struct cycle_cost small, large;
};

static void line(const struct bench *b, const char *what, u64 value, const char *unit)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", b->name, what);
	bench_line(name, value, unit);
}

/* Thousandths of an instruction for each page beyond the small size. */
static u64 slope(u64 small, u64 large)
{
	return (large - small) * 1000 / ((LARGE - SMALL) * GiB >> page_shift());
}

static void both(const struct bench *b, const char *what, u64 small, u64 large)
{
	char text[40];

	snprintf(text, sizeof(text), "%s_%dg", what, SMALL);
	line(b, text, small, cost_unit());
	snprintf(text, sizeof(text), "%s_%dg", what, LARGE);
	line(b, text, large, cost_unit());
	snprintf(text, sizeof(text), "%s_slope", what);
	line(b, text, slope(small, large), "thousandths-per-page");
}

static void counts(const struct bench *b, const struct cycle_cost *c)
{
	line(b, "tlbi_1g", c->remove.tlbi_ops, "operations");
	line(b, "waits_1g", c->remove.waits, "waits");
	line(b, "tables_1g", c->tables * page_size(), "bytes");
	line(b, "overhead_1g", c->old_bytes, "bytes");
	line(b, "block_pages", block_pages(), "pages");
}

static void run(const struct bench *b)
{
	struct costs c;
	int leaf = strstr(b->name, "pages") ? 0 : -1;

	if (!cycle_measure(b->name, SMALL * GiB, leaf, &c.small) ||
	    !cycle_measure(b->name, LARGE * GiB, leaf, &c.large))
		return;
	both(b, "add_online", cycle_median(c.small.add_online), cycle_median(c.large.add_online));
	both(b, "offline_remove", cycle_median(c.small.offline_remove),
	     cycle_median(c.large.offline_remove));
	counts(b, &c.small);
}

static const struct bench large = {
	.name = "geometry.large",
	.what = "1 and 4 GiB in this geometry, the largest leaves",
	.run = run,
};
BENCH(geometry_large, large);

static const struct bench pages = {
	.name = "geometry.pages",
	.what = "1 and 4 GiB in this geometry, page leaves",
	.run = run,
};
BENCH(geometry_pages, pages);

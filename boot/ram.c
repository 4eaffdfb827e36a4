// SPDX-License-Identifier: BSD-2-Clause
/*
 * boot/ram.c - does the RAM answer that firmware names?
 *
 * The last page of each free range is written, past the caches where the CPU can, and read back.
 * Where it does not hold what was written, halving finds how much of the range does, from its start
 * on.  Firmware that gets a size wrong is told from one that does not; a machine that has RAM,
 * none, and RAM again inside one range is not.  Pages that anybody reserved are neither mapped nor
 * touched. Nothing is risked that boot would not risk: it takes its memory from the top, too.
 * Whether a page was not asked is said: what is told of it is then believed.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <drivers/cache/ccache.h>
#include <kern/emulator.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <mm/page/region.h>

#define FRAME 4096ull
#define PROBES_MAX 192   /* each takes a page of the early map's window */
#define EARLY_PA_BITS 48 /* what the early map can name */

static unsigned probes, unasked;

static INIT_CODE void left_out(void (*say)(const char *), u64 pa, u64 len, const char *why)
{
	char line[160];

	snprintf(line, sizeof(line), "memory: 0x%llx+0x%llx left out: %s", (unsigned long long)pa,
		 (unsigned long long)len, why);
	say(line);
}

/* What was there is there again, if it is RAM. */
static INIT_CODE bool holds(vaddr_t va)
{
	u64 was, now = 0;

	if (arch_probe_load64(va, &was) || arch_probe_store64(va, ~was))
		return false;
	arch_mem_leave(va, sizeof(was)); /* a cache would answer for memory that is not there */
	if (arch_probe_load64(va, &now) || now != ~was)
		return false;
	return !arch_probe_store64(va, was);
}

/* Where it cannot be asked: `otherwise`. */
static INIT_CODE bool answers(paddr_t pa, bool otherwise)
{
	void *page = probes < PROBES_MAX && !(pa >> EARLY_PA_BITS) ? early_map_rw(pa, 8) : NULL;

	probes++;
	unasked += !page;
	return page ? holds(ptr_va(page)) : otherwise;
}

struct span {
	paddr_t pa;
	u64 len;
};

/* The border between pages `yes`, which answers, and `no`, which does not: the last that does, as
 * far as any can be asked. */
static INIT_CODE u64 last_that_answers(paddr_t pa, u64 yes, u64 no)
{
	while (yes + 1 != no && no + 1 != yes) {
		u64 mid = yes + (no - yes) / 2;

		if (no < yes)
			mid = no + (yes - no) / 2;
		if (answers(pa + mid * FRAME, false))
			yes = mid;
		else
			no = mid;
	}
	return yes;
}

/* The part of it that is not there: none, its end, its start, or all. */
static INIT_CODE struct span missing(paddr_t pa, u64 len)
{
	u64 end = len / FRAME - 1;
	bool first = answers(pa, true), last = end ? answers(pa + end * FRAME, first) : first;
	u64 border;

	if (first == last)
		return (struct span) { pa, first ? 0 : len };
	border = first ? last_that_answers(pa, 0, end) : last_that_answers(pa, end, 0);
	if (!first)
		return (struct span) { pa, border * FRAME };
	return (struct span) { pa + (border + 1) * FRAME, len - (border + 1) * FRAME };
}

struct search {
	paddr_t from;
	struct span found; /* len 0: nothing yet */
};

static INIT_CODE void look_at(paddr_t pa, u64 len, unsigned node, void *arg)
{
	struct search *s = arg;

	(void)node;
	if (s->found.len || pa < s->from)
		return;
	s->from = pa + len;
	s->found = missing(pa, len);
}

static INIT_CODE void cut_beyond(void (*say)(const char *), enum region_kind kind)
{
	u64 limit = BIT(arch_pa_bits());
	const struct mem_range *r;
	char why[80];

	snprintf(why, sizeof(why), "beyond the %u bits of this CPU's physical addresses",
		 arch_pa_bits());
	while ((r = region_find(kind, limit, PA_NONE - limit))) {
		u64 lo = max_u64(r->pa, limit), len = r->pa + r->len - lo;

		if (region_remove(lo, len, r->kind, NULL))
			return;
		left_out(say, lo, len, why);
	}
}

static INIT_CODE void tell_limits(void (*say)(const char *))
{
	char line[120];

	if (!arch_mem_reaches() && !emulated_cpu())
		say("memory: not asked past the caches, which this CPU cannot do: RAM that is not "
		    "there may be taken for RAM");
	if (!unasked)
		return;
	snprintf(line, sizeof(line), "memory: %u pages could not be asked: firmware is believed",
		 unasked);
	say(line);
}

INIT_CODE void ram_check(const void *fdt, void (*say)(const char *))
{
	struct search s = { .from = 0 };

	ccache_init(fdt, early_map_device, early_pa_of); /* else a cache answers */
	probes = unasked = 0;
	cut_beyond(say, MEM_RAM);
	cut_beyond(say, MEM_WITHHELD);
	do {
		s.found.len = 0;
		region_each_free(FRAME, look_at, &s);
		if (s.found.len) {
			region_give_up(s.found.pa, s.found.len);
			left_out(say, s.found.pa, s.found.len,
				 "nothing there keeps what is written to it");
		}
	} while (s.found.len);
	tell_limits(say);
}

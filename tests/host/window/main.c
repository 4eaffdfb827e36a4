/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/window/main.c - mm/live/break_window.c: which faults wait for a window, which are
 * retried, and which have another cause.  The other CPU acts where this one reads the tree or
 * waits.
 */
#include <arch_inline.h>
#include <asserts.h>
#include <kern/cpu.h>
#include <kern/hooks.h>
#include <kern/probe.h>
#include <lib/assert.h>
#include <mm/live/break_window.h>
#include <mm/pt/pt.h>
#include <stdlib.h>

#define PAGE 4096ul
#define LINEAR 0xffff000000000000ul
#define VMEMMAP 0xffff100000000000ul
#define VMALLOC 0xffff200000000000ul
#define ELSEWHERE 0xffff300000000000ul
#define REGION (64 * MiB)

static bool mapped;
static unsigned lookups, serves;
static vaddr_t asked;
static void (*on_lookup)(void), (*on_serve)(void);

/* The other CPU's turn: once for each that is set. */
static void turn(void (**other)(void))
{
	void (*act)(void) = *other;

	*other = NULL;
	if (act)
		act();
}

void cpu_serve(void)
{
	serves++;
	WANT(serves < 100 && on_serve);
	if (serves >= 100 || !on_serve)
		exit(1);
	if (serves % 3 == 0)
		turn(&on_serve);
}

int probe_load64(vaddr_t va, u64 *value)
{
	(void)va;
	*value = 0;
	return 0;
}

bool pt_lookup_racing(const struct pt *pt, vaddr_t va, struct pt_slot *slot, pt_careful_fn *load)
{
	(void)pt;
	(void)load;
	lookups++;
	asked = va;
	slot->kind = mapped ? PT_LEAF : PT_EMPTY;
	turn(&on_lookup);
	return true;
}

/* CPU 1 executes `act`. */
static void by_other(void (*act)(void))
{
	struct cpu *was = host_cpu;

	host_cpu = &cpus[1];
	act();
	host_cpu = was;
}

static vaddr_t at;

static void open_range(void)
{
	break_window_open(at, 4 * PAGE);
}

static void open_page(void)
{
	break_pages_open(&at, 1);
}

static void close_page(void)
{
	break_pages_close(1);
}

static void one_page(void)
{
	by_other(open_page);
	by_other(close_page);
}

static void one_range(void)
{
	by_other(open_range);
	by_other(break_window_close);
}

static void close_range(void)
{
	by_other(break_window_close);
}

static void close_the_page(void)
{
	by_other(close_page);
}

/* The window closes, and the slot serves another range before this CPU looks again. */
static void close_and_open_elsewhere(void)
{
	by_other(break_window_close);
	at += 16 * PAGE;
	by_other(open_range);
}

static bool fault(vaddr_t va)
{
	serves = lookups = 0;
	return break_window_fault(va);
}

/* ---- addresses within a window ---- */

static void check_waits(void)
{
	u64 waited = break_window_faults();

	mapped = false;
	for (unsigned i = 0; i < 6; i++) {
		bool inside = i > 0 && i < 5;
		vaddr_t va = LINEAR + 8 * PAGE + i * PAGE;

		at = LINEAR + 9 * PAGE;
		by_other(open_range);
		on_serve = close_range;
		WANT(fault(va + 8) == inside);
		if (inside)
			WANT(serves == 3 && !lookups);
		else
			WANT(!serves && lookups);
		waited += inside;
		WANT(break_window_faults() == waited);
		if (on_serve)
			close_range();
		on_serve = NULL;
	}
	at = LINEAR + 9 * PAGE;
	by_other(open_range);
	on_serve = close_and_open_elsewhere;
	WANT(fault(at + 4 * PAGE - 1) && serves == 3);
	close_range();
	at = VMALLOC;
	by_other(open_page);
	on_serve = close_the_page;
	WANT(fault(VMALLOC + PAGE - 1) && serves == 3);
	WANT(break_window_faults() == waited + 2);
}

static void close_batch(void)
{
	host_cpu = &cpus[1];
	break_pages_close(BREAK_PAGES);
	host_cpu = &cpus[0];
}

/* Each slot of a batch is a window. */
static void check_batch(void)
{
	vaddr_t va[BREAK_PAGES];
	unsigned i;

	mapped = false;
	for (i = 0; i < BREAK_PAGES; i++)
		va[i] = VMALLOC + 2 * i * PAGE;
	for (i = 0; i < BREAK_PAGES; i++) {
		host_cpu = &cpus[1];
		break_pages_open(va, BREAK_PAGES);
		host_cpu = &cpus[0];
		on_serve = close_batch;
		WANT(fault(va[i]) && serves == 3);
	}
	host_cpu = &cpus[1];
	break_pages_open(va, BREAK_PAGES);
	for (i = 0; i < BREAK_PAGES; i++) {
		WANT(break_window_covers(BREAK_PAGE + i, va[i], PAGE));
		WANT(break_window_covers(BREAK_PAGE + i, va[i] + PAGE - 1, 1));
		WANT(!break_window_covers(BREAK_PAGE + i, va[i], PAGE + 1));
		WANT(!break_window_covers(BREAK_PAGE + i, va[i] - 1, 2));
		WANT(!break_window_covers(BREAK_PAGE + i, va[i] + PAGE, 1));
		WANT(!break_window_covers(BREAK_PAGE + (i + 1) % BREAK_PAGES, va[i], PAGE));
	}
	WANT(!break_window_covers(BREAK_RANGE, va[0], PAGE));
	WANT(!fault(va[0])); /* its own: a crash, not a wait */
	host_cpu = &cpus[0];
	WANT(!break_window_covers(BREAK_PAGE, va[0], PAGE));
	host_cpu = &cpus[1];
	break_pages_close(BREAK_PAGES);
	for (i = 0; i < BREAK_PAGES; i++)
		WANT(!break_window_covers(BREAK_PAGE + i, va[i], PAGE));
	host_cpu = &cpus[0];
	WANT(!fault(va[0]) && !serves);
}

/* ---- retries without a window ---- */

/* A page of vmalloc: once for each count of windows, for each page and each CPU. */
static void check_pages(void)
{
	mapped = true;
	at = VMALLOC + 64 * PAGE;
	one_page();
	for (unsigned n = 0; n < 3; n++) {
		WANT(fault(VMALLOC + 8) && lookups == 1 && asked == VMALLOC);
		WANT(!fault(VMALLOC + 16));
		WANT(!fault(VMALLOC));
		WANT(fault(VMALLOC + PAGE));
		WANT(!fault(VMALLOC + PAGE + 8));
		host_cpu = &cpus[2];
		WANT(fault(VMALLOC + PAGE));
		WANT(!fault(VMALLOC + PAGE));
		host_cpu = &cpus[0];
		if (n & 1)
			one_range(); /* counts as a window too */
		else
			one_page();
	}
}

/* Elsewhere: once for each range that was opened, whatever page. */
static void check_ranges(void)
{
	static const vaddr_t bases[] = { LINEAR, VMEMMAP };

	mapped = true;
	for (unsigned i = 0; i < ARRAY_SIZE(bases); i++) {
		at = bases[i];
		one_range();
		WANT(fault(bases[i] + 5 * PAGE));
		WANT(!fault(bases[i] + 6 * PAGE));
		one_page();
		WANT(!fault(bases[i] + 6 * PAGE));
		host_cpu = &cpus[2];
		WANT(fault(bases[i]));
		host_cpu = &cpus[0];
		WANT(!fault(bases[i]));
	}
	one_range();
	for (unsigned i = 0; i < 2; i++)
		WANT(!fault(ELSEWHERE) && !lookups);
	WANT(!fault(LINEAR - 1) && !lookups);
	WANT(!fault(LINEAR + REGION) && !lookups);
	WANT(!fault(VMALLOC + REGION) && !lookups);
	WANT(fault(LINEAR + REGION - 1) && lookups == 1);
}

static void map_meanwhile(void)
{
	one_page();
	mapped = true;
}

static void open_meanwhile(void)
{
	by_other(open_page);
	on_serve = close_the_page;
}

/* Nothing is mapped, and meanwhile a window was opened: all checks are repeated. */
static void check_meanwhile(void)
{
	at = VMALLOC + 7 * PAGE;
	mapped = false;
	WANT(!fault(at) && lookups == 1);
	on_lookup = map_meanwhile;
	WANT(fault(at) && lookups == 2);
	WANT(!fault(at)); /* by the count that the second look had */
	mapped = false;
	on_lookup = one_page;
	WANT(!fault(at) && lookups == 2);
	on_lookup = open_meanwhile;
	WANT(fault(at) && lookups == 1 && serves == 3);
	mapped = true;
	on_lookup = one_page; /* after the check: its count is of no use to this retry */
	WANT(fault(at) && lookups == 1);
	WANT(fault(at) && lookups == 1);
	WANT(!fault(at));
}

int main(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };

	layout.fmt = &fmt;
	layout.r[REGION_LINEAR] = (struct va_region) { .va = LINEAR, .len = REGION };
	layout.r[REGION_VMEMMAP] = (struct va_region) { .va = VMEMMAP, .len = REGION };
	layout.r[REGION_VMALLOC] = (struct va_region) { .va = VMALLOC, .len = REGION };
	check_waits();
	check_batch();
	check_pages();
	check_ranges();
	check_meanwhile();
	printf("window: %u not so\n", want_failed);
	return want_failed != 0;
}

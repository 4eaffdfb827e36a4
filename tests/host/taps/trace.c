/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - the last events of each CPU, in the order in which they were claimed. */
#include "taps.h"
#include <stdlib.h>

#define LAST_CPU (PT_TAP_CPUS - 1)

static struct pt_event wanted[4 * PT_TRACE_LAST];
static unsigned nr_wanted;

static void restart(void)
{
	WANT(!pt_tap_enable("trace", true)); /* clears the rings */
	nr_wanted = 0;
}

/* An event with a value in each word; `va` makes it unique. */
static struct pt_event on(unsigned cpu, unsigned kind, u64 n)
{
	static u64 va;
	struct pt_event e = { .kind = (u8)kind,
			      .n = n,
			      .va = ++va,
			      .len = 3,
			      .old = 4,
			      .new = 5,
			      .pa = 6,
			      .cpus = 7,
			      .duty = 8,
			      .asid = 9,
			      .ops = 10,
			      .owner = "of nobody" };

	taps_cpu = cpu;
	WANT(taps_event(&e));
	return e;
}

static void keep(struct pt_event e)
{
	wanted[nr_wanted++] = e;
}

/* Room for so many and no more: the last of the wanted events. */
static void check_copy(size_t max)
{
	size_t n = nr_wanted < max ? nr_wanted : max;
	struct pt_event *is = malloc(max * sizeof(*is));

	WANT(is && pt_trace_copy(is, max) == n);
	for (size_t i = 0; i < n; i++)
		WANT(!memcmp(&is[i], &wanted[nr_wanted - n + i], sizeof(*is)));
	free(is);
}

static void check_copies(void)
{
	for (size_t max = 1; max <= nr_wanted + 2; max++)
		check_copy(max);
	WANT(!pt_trace_copy(NULL, 0));
}

/* Rings that are full, half full and empty; in turns, and one CPU's after another's. */
static void order(void)
{
	static const unsigned cpus[][6] = { { 0, 1, LAST_CPU, 0, 1, LAST_CPU },
					    { LAST_CPU, LAST_CPU, 0, 0, 7, 7 },
					    { 0, 0, 0, LAST_CPU, LAST_CPU, LAST_CPU },
					    { 3, 3, 3, 3, 3, 3 } };

	for (unsigned i = 0; i < ARRAY_SIZE(cpus); i++) {
		restart();
		check_copies();
		for (unsigned k = 0; k < ARRAY_SIZE(cpus[i]); k++) {
			keep(on(cpus[i][k], PT_EV_SET, k));
			check_copies();
		}
	}
}

/* A CPU's last PT_TRACE_LAST, and beside them what another one did long before. */
static void laps(void)
{
	static const unsigned more[] = { 0, 1, PT_TRACE_LAST - 1, PT_TRACE_LAST,
					 PT_TRACE_LAST + 1 };

	for (unsigned cpu = 0; cpu < PT_TAP_CPUS; cpu += LAST_CPU)
		for (unsigned i = 0; i < ARRAY_SIZE(more); i++) {
			restart();
			keep(on(2, PT_EV_SYNC, 0));
			for (unsigned k = 0; k < more[i]; k++)
				on(cpu, PT_EV_SET, k);
			for (unsigned k = 0; k < PT_TRACE_LAST; k++)
				keep(on(cpu, PT_EV_TLBI, k));
			check_copies();
		}
	restart();
	check_copies();
}

static void kinds(void)
{
	restart();
	for (unsigned kind = 0; kind < PT_EV_KINDS; kind++) {
		struct pt_event e = on(0, kind, 1);

		if (kind != PT_EV_LOCK && kind != PT_EV_UNLOCK)
			keep(e);
	}
	check_copies();
}

/* A free after one of its kind on its CPU is added to that one, and to no other. */
static void joins(void)
{
	static const struct {
		u8 cpu, kind, pages;
		bool joins; /* the last entry of this CPU */
	} c[] = {
		{ 0, PT_EV_PAGE_FREE, 2, false },
		{ 0, PT_EV_PAGE_FREE, 3, true },
		{ 1, PT_EV_PAGE_FREE, 4, false },
		{ 0, PT_EV_PAGE_FREE, 5, true },
		{ 1, PT_EV_FRAME_FREE, 6, false },
		{ 1, PT_EV_FRAME_FREE, 7, true },
		{ 1, PT_EV_PAGE_FREE, 8, false },
		{ 0, PT_EV_LOCK, 1, true },
		{ 0, PT_EV_PAGE_FREE, 9, true },
		{ 0, PT_EV_SET, 1, false },
		{ 0, PT_EV_PAGE_FREE, 9, false },
		{ 0, PT_EV_PAGE_ALLOC, 9, false },
		{ 0, PT_EV_PAGE_ALLOC, 9, false },
		{ 0, PT_EV_FRAME_ALLOC, 9, false },
		{ 0, PT_EV_FRAME_ALLOC, 9, false },
		{ 0, PT_EV_SET, 9, false },
		{ 0, PT_EV_SET, 9, false },
		{ LAST_CPU, PT_EV_FRAME_FREE, 1, false },
		{ LAST_CPU, PT_EV_FRAME_FREE, 1, true },
	};

	restart();
	for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
		struct pt_event e = on(c[i].cpu, c[i].kind, c[i].pages), *to = NULL;

		for (unsigned k = 0; k < nr_wanted && c[i].joins; k++)
			if (wanted[k].cpu == c[i].cpu)
				to = &wanted[k];
		if (!c[i].joins) {
			keep(e);
		} else if (to && c[i].kind != PT_EV_LOCK) {
			to->n += c[i].pages;
			to->ops++;
		}
		check_copies();
	}
	restart();
	keep(on(0, PT_EV_PAGE_FREE, 1)); /* not to an event before the reset */
	check_copies();
}

void check_trace(void)
{
	order();
	laps();
	kinds();
	joins();
	WANT(!pt_tap_enable("trace", false));
	on(0, PT_EV_SET, 1);
	check_copies();
}

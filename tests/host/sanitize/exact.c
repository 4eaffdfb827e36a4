/* SPDX-License-Identifier: BSD-2-Clause */
/* exact.c - see exact.h. */
#include "exact.h"
#include <stdio.h>
#include <string.h>

static unsigned failures;
static const char *now;

void want(bool held_true, const char *what)
{
	if (held_true)
		return;
	failures++;
	printf("not ok: %s, %s: %s\n", now, isa == ARM ? "arm64" : "riscv64", what);
}

u32 unclean(void)
{
	struct san_seen seen;

	san_seen(&seen);
	return seen.unclean;
}

bool held(vaddr_t va, unsigned cpu)
{
	return san_holds(stage_root(), va, cpu);
}

void want_held(unsigned cpu, const char *pages)
{
	for (unsigned i = 0; pages[i]; i++) {
		want(held(VA + i * PAGE, cpu) == (pages[i] == '1'), pages);
		want(held(VA + i * PAGE + PAGE - 1, cpu) == (pages[i] == '1'), pages);
	}
}

void leave(vaddr_t va, unsigned n, paddr_t pa)
{
	set(0, va, 0, n, entry(pa, "w"));
	set(0, va, 0, n, 0);
}

void free_frame(paddr_t pa)
{
	frame(0, PT_EV_FRAME_FREE, pa);
}

void hook(vaddr_t va, paddr_t table)
{
	event(0, PT_EV_PUBLISH);
	set(0, va, 1, 1, pointer(table));
}

static void exact_line(const char *text)
{
	printf("%s\n", text);
}

static const char *exact_symbol(u64 pc, char *buf, size_t size)
{
	snprintf(buf, size, "0x%lx", pc);
	return buf;
}

static void play_exact(const struct exact *x, enum isa on)
{
	struct san_seen seen;

	now = x->name;
	stage_begin(on);
	x->play();
	san_seen(&seen);
	for (unsigned r = 0; r < SAN_RULES; r++) {
		u32 wanted = r == x->rule && x->where >> on & 1 ? x->n : 0;

		if (san_count(r) == wanted)
			continue;
		want(false, san_rules[r].id);
		printf("%u reports, not %u\n", san_count(r), wanted);
		san_print_reports(exact_line, exact_symbol);
	}
	if (seen.lost != x->lost) {
		want(false, "what found no room");
		printf("%u, not %u\n", seen.lost, x->lost);
	}
}

static void play_all(const struct exact *x, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		for (unsigned on = 0; on < ISAS; on++)
			if (!x[i].only || x[i].where >> on & 1)
				play_exact(&x[i], on);
}

unsigned exact_failures(void)
{
	play_all(exact_copies, nr_exact_copies);
	play_all(exact_requests, nr_exact_requests);
	play_all(exact_stores, nr_exact_stores);
	play_all(exact_trees, nr_exact_trees);
	play_all(exact_tables, nr_exact_tables);
	play_all(exact_full, nr_exact_full);
	play_all(exact_foreign, nr_exact_foreign);
	return failures;
}

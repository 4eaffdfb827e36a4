/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/taps/main.c - the taps count, inject and trace do what their headers promise
 * (mm/pt/pt_tap.h, mm/pt/taps/inject.h).
 */
#include "taps.h"
#include <lib/assert.h>
#include <stdlib.h>

unsigned taps_cpu;
jmp_buf *taps_death;

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	if (taps_death)
		longjmp(*taps_death, 1);
	printf("# FAIL %s:%d: asserts %s (0x%lx, 0x%lx)\n", file, line, what, a, b);
	exit(1);
}

static void who(struct pt_event *e)
{
	e->cpu = taps_cpu;
}

bool taps_event(struct pt_event *e)
{
	if (!pt_tap_before(e))
		return false;
	pt_tap_after(e);
	return true;
}

int main(void)
{
	pt_tap_who = who;
	check_count();
	check_inject();
	check_trace();
	check_unfinished();
	printf("taps: %u not so\n", want_failed);
	return want_failed != 0;
}

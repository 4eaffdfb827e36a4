/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/taps/main.c - the taps count, inject and trace do what their headers promise
 * (mm/pt/pt_tap.h, mm/pt/taps/inject.h).
 */
#include "taps.h"
#include <lib/assert.h>

unsigned taps_cpu;

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

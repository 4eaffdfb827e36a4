/* SPDX-License-Identifier: BSD-2-Clause */
/* The time of a soak (tlblab/soak.h). */
#include <kern/trap.h>
#include <lib/init.h>
#include <tests/harness/test.h>
#include <tlblab/soak_internal.h>

TEST(tlb, soak_clock, .claim = "the time of a soak passes, even if its cycles are very short")
{
	static struct soak before NOINIT;
	u64 earliest, latest, end; /* the host may deschedule the CPU between any two readings */

	before = soak;
	soak.saved.ns = 0;
	soak.active = true;
	earliest = clock_ns();
	soak_clock_start();
	latest = clock_ns();
	while (clock_ns() - latest < 5000000)
		soak_save();
	end = clock_ns();
	soak_save();
	CHECK(t, soak.saved.ns >= end - latest);
	CHECK(t, soak_now_ms() <= (clock_ns() - earliest) / 1000000);
	soak = before;
	soak_save();
}

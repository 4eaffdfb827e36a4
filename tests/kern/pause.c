/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/kern/pause.c - a bounded wait measures the time that it waited, not the difference of the
 * clock. */
#include <arch/arch.h>
#include <kern/trap.h>
#include <tests/harness/test.h>

#define STEPS 200

static bool expired_after(struct cpu_pause *p, u64 jump)
{
	p->last -= jump;
	cpu_pause(p);
	return watchdog_expired(p);
}

#define LIMIT_US 40000

TEST(kern, pause_within,
     .claim = "a wait with a limit ends when it has waited that long, and not because the clock "
	      "jumped by an hour")
{
	const u64 hour = 3600 * arch_counter_hz();
	struct cpu_pause p = { 0 };
	u64 start, steps = 0;

	for (unsigned i = 0; i < STEPS; i++)
		CHECK(t, cpu_pause_within(&p, ~0u));
	p.waited = 0;
	p.last -= hour;
	CHECK(t, cpu_pause_within(&p, LIMIT_US));
	p.last += hour;
	CHECK(t, cpu_pause_within(&p, 2 * LIMIT_US));
	p = (struct cpu_pause) { 0 };
	start = arch_counter();
	while (cpu_pause_within(&p, LIMIT_US))
		steps++;
	CHECK(t, steps > 0);
	CHECK(t, arch_counter() - start >= LIMIT_US * (arch_counter_hz() / 1000) / 1000);
}

TEST(kern, pause_jump,
     .claim = "a wait does not end because the machine was suspended for an hour, or the clock set "
	      "back; time that passes in small steps counts")
{
	const u64 hour = 3600 * arch_counter_hz(), tick = arch_counter_hz() / TICK_HZ;
	struct cpu_pause p = { 0 };
	u64 start = arch_counter();

	for (unsigned i = 0; i < STEPS; i++)
		cpu_pause(&p);
	CHECK(t, p.waited > 0);
	CHECK(t, p.waited <= arch_counter() - start);
	CHECK(t, !expired_after(&p, hour));
	CHECK(t, !expired_after(&p, -hour));
	CHECK(t, p.waited <= arch_counter() - start + 4 * tick);
}

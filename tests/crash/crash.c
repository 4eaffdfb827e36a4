/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/crash/crash.c - tests that crash on purpose, to show the report: registers, decoded cause,
 * symbolised backtraces of all CPUs, and the verdict.  Only a glob that begins with `crash.`
 * selects them; the machine restarts and the run continues.  tests/system/test_crash.py reads the
 * output.
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <tests/harness/util.h>

TEST(crash, read_null, .claim = "a load from address 0 ends in a report that names it")
{
	(void)t;
	(void)*(volatile u64 *)va_ptr(0);
}

TEST(crash, write_text, .claim = "a store to program text ends in a report")
{
	(void)t;
	*(volatile u32 *)(uintptr_t)test_crash_read_null = 0;
}

TEST(crash, jump_wild,
     .claim = "a jump to an unmapped address ends in a report that names its function")
{
	void (*volatile nowhere)(void) = (void (*)(void))va_ptr(0x1000);

	(void)t;
	nowhere();
}

/* Recurse deeper than any stack; the frame is used after the call, so that no compiler makes a
 * loop of it. */
static u64 recurse(u64 depth)
{
	volatile u64 frame[64];

	frame[depth % 64] = depth;
	return depth < 100000 ? recurse(depth + 1) + frame[depth % 64] : 0;
}

TEST(crash, stack_overflow, .claim = "a stack that grows into its guard page ends in a report")
{
	CHECK_EQ(t, recurse(0), 1);
}

TEST(crash, assertion, .claim = "a broken invariant prints both operands")
{
	(void)t;
	ASSERT_OP(cpus_online_nr(), >, 4711);
}

static void fault_there(void *arg)
{
	(void)*(volatile u64 *)va_ptr(*(u64 *)arg);
}

TEST(crash, on_another_cpu, .claim = "a fault on another CPU is reported with that CPU's number",
     .needs = NEED_SMP)
{
	static u64 address = 0x2000;

	(void)t;
	cpu_run(other_cpus(), fault_there, &address);
}

static void hang_there(void *arg)
{
	(void)arg;
	arch_irq_disable();
	for (;;)
		arch_relax();
}

TEST(crash, hang,
     .claim = "a CPU that takes no interrupt is reported after hang=", .needs = NEED_SMP)
{
	cpumask_t all = other_cpus(), last = all & -all;

	(void)t;
	cpu_run(last, hang_there, NULL);
}

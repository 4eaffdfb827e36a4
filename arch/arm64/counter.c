/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/counter.c - read CNTVCT_EL0 on CPUs where an erratum makes a single read unreliable.
 * The errata and the number of repetitions that they may need are as in Linux,
 * drivers/clocksource/arm_arch_timer.c and its Kconfig.
 */
#include <arch/arch.h>
#include <counter.h>
#include <sysreg.h>

u32 arm_counter_rows;

/* Cortex-A73: just before a carry into bit 32 a read may show the carry with the old low bits. */
static u64 a73_read(u64 (*read)(void))
{
	u64 first = read(), second = read();

	return (first ^ second) >> 32 & 1 ? first : second;
}

/* Freescale: a read while the counter changes may return any value. */
static u64 fsl_read(u64 (*read)(void))
{
	u64 first, second = read();

	for (unsigned i = 0; i < 200; i++) {
		first = second;
		second = read();
		if (first == second)
			break;
	}
	return second;
}

/* HiSilicon: a read may be far off, either way, and is so at most twice in a row. */
static u64 hisi_read(u64 (*read)(void))
{
	u64 first, second;

	for (unsigned i = 0; i < 50; i++) {
		first = read();
		second = read();
		if (second - first < 32)
			break;
	}
	return second;
}

/* Allwinner: while a carry propagates beyond bit 9 the bits below it may be all zeros or all
 * ones. */
static u64 sun50i_read(u64 (*read)(void))
{
	u64 v = read();

	for (unsigned i = 0; i < 150 && ((v + 1) & 0x1ff) <= 1; i++)
		v = read();
	return v;
}

/* No machine is known to need two of them. */
u64 counter_mend(u32 rows, u64 (*read)(void))
{
	if (rows & COUNTER_TWICE)
		return fsl_read(read);
	if (rows & COUNTER_NEAR)
		return hisi_read(read);
	if (rows & COUNTER_LOW_BITS)
		return sun50i_read(read);
	return a73_read(read);
}

static u64 read_once(void)
{
	return SYSREG_READ(cntvct_el0);
}

/* Unshown (isb): only a CPU with an erratum of the counter executes it. */
u64 arm_counter_mended(void)
{
	isb(); /* as in arch_counter(): no read ahead of earlier instructions */
	return counter_mend(atomic_load_relaxed(&arm_counter_rows), read_once);
}

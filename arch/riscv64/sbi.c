/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/sbi.c - what firmware has and who it is (SBI specification, "Base Extension"), and
 * SBI calls for a set of CPUs: hart masks and the windows they need ("Hart list parameter").
 */
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <lib/assert.h>

#define SBI_BASE_PROBE 3
#define SBI_IPI 0x735049ul

bool sbi_has(u64 ext)
{
	struct fw_result r = arch_firmware_call(FW_SBI, SBI_BASE, SBI_BASE_PROBE, ext, 0, 0, 0);

	return !r.error && r.value;
}

u64 sbi_base(u64 fid)
{
	struct fw_result r = arch_firmware_call(FW_SBI, SBI_BASE, fid, 0, 0, 0, 0);

	return r.error ? 0 : r.value;
}

static u64 lowest_hart(cpumask_t mask)
{
	u64 lowest = ~0ul;

	for (unsigned i = 0; i < cpus_nr; i++)
		if (mask & cpu_bit(i))
			lowest = min_u64(lowest, cpus[i].hwid);
	return lowest;
}

/* The harts of the first window that a mask needs, taken out of it: ids are sparse, and an SBI mask
 * covers base .. base + 63. */
static u64 next_window(cpumask_t *mask, u64 *base)
{
	u64 harts = 0;

	*base = lowest_hart(*mask);
	for (unsigned i = 0; i < cpus_nr; i++)
		if ((*mask & cpu_bit(i)) && cpus[i].hwid - *base < 64) {
			harts |= 1ul << (cpus[i].hwid - *base);
			*mask &= ~cpu_bit(i);
		}
	return harts;
}

u32 sbi_for_harts(u64 ext, u64 fid, cpumask_t mask, u64 a2, u64 a3)
{
	u32 calls = 0;

	while (mask) {
		u64 base, harts = next_window(&mask, &base);
		struct fw_result r;

		ASSERT_OP(harts, !=, 0);
		r = arch_firmware_call(FW_SBI, ext, fid, harts, base, a2, a3);
		ASSERT_OP(r.error, ==, 0);
		calls++;
	}
	return calls;
}

/* Without assertions, because crash reports use it.  CPUs that are not online are left out. */
void arch_firmware_ipi(cpumask_t mask)
{
	u64 base, harts;

	for (mask &= cpus_online(); mask;) {
		harts = next_window(&mask, &base);
		arch_firmware_call(FW_SBI, SBI_IPI, 0, harts, base, 0, 0);
	}
}

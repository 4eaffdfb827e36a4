// SPDX-License-Identifier: BSD-2-Clause
/*
 * arch/riscv64/firmware.c - SBI calls (SBI specification, "Binary Encoding").
 *
 * a7 = extension, a6 = function, a0.. = arguments; a0 = error and a1 = value come back, every other
 * register is preserved.  Legacy extensions (0..8) return their value in a0.
 */
#include "trap.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <lib/assert.h>

#define SBI_BASE_PROBE 3
#define SBI_IPI 0x735049ull

struct fw_result arch_firmware_call(enum fw_conduit conduit, u64 ext, u64 fid, u64 a0, u64 a1,
				    u64 a2, u64 a3)
{
	register u64 r0 __asm__("a0") = a0;
	register u64 r1 __asm__("a1") = a1;
	register u64 r2 __asm__("a2") = a2;
	register u64 r3 __asm__("a3") = a3;
	register u64 r6 __asm__("a6") = fid;
	register u64 r7 __asm__("a7") = ext;

	if (conduit != FW_SBI)
		return (struct fw_result) { .error = -2 /* SBI_ERR_NOT_SUPPORTED */ };
	__asm__ volatile("ecall"
			 : "+r"(r0), "+r"(r1)
			 : "r"(r2), "r"(r3), "r"(r6), "r"(r7)
			 : "memory");
	return (struct fw_result) { .error = (s64)r0, .value = r1 };
}

enum fw_conduit arch_firmware_native(void)
{
	return FW_SBI;
}

bool sbi_has(u64 ext)
{
	struct fw_result r = arch_firmware_call(FW_SBI, SBI_BASE, SBI_BASE_PROBE, ext, 0, 0, 0);

	return !r.error && r.value;
}

static u64 lowest_hart(cpumask_t mask)
{
	u64 lowest = ~0ull;

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
			harts |= 1ull << (cpus[i].hwid - *base);
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

/* No assertion: crash reports come here. */
void arch_firmware_ipi(cpumask_t mask)
{
	u64 base, harts;

	for (mask &= cpus_online(); mask;) {
		harts = next_window(&mask, &base);
		arch_firmware_call(FW_SBI, SBI_IPI, 0, harts, base, 0, 0);
	}
}

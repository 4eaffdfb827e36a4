/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/firmware.c - SBI calls (SBI specification, "Binary Encoding").
 *
 * a7 = extension, a6 = function, a0.. = arguments; it returns a0 = error and a1 = value; every
 * other register is preserved.  Legacy extensions (0..8) return their value in a0.
 */
#include "trap.h"
#include <arch/arch.h>

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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/firmware.c - SMC Calling Convention (Arm DEN 0028): function in x0, arguments in
 * x1..x4, result in x0; a callee of version 1.0 may change x0..x17.
 */
#include <arch/arch.h>

#define FIRMWARE_CALL(insn)                                                                        \
	__asm__ volatile(insn                                                                      \
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4)                        \
			 :                                                                         \
			 : "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", \
			   "x16", "x17", "memory")

struct fw_result arch_firmware_call(enum fw_conduit conduit, u64 ext, u64 fid, u64 a0, u64 a1,
				    u64 a2, u64 a3)
{
	register u64 x0 __asm__("x0") = fid;
	register u64 x1 __asm__("x1") = a0;
	register u64 x2 __asm__("x2") = a1;
	register u64 x3 __asm__("x3") = a2;
	register u64 x4 __asm__("x4") = a3;

	(void)ext; /* SBI's extension number; the convention here has one name space */
	if (conduit == FW_HVC)
		FIRMWARE_CALL("hvc #0");
	else if (conduit == FW_SMC)
		FIRMWARE_CALL("smc #0");
	else
		return (struct fw_result) { .error = -1 }; /* NOT_SUPPORTED */
	return (struct fw_result) { .error = (s64)x0, .value = x1 };
}

/* Unknown here: `method` of the PSCI node in the device tree decides between HVC and SMC. */
enum fw_conduit arch_firmware_native(void)
{
	return FW_NONE;
}

void arch_firmware_ipi(cpumask_t cpus_wanted)
{
	(void)cpus_wanted; /* the interrupt controller's */
}

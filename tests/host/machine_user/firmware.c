/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_user/firmware.c - calls of firmware: PSCI 1.1 (DEN 0022) and SMCCC 1.1 (DEN
 * 0028), by the conduit that the device tree names.
 */
#include "bench.h"

#define HVC 0xd4000002u
#define SMC 0xd4000003u

static const struct {
	const char *name;
	u64 x0, x1;
	s64 result;
} calls[] = {
	{ "PSCI_VERSION", 0x84000000, 0, 0x10001 },
	{ "SMCCC_VERSION", 0x80000000, 0, 0x10001 },
	{ "SMCCC_ARCH_FEATURES of SMCCC_VERSION", 0x80000001, 0x80000000, 0 },
	{ "SMCCC_ARCH_FEATURES of itself", 0x80000001, 0x80000001, 0 },
	{ "SMCCC_ARCH_FEATURES of SMCCC_ARCH_WORKAROUND_1", 0x80000001, 0x80008000, -1 },
	{ "PSCI_FEATURES of CPU_SUSPEND", 0x8400000a, 0xc4000001, 0 },
	{ "PSCI_FEATURES of SMCCC_VERSION", 0x8400000a, 0x80000000, 0 },
	{ "PSCI_FEATURES of SYSTEM_RESET2", 0x8400000a, 0xc4000012, -1 },
	{ "MIGRATE_INFO_TYPE", 0x84000006, 0, -1 },
	{ "AFFINITY_INFO of this CPU", 0xc4000004, 0, 0 },
	{ "AFFINITY_INFO of another CPU", 0xc4000004, 1, -2 },
	{ "CPU_ON of this CPU", 0xc4000003, 0, -4 },
	{ "CPU_SUSPEND to power-down", 0xc4000001, BIT(16), -2 },
	{ "CPU_SUSPEND to standby", 0xc4000001, 0, 0 },
	{ "the same, 32 bits", 0x84000001, 0, 0 },
	{ "an unknown function", 0xc6000000, 0, -1 },
};

unsigned check_firmware(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		struct a64_cpu *c = begin_at(AT_EL1);
		bool waits = (calls[i].x0 | BIT(30)) == 0xc4000001 && !calls[i].result;

		c->x[0] = calls[i].x0;
		c->x[1] = calls[i].x1;
		execute(HVC);
		bad += complain(exception_of() != NO_EXCEPTION || (s64)c->x[0] != calls[i].result ||
					(c->state == CPU_WAITS_INTERRUPT) != waits,
				"%s: %ld, class %x", calls[i].name, (s64)c->x[0], exception_of());
	}
	begin_at(AT_EL1)->x[0] = 0x84000000;
	execute(SMC);
	return bad + complain(exception_of() != 0, "SMC: class %x", exception_of());
}

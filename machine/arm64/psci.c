/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/psci.c - firmware: PSCI 1.1 (DEN 0022) by HVC or SMC.  It takes no time and no
 * memory.  A CPU that is started observes the stores of the caller (DEN 0022, 6.4 requires that
 * only after the caller's own barriers and cache maintenance; here it needs none).
 */
#include "cpu.h"

#define PSCI_NOT_SUPPORTED (-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_ALREADY_ON (-4)
#define PSCI_INVALID_ADDRESS (-9)

enum psci_id {
	PSCI_VERSION = 0x84000000u,
	PSCI_CPU_SUSPEND = 0xc4000001u,
	PSCI_CPU_SUSPEND_32 = 0x84000001u,
	PSCI_CPU_OFF = 0x84000002u,
	PSCI_CPU_ON = 0xc4000003u,
	PSCI_CPU_ON_32 = 0x84000003u,
	PSCI_AFFINITY_INFO = 0xc4000004u,
	PSCI_AFFINITY_INFO_32 = 0x84000004u,
	PSCI_SYSTEM_OFF = 0x84000008u,
	PSCI_SYSTEM_RESET = 0x84000009u,
	PSCI_FEATURES = 0x8400000au,
	SMCCC_VERSION = 0x80000000u,
	SMCCC_ARCH_FEATURES = 0x80000001u,
};
#define STATE_POWER_DOWN BIT(16) /* StateType of power_state */

bool machine_off, machine_resets;

static s64 start(struct a64_cpu *c)
{
	unsigned id = id_cpu(c->x[1]);

	if (id >= cpus_nr)
		return PSCI_INVALID_PARAMETERS;
	if (cpus[id].state != CPU_OFF)
		return PSCI_ALREADY_ON;
	if (!memory_responds(c->x[2]) || (c->x[2] & 3))
		return PSCI_INVALID_ADDRESS;
	while (!order_full(id))
		;
	cpu_begin(&cpus[id], c->x[2], c->x[3]);
	return 0;
}

static s64 state_of(u64 affinity)
{
	unsigned id = id_cpu(affinity);

	return id >= cpus_nr ? PSCI_INVALID_PARAMETERS : cpus[id].state == CPU_OFF;
}

static s64 has(u64 function)
{
	static const u32 known[] = {
		PSCI_VERSION,    PSCI_CPU_SUSPEND,  PSCI_CPU_SUSPEND_32, PSCI_CPU_OFF,
		PSCI_CPU_ON,     PSCI_CPU_ON_32,    PSCI_AFFINITY_INFO,  PSCI_AFFINITY_INFO_32,
		PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES,       SMCCC_VERSION,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] == (u32)function)
			return 0;
	return PSCI_NOT_SUPPORTED;
}

/* No workaround is offered (DEN 0028, 7). */
static s64 arch_has(u64 function)
{
	return (u32)function == SMCCC_VERSION || (u32)function == SMCCC_ARCH_FEATURES
		       ? 0
		       : PSCI_NOT_SUPPORTED;
}

/* The only state is a standby: the CPU waits for an interrupt and keeps its context (DEN 0022,
 * 5.4). */
static s64 suspend(struct a64_cpu *c)
{
	if (c->x[1] & STATE_POWER_DOWN)
		return PSCI_INVALID_PARAMETERS;
	c->state = CPU_WAITS_INTERRUPT;
	c->patient = false;
	return 0;
}

static s64 function(struct a64_cpu *c)
{
	switch ((u32)c->x[0]) {
	case PSCI_VERSION:
		return 0x10001;
	case SMCCC_VERSION:
		return 0x10001;
	case PSCI_FEATURES:
		return has(c->x[1]);
	case SMCCC_ARCH_FEATURES:
		return arch_has(c->x[1]);
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND_32:
		return suspend(c);
	case PSCI_CPU_ON:
	case PSCI_CPU_ON_32:
		return start(c);
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO_32:
		return state_of(c->x[1]);
	case PSCI_CPU_OFF:
		cpu_off(c);
		if (order_hooks.execution)
			order_hooks.execution->off(c->id);
		return 0;
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
		machine_off = true;
		machine_resets = (u32)c->x[0] == PSCI_SYSTEM_RESET;
		return 0;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

/* The caller's stores are performed before firmware acts; a reset may lose them. */
void psci_call(struct a64_cpu *c, const struct a64_op *op)
{
	late_all(c->id); /* which may load its operands */
	if ((u32)c->x[0] != PSCI_SYSTEM_RESET && !order_full(c->id)) {
		cpu_again(c, op);
		return;
	}
	c->x[0] = (u64)function(c);
	cpu_set_view(c, 0, 0);
	cpu_yield(c);
}

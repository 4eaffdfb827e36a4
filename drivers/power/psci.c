/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/power/psci.c - Power State Coordination Interface (Arm DEN 0022): starts CPUs, turns
 * the machine off.
 *
 * Version 0.1 has neither a version call nor fixed function ids: those of CPU_ON and CPU_OFF are in
 * the device tree, and no other function is used.  The device tree's `method` is HVC or SMC; the
 * wrong conduit would trap to vectors that may not exist, so a node without a known method is
 * refused.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <drivers/fdt/fdt.h>
#include <drivers/fdt/index.h>
#include <kern/cpu_id.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <libfdt.h>

enum psci_function {
	PSCI_VERSION = 0x84000000,
	PSCI_SYSTEM_OFF = 0x84000008,
	PSCI_SYSTEM_RESET = 0x84000009,
	PSCI_FEATURES = 0x8400000a,
};
#define SMCCC_VERSION 0x80000000ul
/* SMC Calling Convention (Arm DEN 0028): the UID of a vendor's hypervisor */
#define VENDOR_HYP_UID 0x8600ff01ul
#define KVM_UID_0 0xb66fb428u
#define KVM_UID_1 0xe911c52eu
#define PSCI_0_1 0x00001
#define PSCI_1_0 0x10000
#define PSCI_NOT_SUPPORTED (-1)
#define MIDR_APPLE 0x61
#define PSCI_CPU_OFF 0x84000002u
#define PSCI_CPU_ON 0xc4000003u
#define PSCI_AFFINITY_INFO 0xc4000004ul

/* DEN 0022, 5.2.2: -1 NOT_SUPPORTED .. -9 INVALID_ADDRESS */
static const u8 errors[] = {
	[1] = EOPNOTSUPP, [2] = EINVAL, [3] = EPERM, [4] = EEXIST, [5] = EAGAIN,
	[6] = EIO,        [7] = ENODEV, [8] = EBUSY, [9] = EFAULT,
};

static enum fw_conduit conduit;
static bool only_cpus; /* version 0.1 */
static u32 cpu_on_id, cpu_off_id;

static s64 call(u64 fid, u64 a0, u64 a1, u64 a2)
{
	return (s64)(int)arch_firmware_call(conduit, 0, fid, a0, a1, a2, 0).error;
}

/* A code of lib/err.h, or the non-negative result. */
static int error_of(s64 r)
{
	if (r >= 0)
		return (int)r;
	return -r < (s64)sizeof(errors) && errors[-r] ? -errors[-r] : -EIO;
}

/* `method` of the node: HVC or SMC, nothing else. */
static int find_conduit(const struct device *d)
{
	int len;
	const char *method = fdt_getprop(d->fdt, d->node, "method", &len);

	conduit = FW_NONE;
	if (method && len == 4 && !memcmp(method, "hvc", 4))
		conduit = FW_HVC;
	else if (method && len == 4 && !memcmp(method, "smc", 4))
		conduit = FW_SMC;
	if (conduit != FW_NONE)
		return 0;
	kprintf("power: psci: method is neither hvc nor smc\n");
	return -EINVAL;
}

/* A version 0.1 tree may lack CPU_OFF: then a CPU halts. */
static int probe(struct device *d)
{
	static const char *const later[] = { "arm,psci-1.0", "arm,psci-0.2", NULL };

	only_cpus = fdt_next_compatible(d->fdt, -1, later) < 0;
	cpu_on_id = only_cpus ? fdt_u32(d->fdt, d->node, "cpu_on", 0) : PSCI_CPU_ON;
	cpu_off_id = only_cpus ? fdt_u32(d->fdt, d->node, "cpu_off", 0) : PSCI_CPU_OFF;
	if (cpu_on_id)
		return find_conduit(d);
	kprintf("power: psci: version 0.1, and the device tree has no cpu_on\n");
	return -EINVAL;
}

static void describe(char *buf, size_t size)
{
	u32 version = only_cpus ? PSCI_0_1 : (u32)call(PSCI_VERSION, 0, 0, 0);

	snprintf(buf, size, "PSCI %u.%u", version >> 16, version & 0xffff);
}

/* The hypervisor, if the conduit is HVC: KVM has a UID; Apple's cores have no PSCI firmware, so
 * there the hypervisor is hvf.  Before PSCI 1.0 no calling convention makes an unknown call
 * harmless, so the UID is not read. */
static const char *host(void)
{
	struct fw_result r;

	if (conduit != FW_HVC || only_cpus || call(PSCI_VERSION, 0, 0, 0) < PSCI_1_0 ||
	    call(PSCI_FEATURES, SMCCC_VERSION, 0, 0) < 0)
		return NULL;
	r = arch_firmware_call(conduit, 0, VENDOR_HYP_UID, 0, 0, 0, 0);
	if ((u32)r.error == KVM_UID_0 && (u32)r.value == KVM_UID_1)
		return "kvm";
	return cpu_id(0)->word[0] >> 24 == MIDR_APPLE ? "hvf" : NULL;
}

static int cpu_start(u64 hwid, paddr_t entry, u64 arg)
{
	return error_of(call(cpu_on_id, hwid, entry, arg));
}

/* AFFINITY_INFO: 0 ON, 1 OFF, 2 ON_PENDING */
static int cpu_state(u64 hwid)
{
	s64 r = only_cpus ? PSCI_NOT_SUPPORTED : call(PSCI_AFFINITY_INFO, hwid, 0, 0);

	if (r < 0)
		return error_of(r);
	return r == 0 ? 1 : r == 1 ? 0 : -EAGAIN;
}

static NORETURN void cpu_off(void)
{
	if (cpu_off_id)
		call(cpu_off_id, 0, 0, 0); /* returns only if denied */
	arch_halt_untranslated();
}

/* Returns only if firmware refuses, or has version 0.1. */
static void off(void)
{
	if (!only_cpus)
		call(PSCI_SYSTEM_OFF, 0, 0, 0);
}

static void reset(void)
{
	if (!only_cpus)
		call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

static const char *const compatible[] = { "arm,psci-1.0", "arm,psci-0.2", "arm,psci", NULL };

static const struct power psci = {
	.compatible = compatible,
	.name = "PSCI",
	.method = "psci",
	.probe = probe,
	.describe = describe,
	.host = host,
	.cpu_start = cpu_start,
	.cpu_state = cpu_state,
	.cpu_off = cpu_off,
	.off = off,
	.reset = reset,
};
POWER(psci, psci);

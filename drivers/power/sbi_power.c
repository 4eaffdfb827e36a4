/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/power/sbi_power.c - starts and stops harts by SBI HSM, and turns the machine off by SRST
 * or the legacy shutdown.  Every call is one ecall; errors become codes of lib/err.h.
 */
#include <arch/arch.h>
#include <drivers/device.h>
#include <lib/printf.h>

#define SBI_BASE 0x10ul
#define SBI_HSM 0x48534dul
#define SBI_SRST 0x53525354ul
#define SBI_LEGACY_SHUTDOWN 8

enum { BASE_SPEC, BASE_IMPL, BASE_IMPL_VERSION };
enum { IMPL_KVM = 3 };
enum { HSM_START, HSM_STOP, HSM_STATUS };
enum { HSM_STARTED, HSM_STOPPED };
enum { SRST_SHUTDOWN, SRST_COLD_REBOOT, SRST_WARM_REBOOT };

static struct fw_result call(u64 ext, u64 fid, u64 a0, u64 a1, u64 a2)
{
	return arch_firmware_call(FW_SBI, ext, fid, a0, a1, a2, 0);
}

/* SBI errors from -1 down (SBI specification, "Standard SBI Errors"); SBI 3.0 has five more, of
 * extensions that this kernel does not call. */
static int error_of(s64 sbi)
{
	static const u8 codes[] = {
		EIO, EOPNOTSUPP, EINVAL, EPERM, EFAULT, EBUSY, EBUSY, EBUSY, EIO
	};

	if (sbi >= 0)
		return 0;
	return sbi >= -(s64)sizeof(codes) ? -(int)codes[-sbi - 1] : -EIO;
}

/* SBI needs no node: arch_firmware_native() reports whether SBI firmware started the kernel. */
static int probe(struct device *d)
{
	(void)d;
	return arch_firmware_native() == FW_SBI ? 0 : -ENODEV;
}

/* A value of the base extension, which every SBI has; 0 on error. */
static u64 base(u64 fid)
{
	struct fw_result r = call(SBI_BASE, fid, 0, 0, 0);

	return r.error ? 0 : r.value;
}

/* "OpenSBI 1.1, SBI 1.0": implementation ids of the SBI specification. */
static void describe(char *buf, size_t size)
{
	static const char *const names[] = {
		"BBL",    "OpenSBI", "Xvisor", "KVM",           "RustSBI",
		"Diosix", "Coffer",  "Xen",    "PolarFire HSS",
	};
	u64 spec = base(BASE_SPEC), impl = base(BASE_IMPL), version = base(BASE_IMPL_VERSION);

	snprintf(buf, size, "%s %lu.%lu, SBI %lu.%lu",
		 impl < ARRAY_SIZE(names) ? names[impl] : "unknown", version >> 16,
		 version & 0xffff, spec >> 24 & 0x7f, spec & 0xffffff);
}

static const char *host(void)
{
	return base(BASE_IMPL) == IMPL_KVM ? "kvm" : NULL;
}

static int cpu_start(u64 hwid, paddr_t entry, u64 arg)
{
	return error_of(call(SBI_HSM, HSM_START, hwid, entry, arg).error);
}

/* HSM status; a hart that is starting or suspended is neither on nor off. */
static int cpu_state(u64 hwid)
{
	struct fw_result r = call(SBI_HSM, HSM_STATUS, hwid, 0, 0);

	if (r.error)
		return error_of(r.error);
	if (r.value == HSM_STARTED)
		return 1;
	return r.value == HSM_STOPPED ? 0 : -EAGAIN; /* pending, suspended */
}

static NORETURN void cpu_off(void)
{
	arch_irq_disable();
	call(SBI_HSM, HSM_STOP, 0, 0, 0);
	arch_halt_untranslated();
}

/* The legacy call never returns if firmware cannot shut down (OpenSBI, sifive_u), so it is used
 * only before SBI 0.3, which introduced SRST. */
static void off(void)
{
	call(SBI_SRST, 0, SRST_SHUTDOWN, 0, 0);
	if (base(BASE_SPEC) < 3)
		call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0);
}

/* Only a warm reboot preserves RAM with the log ring.  A call that returns has failed. */
static void reset(void)
{
	call(SBI_SRST, 0, SRST_WARM_REBOOT, 0, 0);
	call(SBI_SRST, 0, SRST_COLD_REBOOT, 0, 0);
}

static const struct power power_sbi = {
	.name = "SBI",
	.probe = probe,
	.describe = describe,
	.host = host,
	.cpu_start = cpu_start,
	.cpu_state = cpu_state,
	.cpu_off = cpu_off,
	.off = off,
	.reset = reset,
};
POWER(sbi, power_sbi);

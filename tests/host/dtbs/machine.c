/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/dtbs/machine.c - functions that drivers call and a process lacks: CPUs, firmware, the
 * log. */
#include "dtbs.h"
#include <arch/arch.h>
#include <boot/boot.h>
#include <errata.h>
#include <kern/args.h>
#include <kern/cpu_id.h>
#include <kern/emulator.h>
#include <kern/kern_internal.h>
#include <kern/log.h>
#include <kern/probe.h>
#include <kern/restart.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/layout.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct restart restart;
static bool is_riscv;

void machine_reset_state(u64 boot_hwid, bool riscv)
{
	memset(cpus, 0, sizeof(cpus));
	cpus_nr = 0;
	cpu_record(boot_hwid);
	host_cpu = &cpus[0];
	is_riscv = riscv;
}

u64 arch_cpu_hwid(void)
{
	return host_cpu->hwid;
}

/* ---- firmware ---- */

enum fw_conduit arch_firmware_native(void)
{
	return is_riscv ? FW_SBI : FW_NONE;
}

struct fw_result arch_firmware_call(enum fw_conduit conduit, u64 ext, u64 fid, u64 a0, u64 a1,
				    u64 a2, u64 a3)
{
	static const char *const names[] = {
		[FW_NONE] = "none", [FW_SBI] = "sbi", [FW_HVC] = "hvc", [FW_SMC] = "smc"
	};

	(void)a1, (void)a2, (void)a3;
	if (conduit == FW_NONE)
		abort();
	printf("call %s 0x%lx 0x%lx 0x%lx\n", names[conduit], ext, fid, a0);
	return (struct fw_result) { .error = 0, .value = 1 };
}

/* A CPU that polls an address; the real one is arch/arm64/spin_table.c. */
static int pen_start(unsigned cpu, volatile u64 *release, bool cached)
{
	(void)release, (void)cached;
	printf("pen 0x%lx\n", cpus[cpu].hwid);
	return 0;
}

static const struct pen spin_table = { .method = "spin-table", .start = pen_start };
PEN(spin_table, spin_table);

/* ---- the log ---- */

void kprintf(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("line %s", text);
}

volatile void *kpt_map_device(paddr_t pa, u64 len)
{
	return registers_plain(pa, len);
}

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	printf("assert %s:%d %s 0x%lx 0x%lx\n", file, line, what, a, b);
	abort();
}

int probe_load32(vaddr_t va, u32 *value)
{
	memcpy(value, va_ptr(va), sizeof(*value));
	return 0;
}

/* ---- functions that are never called ---- */

bool emulated_board(void)
{
	return false;
}

void arch_halt(void)
{
	abort();
}

void arch_halt_untranslated(void)
{
	abort();
}

bool errata_lost_acknowledge(void)
{
	return false;
}

void ipi_handle(void)
{
	abort();
}

const struct cpu_id *cpu_id(unsigned cpu)
{
	(void)cpu;
	abort();
}

void arch_firmware_ipi(cpumask_t to)
{
	(void)to;
}

u64 clock_ns(void)
{
	return 0;
}

u64 arch_counter_hz(void)
{
	return 1000000;
}

void watchdog_enable(bool on)
{
	(void)on;
}

void log_sync(void)
{
}

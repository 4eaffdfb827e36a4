/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/trap.c - from scause to kern_fault(), kern_tick(), ipi_handle() or kern_irq().
 *
 * scause does not distinguish a missing entry from a forbidden access: both are page faults,
 * reported as TRAP_TRANSLATION (privileged spec, "Supervisor cause register").
 */
#include "trap.h"
#include "errata.h"
#include <arch/arch.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/assert.h>

struct exception {
	u8 kind;
	bool write, fetch, has_va;
	const char *cause;
};

static const struct exception exceptions[] = {
	[0] = { TRAP_ALIGNMENT, false, true, true, "instruction address misaligned" },
	[1] = { TRAP_EXTERNAL, false, true, true, "instruction access fault" },
	[2] = { TRAP_UNDEFINED, false, false, false, "illegal instruction" },
	[3] = { TRAP_BREAKPOINT, false, false, false, "breakpoint" },
	[4] = { TRAP_ALIGNMENT, false, false, true, "load address misaligned" },
	[5] = { TRAP_EXTERNAL, false, false, true, "load access fault" },
	[6] = { TRAP_ALIGNMENT, true, false, true, "store address misaligned" },
	[7] = { TRAP_EXTERNAL, true, false, true, "store access fault" },
	[8] = { TRAP_OTHER, false, false, false, "environment call from user mode" },
	[9] = { TRAP_OTHER, false, false, false, "environment call from supervisor mode" },
	[12] = { TRAP_TRANSLATION, false, true, true, "instruction page fault" },
	[13] = { TRAP_TRANSLATION, false, false, true, "load page fault" },
	[15] = { TRAP_TRANSLATION, true, false, true, "store page fault" },
};
static const struct exception unknown = { TRAP_OTHER, false, false, false, "reserved cause" };

static void exception(struct trap_frame *f)
{
	const struct exception *e = &unknown;
	struct trap_info info;

	if (f->scause < ARRAY_SIZE(exceptions) && exceptions[f->scause].cause)
		e = &exceptions[f->scause];
	info = (struct trap_info) {
		.kind = e->kind,
		.write = e->write,
		.fetch = e->fetch,
		.has_va = e->has_va,
		.overflow = f->x[REG_ZERO],
		.va = e->fetch ? arch_fetch_fault_va(f->stval) : f->stval,
		.raw = f->scause,
		.cause = e->cause,
	};
	if (!kern_fault(f, &info))
		arch_halt();
}

/*
 * Unshown (r-before w-after w-before devices): only o,r is needed, and this machine executes CSR
 * accesses in program order.
 */
static void trap_interrupt(unsigned number)
{
	if (number != IRQ_TIMER && errata_lost_timer())
		timer_check();
	irq_enter();
	switch (number) {
	case IRQ_SOFTWARE:
		/* Cleared before the requests are read: a later one raises it again. */
		csr_clear(sip, 1u << IRQ_SOFTWARE);
		/* Order the clear of SSIP, which is device output to a fence (unprivileged spec,
		 * "CSR Access Ordering"), before the reads of the requests. */
		arch_io_mb();
		ipi_handle();
		break;
	case IRQ_TIMER:
		timer_interrupt();
		break;
	case IRQ_EXTERNAL:
		kern_irq();
		break;
	default:
		this_cpu()->spurious++;
	}
	irq_exit();
}

void trap_dispatch(struct trap_frame *f)
{
	struct cpu *cpu = arch_this_cpu();
	struct trap_frame *outer = cpu->frame;

	cpu->frame = f;
	trap_watched(false);
	if (f->scause & SCAUSE_INTERRUPT)
		trap_interrupt((unsigned)f->scause & 63);
	else
		exception(f);
	trap_watched(true);
	cpu->frame = outer;
}

/* ---- probes: the instructions that may fault are in probe.S ---- */
struct trap_fixup {
	int at, to; /* relative to the field itself */
};
extern const struct trap_fixup __start_ex_table[], __stop_ex_table[];

bool arch_fixup(struct trap_frame *f, int kind)
{
	/* A jump to a probed address faults at its target, with ra pointing back into the probe */
	if (f->sepc == f->x[REG_T2] && f->x[REG_RA] == ptr_va(probe_exec_return)) {
		f->sepc = ptr_va(probe_exec_out);
		f->x[10] = (u64)kind;
		return true;
	}
	for (const struct trap_fixup *x = __start_ex_table; x < __stop_ex_table; x++)
		if (f->sepc == ptr_va(&x->at) + (u64)(s64)x->at) {
			f->sepc = ptr_va(&x->to) + (u64)(s64)x->to;
			f->x[10] = (u64)kind;
			return true;
		}
	return false;
}

u64 arch_frame_pc(const struct trap_frame *f)
{
	return f->sepc;
}

void arch_frame_continue(struct trap_frame *f, u64 pc)
{
	f->sepc = pc;
}

u64 arch_frame_fp(const struct trap_frame *f)
{
	return f->x[REG_S0];
}

/* The unwinder finds ra in the frame: leaf functions save none here (unwind.c). */
u64 arch_frame_caller(const struct trap_frame *f)
{
	(void)f;
	return 0;
}

void arch_frame_print(const struct trap_frame *f)
{
	static const char *const names[32] = {
		"--", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
		"a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
		"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	kprintf("#   pc %016lx sstatus %lx scause %lx stval %016lx\n", f->sepc, f->sstatus,
		f->scause, f->stval);
	for (unsigned i = 1; i < 32; i++)
		kprintf("%s%3s %016lx%s", i % 4 == 1 ? "#   " : " ", names[i], f->x[i],
			i % 4 == 0 || i == 31 ? "\n" : "");
}

/* ---- a trap before there is a struct cpu: the firmware's console, then stop ---- */
static void early_text(const char *text)
{
	for (; *text; text++)
		arch_firmware_call(FW_SBI, 1 /* legacy console putchar */, 0, (u8)*text, 0, 0, 0);
}

static void early_hex(u64 v)
{
	char text[2] = { 0 };

	for (int shift = 60; shift >= 0; shift -= 4) {
		text[0] = "0123456789abcdef"[v >> shift & 15];
		early_text(text);
	}
}

void trap_early(u64 cause, u64 pc, u64 value)
{
	early_text("hotplate: trap before this CPU was set up: scause ");
	early_hex(cause);
	early_text(" pc ");
	early_hex(pc);
	early_text(" stval ");
	early_hex(value);
	early_text("\r\n");
	arch_halt();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/trap.c - from ESR_EL1 to struct trap_info, and the fixups of probes.
 *
 * Everything here runs with DAIF masked, on the interrupted stack or on the overflow stack.  Causes
 * are constant strings: a probe or a page in migration takes this path often.
 */
#include <arch/arch.h>
#include <boot/boot.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <sysreg.h>
#include <trap.h>

_Static_assert(offsetof(struct cpu, stack_top) == CPU_STACK_TOP, "trap.h");
_Static_assert(offsetof(struct cpu, overflow_top) == CPU_OVERFLOW_TOP, "trap.h");
_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH, "trap.h");
_Static_assert(STACK_BYTES == 1 << CPU_STACK_SHIFT, "trap.h");
_Static_assert(sizeof(struct trap_frame) == TRAP_FRAME_BYTES, "trap.h");
_Static_assert(offsetof(struct trap_frame, pc) == 256, "vectors.S");
_Static_assert(offsetof(struct trap_frame, esr) == 272, "vectors.S");
_Static_assert(offsetof(struct trap_frame, vector) == 288, "vectors.S");
_Static_assert(offsetof(struct trap_frame, link_fp) == 304, "vectors.S");

/* ---- ESR_EL1 (Arm ARM D24.2, "ESR_EL1, Exception Syndrome Register") ---- */
#define ESR_EC(esr) ((esr) >> 26 & 63)
#define ESR_FSC(esr) ((esr)&63)
#define ESR_WNR BIT(6)
#define ESR_FNV BIT(10) /* FAR_EL1 is not valid */

struct fault {
	u8 kind;
	const char *data, *fetch;
};

#define FAULT(code, k, text) [code] = { k, "data abort, " text, "instruction abort, " text }

static const struct fault faults[64] = {
	FAULT(0x00, TRAP_OTHER, "address size fault level 0"),
	FAULT(0x01, TRAP_OTHER, "address size fault level 1"),
	FAULT(0x02, TRAP_OTHER, "address size fault level 2"),
	FAULT(0x03, TRAP_OTHER, "address size fault level 3"),
	FAULT(0x04, TRAP_TRANSLATION, "translation fault level 0"),
	FAULT(0x05, TRAP_TRANSLATION, "translation fault level 1"),
	FAULT(0x06, TRAP_TRANSLATION, "translation fault level 2"),
	FAULT(0x07, TRAP_TRANSLATION, "translation fault level 3"),
	FAULT(0x08, TRAP_ACCESS_FLAG, "access flag fault level 0"),
	FAULT(0x09, TRAP_ACCESS_FLAG, "access flag fault level 1"),
	FAULT(0x0a, TRAP_ACCESS_FLAG, "access flag fault level 2"),
	FAULT(0x0b, TRAP_ACCESS_FLAG, "access flag fault level 3"),
	FAULT(0x0c, TRAP_PERMISSION, "permission fault level 0"),
	FAULT(0x0d, TRAP_PERMISSION, "permission fault level 1"),
	FAULT(0x0e, TRAP_PERMISSION, "permission fault level 2"),
	FAULT(0x0f, TRAP_PERMISSION, "permission fault level 3"),
	FAULT(0x10, TRAP_EXTERNAL, "synchronous external abort"),
	FAULT(0x11, TRAP_OTHER, "synchronous tag check fault"),
	FAULT(0x13, TRAP_EXTERNAL, "external abort on a table walk, level -1"),
	FAULT(0x14, TRAP_EXTERNAL, "external abort on a table walk, level 0"),
	FAULT(0x15, TRAP_EXTERNAL, "external abort on a table walk, level 1"),
	FAULT(0x16, TRAP_EXTERNAL, "external abort on a table walk, level 2"),
	FAULT(0x17, TRAP_EXTERNAL, "external abort on a table walk, level 3"),
	FAULT(0x18, TRAP_EXTERNAL, "parity or ECC error"),
	FAULT(0x1b, TRAP_EXTERNAL, "parity or ECC error on a table walk, level -1"),
	FAULT(0x1c, TRAP_EXTERNAL, "parity or ECC error on a table walk, level 0"),
	FAULT(0x1d, TRAP_EXTERNAL, "parity or ECC error on a table walk, level 1"),
	FAULT(0x1e, TRAP_EXTERNAL, "parity or ECC error on a table walk, level 2"),
	FAULT(0x1f, TRAP_EXTERNAL, "parity or ECC error on a table walk, level 3"),
	FAULT(0x21, TRAP_ALIGNMENT, "alignment fault"),
	FAULT(0x23, TRAP_EXTERNAL, "granule protection fault on a table walk, level -1"),
	FAULT(0x24, TRAP_EXTERNAL, "granule protection fault on a table walk, level 0"),
	FAULT(0x25, TRAP_EXTERNAL, "granule protection fault on a table walk, level 1"),
	FAULT(0x26, TRAP_EXTERNAL, "granule protection fault on a table walk, level 2"),
	FAULT(0x27, TRAP_EXTERNAL, "granule protection fault on a table walk, level 3"),
	FAULT(0x28, TRAP_EXTERNAL, "granule protection fault"),
	FAULT(0x29, TRAP_OTHER, "address size fault level -1"),
	FAULT(0x2b, TRAP_TRANSLATION, "translation fault level -1"),
	FAULT(0x30, TRAP_OTHER, "TLB conflict abort"),
	FAULT(0x31, TRAP_OTHER, "unsupported atomic hardware update"),
	FAULT(0x34, TRAP_OTHER, "implementation defined fault (lockdown)"),
	FAULT(0x35, TRAP_OTHER, "unsupported exclusive or atomic access"),
};
static const struct fault unknown_fault = { TRAP_OTHER, "data abort, reserved status",
					    "instruction abort, reserved status" };

enum { EC_INST_LOW = 0x20, EC_INST = 0x21, EC_DATA_LOW = 0x24, EC_DATA = 0x25 };

struct class
{
	u8 kind;
	bool fetch, has_va;
	const char *cause;
};

static const struct class classes[64] = {
	[0x00] = { TRAP_UNDEFINED, false, false, "undefined instruction" },
	[0x01] = { TRAP_OTHER, false, false, "trapped WFI or WFE" },
	[0x07] = { TRAP_UNDEFINED, false, false, "floating point or SIMD instruction" },
	[0x0a] = { TRAP_UNDEFINED, false, false, "trapped instruction (LS64 or the like)" },
	[0x0d] = { TRAP_OTHER, false, false, "branch target exception" },
	[0x0e] = { TRAP_UNDEFINED, false, false, "illegal execution state" },
	[0x15] = { TRAP_CALL, false, false, "SVC instruction" },
	[0x16] = { TRAP_OTHER, false, false, "HVC instruction" },
	[0x17] = { TRAP_OTHER, false, false, "SMC instruction" },
	[0x18] = { TRAP_UNDEFINED, false, false, "trapped system register access" },
	[0x19] = { TRAP_UNDEFINED, false, false, "SVE instruction" },
	[0x1c] = { TRAP_OTHER, false, false, "pointer authentication failure" },
	[0x22] = { TRAP_ALIGNMENT, true, true, "PC alignment fault" },
	[0x26] = { TRAP_ALIGNMENT, false, false, "SP alignment fault" },
	[0x2f] = { TRAP_ASYNC, false, false, "SError" },
	[0x31] = { TRAP_BREAKPOINT, false, false, "hardware breakpoint" },
	[0x33] = { TRAP_BREAKPOINT, false, false, "software step" },
	[0x35] = { TRAP_BREAKPOINT, false, true, "watchpoint" },
	[0x3c] = { TRAP_BREAKPOINT, false, false, "BRK instruction" },
};
static const struct class unknown_class = { TRAP_OTHER, false, false, "reserved exception class" };

static void decode_abort(struct trap_info *info, bool fetch)
{
	const struct fault *f = &faults[ESR_FSC(info->raw)];

	if (!f->data)
		f = &unknown_fault;
	info->kind = f->kind;
	info->fetch = fetch;
	info->write = !fetch && (info->raw & ESR_WNR);
	info->has_va = !(info->raw & ESR_FNV); /* defined for FSC 0x10, 0 elsewhere */
	info->cause = fetch ? f->fetch : f->data;
}

static void decode(struct trap_info *info)
{
	unsigned ec = ESR_EC(info->raw);
	const struct class *c = classes[ec].cause ? &classes[ec] : &unknown_class;

	if ((ec & ~1u) == EC_INST_LOW || (ec & ~1u) == EC_DATA_LOW) {
		decode_abort(info, (ec & ~1u) == EC_INST_LOW);
		return;
	}
	info->kind = c->kind;
	info->fetch = c->fetch;
	info->has_va = c->has_va;
	info->cause = c->cause;
}

/* ---- dispatch by vector ---- */

static void synchronous(struct trap_frame *f)
{
	struct trap_info info = {
		.raw = f->esr,
		.va = f->far,
		.overflow = f->vector & TRAP_ON_OVERFLOW,
	};

	decode(&info);
	kern_fault(f, &info);
}

static void trap_interrupt(struct trap_frame *f)
{
	(void)f;
	irq_enter();
	kern_irq();
	irq_exit();
}

static void fiq(struct trap_frame *f)
{
	struct trap_info info = { .kind = TRAP_OTHER,
				  .cause = "FIQ: an interrupt of another group" };

	kern_fault(f, &info);
}

static void serror(struct trap_frame *f)
{
	struct trap_info info = { .raw = f->esr, .kind = TRAP_ASYNC };

	info.cause = "SError: an earlier access failed";
	kern_fault(f, &info);
}

static void unexpected(struct trap_frame *f)
{
	struct trap_info info = { .raw = f->esr, .kind = TRAP_OTHER };

	info.cause = "exception from EL0 or with SP_EL0: neither is used";
	kern_fault(f, &info);
}

static void (*const dispatch[16])(struct trap_frame *) = {
	unexpected,  unexpected,     unexpected, unexpected, /* EL1 with SP_EL0 */
	synchronous, trap_interrupt, fiq,        serror,     /* EL1 with SP_EL1 */
	unexpected,  unexpected,     unexpected, unexpected, /* EL0, AArch64 */
	unexpected,  unexpected,     unexpected, unexpected, /* EL0, AArch32 */
};

void trap_enter(struct trap_frame *f)
{
	struct cpu *cpu = arch_this_cpu();
	struct trap_frame *outer = cpu->frame;

	cpu->frame = f;
	trap_watched(false);
	dispatch[f->vector & 15](f);
	trap_watched(true);
	cpu->frame = outer;
}

/* ---- probes (probe.S) ---- */

struct trap_fixup {
	int at, to; /* relative to the field itself */
};
extern const struct trap_fixup __start_ex_table[], __stop_ex_table[];
extern const char probe_exec_return[], probe_exec_fixup[];

static bool resume(struct trap_frame *f, u64 pc, int kind)
{
	f->pc = pc;
	f->x[0] = (u64)kind;
	return true;
}

bool arch_fixup(struct trap_frame *f, int kind)
{
	/* A jump to a probed address faults at its target, with x30 pointing into the probe. */
	if (f->x[30] == ptr_va(probe_exec_return) && f->pc != ptr_va(probe_exec_return))
		return resume(f, ptr_va(probe_exec_fixup), kind);
	for (const struct trap_fixup *x = __start_ex_table; x < __stop_ex_table; x++)
		if (f->pc == ptr_va(&x->at) + (u64)(s64)x->at)
			return resume(f, ptr_va(&x->to) + (u64)(s64)x->to, kind);
	return false;
}

/* ---- frames ---- */

u64 arch_frame_pc(const struct trap_frame *f)
{
	return f->pc;
}

void arch_frame_continue(struct trap_frame *f, u64 pc)
{
	f->pc = pc;
}

u64 arch_frame_fp(const struct trap_frame *f)
{
	return f->x[29];
}

/* After a wild branch no frame record was pushed yet: only x30 names the caller. */
u64 arch_frame_caller(const struct trap_frame *f)
{
	vaddr_t lo = ptr_va(image_start), hi = ptr_va(text_end);

	return (f->pc < lo || f->pc >= hi) && f->x[30] > lo && f->x[30] <= hi ? f->x[30] - 4 : 0;
}

void arch_frame_print(const struct trap_frame *f)
{
	kprintf("#   pc  %016lx sp  %016lx pstate %08lx esr %08lx far %016lx\n", f->pc, f->sp,
		f->pstate, f->esr, f->far);
	for (unsigned i = 0; i < 31; i++)
		kprintf("%sx%-2u %016lx%s", i % 4 ? " " : "#   ", i, f->x[i],
			i % 4 == 3 || i == 30 ? "\n" : "");
}

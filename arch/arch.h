/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arch.h - the contract of an architecture: every function that it provides.
 *
 * arch/arm64 and arch/riscv64 have the same file names and are called only through this header.
 * Small functions (barriers, interrupt flags, this CPU, copy loops) are inline in
 * arch/ARCH/arch_inline.h, found by the include path; tests/host/arch_inline.h is the host's.
 * TLB back ends (arch/ARCH/tlb_NAME.c) and interrupt drivers that need instructions of one
 * architecture register from there (mm/policy/policy.h, drivers/irq/irq.h).
 */
#pragma once
#include <lib/types.h>

/*
 * Inline, per architecture:
 *   arch_irq_save(), arch_irq_restore(flags)   local interrupts off; as they were
 *   arch_irq_enable(), arch_irq_disable(), arch_irqs_on()
 *   arch_wait()           idle until an interrupt is pending (WFI), masked or not; the caller
 *                         checks its condition again.  Never a busy loop: QEMU's execution loop
 *                         does not end on a guest that never leaves it
 *   arch_relax()          inside a spin loop
 *   arch_this_cpu(), arch_set_this_cpu(cpu)
 *   arch_mb()             full barrier, normal memory; arch_io_mb(): memory against devices
 *   arch_counter()        monotonic ticks of arch_counter_hz()
 *   arch_instret()        instructions, only if arch_instret_works()
 *   arch_copy_page(d, s, bytes)       a page, or several: unrolled
 *   arch_zero(d, bytes)               aligned to 64, unrolled
 *   arch_store_series(d, n, v, step)  d[i] = v + i * step, unrolled, for memory of this CPU alone
 *   arch_store_template(d, n, t)      n times the 64 bytes of t, unrolled: the memmap floor is 4
 *                         (arm64) or 8 (riscv64) instructions a page; another CPU may read a word
 *                         meanwhile, so each is written by one store
 *   va_ptr(va), ptr_va(p)             a kernel VA as a pointer and back: the identity here, an
 *                         offset in host tests
 *   mmio_read8..64(p), mmio_write8..64(p, v)
 */
#include <arch_inline.h>

struct cpu;
struct feature;    /* kern/feature.h */
struct pt;         /* mm/pt/pt.h */
struct pt_fmt;     /* mm/pt/pt_fmt.h */
struct trap_frame; /* arch/ARCH/trap.h; opaque elsewhere */

extern const char arch_name[]; /* "arm64", "riscv64" */

/* ---- this CPU ---- */
void arch_cpu_init(
	struct cpu *);   /* vectors, this_cpu, feature controls; first thing on every CPU */
u64 arch_cpu_hwid(void); /* MPIDR affinity or hart id */
void arch_cpu_describe(char *buf, size_t size); /* "Cortex-A72 r0p3 (MIDR 410fd083)" */
void arch_mmu_describe(char *buf, size_t size); /* "PA 44, ASID 16" */
/* Implementer, model, revision and features of this CPU, a word each (kern/cpu_id.h); the names end
 * with NULL.  Nothing that differs between CPUs of one kind, or from boot to boot, is included. */
#define ARCH_CPU_ID_WORDS 20
extern const char *const arch_cpu_id_names[];
void arch_cpu_id(u64 word[ARCH_CPU_ID_WORDS]);
/* Give the CPU's extensions (a list of strings or one string) and its cache block size from the
 * device tree.  An architecture whose registers have both ignores them.  After cpu_discover(),
 * before the first arch_cpu_caps(). */
void arch_set_isa(u64 hwid, const char *isa, size_t len, u32 cache_block);
u32 arch_cpu_caps(void);       /* enum pt_caps of this CPU, without those that no= switched off */
u32 arch_caps_described(void); /* all capabilities that no CPU is known to lack before it has run */
/* Does that online CPU have the feature, by its registers or the tree?  To report differences. */
bool arch_feature_of(const struct feature *, unsigned nr);
unsigned arch_pa_bits(void);
unsigned arch_asid_bits(void); /* may be 0 */
/* arch_machine_facts(), clues that the machine is emulated or real, is in kern/emulator.h. */

/* ---- geometry ---- */
const struct pt_fmt *arch_default_geometry(void);
/* Can this CPU walk it?  False: `reason` names the register field that forbids it. */
bool arch_geometry_ok(const struct pt_fmt *, char *reason, size_t size);
/* Load a root into this CPU: called only by pt_root_load(). */
void arch_root_load(const struct pt *);
/* First switch from the early map to `pt` on the boot CPU, through the identity page, because leaf
 * sizes differ (ENGINE 3.5).  Masks interrupts meanwhile; also called only by pt_root_load(). */
void arch_first_switch(const struct pt *);
paddr_t arch_current_root(void); /* as the CPU has it: TTBR1 or satp, decoded */
/*
 * The half below the kernel's (mm/study/aspace.h): load the root and the ASID of a space, and load
 * none, as after boot.  Interrupts off; called only by pt_root_load().  With ASID 0 the CPU first
 * drops its cached entries of this half; else entries under other ASIDs stay cached.
 */
void arch_space_load(const struct pt *);
void arch_space_leave(const struct pt *kernel);
/* Order stores of other CPUs, which this CPU has observed, before its walks under that ASID. */
void arch_space_sync(unsigned asid);
/* The root that translates the lower half on this CPU, and its ASID; PA_NONE: no space. */
paddr_t arch_space_root(unsigned *asid);

/* ---- errata ---- */
bool arch_errata_repeat(void); /* is each broadcast invalidation followed by another one? */
/* The address of a fetch that faulted: as the CPU reported it, corrected if an erratum demands. */
vaddr_t arch_fetch_fault_va(vaddr_t reported);
/* Cache lines cleaned since boot, by whether the operation kept or dropped them; false: this
 * architecture cleans none by line. */
struct arch_cleans {
	u64 kept, dropped;
};
bool arch_cleans(struct arch_cleans *);
/* Fences and requests for fences since boot, by address or full, on an architecture where an
 * erratum replaces the former by the latter; else false. */
struct arch_fences {
	u64 by_address, full;
};
bool arch_fences(struct arch_fences *);

/* ---- page-table barriers for struct pt_env (PUBLISH, PUBLISH_DATA and VISIBLE, ENGINE 4) ---- */
void arch_pt_publish(void);
void arch_pt_visible(void);

/* ---- secondary CPUs: firmware enters arch_secondary_entry (PA) with `arg` = cpu->nr ---- */
paddr_t arch_secondary_entry(void);
/* Fill in the record that the entry code of this CPU reads (stack, tree; C begins in
 * kern_secondary(cpu)), and write it back to memory.  Boot CPU, before it starts that CPU. */
void arch_secondary_prepare(struct cpu *, const struct pt *);

/* ---- firmware calls (PSCI over HVC or SMC; SBI) ---- */
enum fw_conduit { FW_NONE, FW_HVC, FW_SMC, FW_SBI };
struct fw_result {
	s64 error;
	u64 value;
};
struct fw_result arch_firmware_call(enum fw_conduit, u64 ext, u64 fid, u64 a0, u64 a1, u64 a2,
				    u64 a3);
/* FW_SBI on riscv64, FW_NONE where the device tree specifies it. */
enum fw_conduit arch_firmware_native(void);
/* Interrupt each of these CPUs by firmware, on machines whose interrupt controller cannot (SBI
 * IPI). Any context, a crash included. */
void arch_firmware_ipi(cpumask_t);

/* ---- traps ---- */
/* Loads and stores that may fault: 0, or the positive enum trap_kind of the fault. */
int arch_probe_load64(vaddr_t, u64 *value);
int arch_probe_store64(vaddr_t, u64 value);
int arch_probe_load8(vaddr_t, u8 *value);
int arch_probe_load16(vaddr_t, u16 *value);
int arch_probe_load32(vaddr_t, u32 *value);
int arch_probe_store8(vaddr_t, u8 value);
int arch_probe_store16(vaddr_t, u16 value);
int arch_probe_store32(vaddr_t, u32 value);
/* Jump to code at va that returns at once; 0, or the kind of the fault. */
int arch_probe_exec(vaddr_t);
/* If pc is inside a probe, redirect the frame to its fixup with `kind` as the result and return
 * true. */
bool arch_fixup(struct trap_frame *, int kind);
u64 arch_frame_pc(const struct trap_frame *);
void arch_frame_continue(struct trap_frame *, u64 pc); /* after the exception, at pc */
u64 arch_frame_fp(const struct trap_frame *);
/* The likely caller when pc is outside the text, by the return address register; else 0. */
u64 arch_frame_caller(const struct trap_frame *);
void arch_frame_print(const struct trap_frame *); /* registers, by kprintf */
/* Frame-pointer unwinding: next pc (inside the call) into *pc; false at the end or on a bad frame.
 */
bool arch_unwind(u64 *fp, u64 *pc);
u64 arch_frame_address(void); /* fp of the caller, to start an unwind */

/* ---- time ---- */
u64 arch_counter_hz(void);
void arch_set_counter_hz(u64 hz); /* from the device tree; ignored where a register has it */
void arch_set_timer_irq(u32 irq); /* from the device tree, ~0: absent; before arch_timer_init() */
void arch_timer_init(void);       /* this CPU: needs the interrupt controller up */
void arch_timer_next(u64 ticks);  /* one interrupt that many counter ticks from now */
bool arch_instret_works(void);    /* instret counts instructions (icount): found by calibration */
/* Instructions since the image's first instruction (arm64: since reset), or 0. */
u64 arch_instret_since_entry(void);

/*
 * ---- data caches (ENGINE 6) ----
 * Maintenance to the point of coherency; the range is mapped.  Complete on return, for the caches
 * of all CPUs.  A machine without such operations only orders its accesses.
 */
/*
 * Clean and invalidate: the last store is in memory and no cache holds a line of the range.  Before
 * the last mapping of memory is removed, and before the first use of added memory: no stale line is
 * read, or written back later.  Stale lines of added memory are not dropped, because memory that
 * keeps its contents may have been written by the previous boot, which ended with its stores still
 * in a cache.
 */
void arch_dcache_clean_inval(vaddr_t, u64 len);
/* Invalidate without writing back: the memory was removed or has lost its contents.  A line across
 * an edge of the range is cleaned too.  A machine that cannot drop lines cleans and invalidates. */
void arch_dcache_inval(vaddr_t, u64 len);

/* A cache that no instruction of this CPU reaches.  flush: write the line of that address back, out
 * of this cache and of all before it, complete on return; false: the address is not its memory. */
struct outer_cache {
	u32 line; /* bytes */
	bool (*flush)(vaddr_t);
};
void arch_outer_cache(const struct outer_cache *); /* the above use it from here on; NULL: none */
bool arch_dcache_can_clean(void); /* do the operations above write back every cache? */

/* The caller has stored instructions there: CPUs that fetch them later see them, on riscv64 after
 * each has ordered its own fetches too (arch_probe_exec() does; cpu_sync_code() for all CPUs). */
void arch_sync_code(vaddr_t, u64 len);

/* ---- interrupts local to the architecture (riscv64 software and timer interrupts) ---- */
void arch_irq_local_init(void);

/* ---- restart (kern/restart.c) ---- */
void arch_quiesce(void); /* this CPU: interrupts off, its timer stopped and not pending */
/*
 * Call the image's entry as firmware did: MMU and data cache off, the same registers.  Every other
 * CPU is off.  The caller has written back to memory all data that the entry does not write itself.
 */
NORETURN void arch_reenter(paddr_t entry, u64 hwid, paddr_t fdt);
const char *arch_cannot_reenter(void); /* the reason, or NULL if it can */

/* Run fn(arg) on another stack (fresh vmalloc stack of a CPU); returns when fn does. */
void arch_call_on_stack(u64 sp, void (*fn)(void *), void *arg);
NORETURN void arch_halt(void);
/* Halt a CPU that is no longer counted as online: with translation off, because it gets no
 * invalidations for tables that are freed.  As arch_halt() where arch_cannot_reenter(). */
NORETURN void arch_halt_untranslated(void);

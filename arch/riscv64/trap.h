/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/riscv64/trap.h - the frame that vectors.S builds and trap.c reads, and what the files of
 * this directory share.  Nothing outside arch/riscv64 includes it.
 */
#pragma once
#include <lib/types.h>

struct cpu;
struct pt;
struct pt_inval;
struct pt_fmt;

enum { REG_ZERO, REG_RA, REG_SP, REG_GP, REG_TP, REG_T0, REG_T1, REG_T2, REG_S0 };

struct trap_frame {
	u64 x[32]; /* x[0]: 1 when sp was bad and this is the overflow stack */
	u64 sepc, sstatus, scause, stval;
	u64 record_fp, record_pc; /* the frame record an unwinder expects below fp */
};

/* vectors.S knows these numbers. */
_Static_assert(sizeof(struct trap_frame) == 304, "FRAME_BYTES");
_Static_assert(offsetof(struct trap_frame, sepc) == 256, "FRAME_SEPC");
_Static_assert(offsetof(struct trap_frame, record_fp) == 288, "FRAME_RECORD");

#define SCAUSE_INTERRUPT (1ul << 63)

/* Privileged spec, "Supervisor cause register": interrupt numbers, also bits of sie and sip. */
enum { IRQ_SOFTWARE = 1, IRQ_TIMER = 5, IRQ_EXTERNAL = 9 };

#define csr_read(csr)                                                                              \
	({                                                                                         \
		u64 v_;                                                                            \
		__asm__ volatile("csrr %0, " #csr : "=r"(v_)::"memory");                           \
		v_;                                                                                \
	})
#define csr_write(csr, v) __asm__ volatile("csrw " #csr ", %0" ::"r"((u64)(v)) : "memory")
#define csr_set(csr, v) __asm__ volatile("csrs " #csr ", %0" ::"r"((u64)(v)) : "memory")
#define csr_clear(csr, v) __asm__ volatile("csrc " #csr ", %0" ::"r"((u64)(v)) : "memory")
/* Reads it and writes v, by one instruction. */
#define csr_swap(csr, v)                                                                           \
	({                                                                                         \
		u64 v_;                                                                            \
		__asm__ volatile("csrrw %0, " #csr ", %z1"                                         \
				 : "=r"(v_)                                                        \
				 : "rJ"((u64)(v))                                                  \
				 : "memory");                                                      \
		v_;                                                                                \
	})

/* vectors.S */
extern char trap_vector[];
void trap_dispatch(struct trap_frame *);                /* trap.c, from vectors.S */
NORETURN void trap_early(u64 cause, u64 pc, u64 value); /* before any struct cpu: report, stop */

/* probe.S */
extern char probe_exec_return[], probe_exec_out[];
int probe_stimecmp(void);          /* 0 when the Sstc register can be used, else a trap_kind */
int probe_siselect(void);          /* likewise an IMSIC's CSRs */
int probe_cycle(void);             /* likewise the counter of cycles */
int probe_cbo_flush(const void *); /* likewise instructions of Zicbom and Svinval */
int probe_cbo_inval(const void *);
int probe_svinval(void);

/* switch.S */
extern char secondary_entry[], secondary_high[];
extern char idmap_change[], idmap_leave[], idmap_halt[];
void mmu_switch_mode(u64 trampoline_satp, paddr_t idmap_change_pa, u64 satp);
NORETURN void mmu_leave(u64 hwid, paddr_t fdt, paddr_t entry, u64 trampoline_satp,
			paddr_t idmap_leave_pa);

/* mmu.c */
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK 0xfffful
u64 mmu_satp(const struct pt *);
u64 mmu_trampoline(
	unsigned levels); /* satp of the trampoline page table, which maps switch.S at its PA */

/* time.c */
void timer_interrupt(void);
void timer_check(void); /* at any other interrupt */

/* tlb_local.c: this hart only; returns fences issued */
void tlb_fence_all(void);
u32 tlb_fence_local(const struct pt_inval *, const struct pt_fmt *, u32 max_ops);
/* Log2 distance of the fences: the smallest leaf that was removed; a NAPOT run counts as pages. */
unsigned tlb_stride_shift(const struct pt_inval *, const struct pt_fmt *);
/* The work of one request on each hart, for back ends that interrupt the hart. */
struct tlb_order {
	const struct pt_inval *req;
	const struct pt_fmt *fmt;
	u32 max_ops;
};
/* The barriers around a request (struct tlb_scheme), the same for every back end. */
void tlb_sync(void);
void tlb_wait(void);
void tlb_ctx(void);
/* The barriers of a struct tlb_scheme. */
#define TLB_BARRIERS .sync = tlb_sync, .wait = tlb_wait, .ctx = tlb_ctx

/* Is a full fence needed: for a walk, more than max_ops leaves, or a hart with CIP-1200?  Every
 * back end uses this. */
bool tlb_wants_full(const struct pt_inval *, u64 nr, u32 max_ops);
void tlb_count(bool full, u64 nr); /* count the fences issued, for arch_fences() */

/* isa.c */
enum isa {
	ISA_SVNAPOT = 1,
	ISA_SVPBMT = 2,
	ISA_SVVPTC = 4,
	ISA_SSTC = 8,
	ISA_ZICBOM = 16,
	ISA_SVINVAL = 32,
	ISA_ZICBOZ = 64,
	ISA_D = 128,
	ISA_V = 256
};
u32 isa_of_this_cpu(void);
u32 isa_probe(u32 described); /* isa_probe.c: those that work on this hart; logs the others */
u32 isa_of_all(void);
u64 isa_text_hash(void);  /* of the device tree's isa string of this hart */
u32 isa_cbom_block(void); /* bytes of a cache block for cbo.*, 0 when unknown */

/* ---- firmware.c: SBI extension ids and error codes ---- */
#define SBI_BASE 0x10ul
#define SBI_TIME 0x54494d45ul
#define SBI_RFENCE 0x52464e43ul
bool sbi_has(u64 ext);
/* Remote fences by firmware are complete when the call returns; else `reason` is filled in. */
bool sbi_fences(char *reason, size_t size);
enum { SBI_BASE_IMPL_ID = 1, SBI_BASE_MVENDORID = 4, SBI_BASE_MARCHID = 5, SBI_BASE_MIMPID = 6 };
u64 sbi_base(u64 fid); /* of this hart; 0 if firmware does not support it */
/*
 * One call per window of 64 hart ids: ext.fid(mask, base, a2, a3) for the harts of these CPUs.
 * Returns the number of calls; asserts that firmware knew the harts.
 */
u32 sbi_for_harts(u64 ext, u64 fid, cpumask_t, u64 a2, u64 a3);

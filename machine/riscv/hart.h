/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/hart.h - one hart: RV64IMAC in S-mode and U-mode; the host program implements SBI.
 *
 *   fetch.c    instruction fetch: jumps, and the copies of frames that it reads
 *   decode.c   words to operations;  compressed.c  16-bit words to 32-bit ones
 *   integer.c, access.c, atomic.c, system.c  the operations
 *   float.c    F and D with fp=1
 *   walk.c     page tables;  trap.c  traps and interrupts;  sbi.c  firmware
 *
 * Operations.  A copy of a frame of instructions (struct rv_text) has an operation for each
 * halfword, decoded when it is first executed.  `next` points to the next operation; pc is derived
 * from it (hart_pc).  A jump within the frame sets `next`, another one calls hart_jump().  The
 * operation after the last halfword of a frame jumps to the next frame.
 *
 * Views (order.h).  view[r] is that of register r, and bit r of `watch` is set if the view can
 * matter.  hart_watched() runs an operation that reads or writes a watched register; other
 * operations cost nothing.
 *
 * A slice is a sequence of instructions of one hart, uninterrupted by other harts.  An operation
 * that must wait for others (a fence with stores in the buffer) calls hart_again() to run again
 * later.
 */
#pragma once
#include <machine/machine.h>
#include <machine/order.h>
#include <machine/text.h>

#define OPS_FRAME (FRAME_BYTES / 2)
#define NOWHERE 32 /* the target of writes to x0 */
#define SOFT 512u  /* cached translations of loads and of stores, each */
#define CSRS_MAX 20u
#define CSRS_TRAP 3u /* the first rows of the table: a trap writes them */

struct rv_hart;
struct rv_op;
typedef void rv_run(struct rv_hart *h, const struct rv_op *op);

enum op_kind { OP_OTHER, OP_RESULT, OP_LOAD };

struct rv_op {
	rv_run *run;
	s64 imm;
	u32 touch; /* mask of registers that it reads or writes */
	u32 word;  /* as fetched and expanded */
	u8 rd, rs1, rs2, halves;
	u8 kind;
};

struct rv_text {
	struct text_copy of; /* the first member */
	struct rv_op op[OPS_FRAME + 1];
};

enum rv_access { ACCESS_FETCH, ACCESS_LOAD, ACCESS_STORE, ACCESS_NR };

/*
 * A cached translation: key is that of hart_key(), or NO_PAGE.  view is that of the leaf: an access
 * that it translates is ordered after the read of the leaf, on which its address depends.
 */
struct soft_entry {
	u64 key, frame_pa, view;
	u8 *host;
	struct frame_state *frame;
};

/* The operands of SFENCE.VMA and SINVAL.VMA. */
struct invalidation {
	bool by_address, by_asid;
	u64 va, asid;
};
#define INVALIDATIONS 16u

enum hart_state { HART_STOPPED, HART_STARTED, HART_WAITS };

struct rv_hart {
	const struct rv_op *next;
	struct rv_text *text;
	u64 page_va; /* of the frame of `text` */
	s64 left;    /* instructions left in this slice, the current one included */
	s64 slice;
	u32 watch;
	unsigned id;
	u64 address_view; /* of the operation that runs, if it is watched */
	u64 x[33], view[33];
	u64 instret;
	u64 waited; /* cycle - instret: division takes more than one cycle */
	enum hart_state state;
	u64 mode_key; /* USER_KEY in U-mode, else 0 */
	u64 sstatus, sie, sip, stvec, sscratch, sepc, scause, stval, satp, scounteren, senvcfg,
		stimecmp;
	u64 fcsr, f[32], f_view[32]; /* with fp=1 */
	u64 csr_view[CSRS_MAX];      /* of CSRs, in the order of system.c's table */
	u64 reserved;                /* physical address of LR's word, 0 is none */
	bool in_firmware;            /* an ecall has not returned: no interrupt is taken */
	bool timer;                  /* sip.STIP, which follows the comparison late */
	u64 ipi_due;      /* slices until a software interrupt is pending; 0: none is in flight */
	u64 requested_by; /* mask of the harts whose remote fences wait for this one */
	u32 undrained;    /* slices for which firmware's handler has waited for buffered stores */
	struct invalidation queue[INVALIDATIONS]; /* pending SINVAL.VMA */
	unsigned queued;
	bool stores_first; /* there was an SFENCE.W.INVAL since the last SFENCE.INVAL.IR */
	struct soft_entry soft[ACCESS_NR][SOFT];
	struct fetched fetched; /* lines: since the last FENCE.I */
};
extern struct rv_hart harts[WORST_CPUS];
extern unsigned harts_nr;
extern const char *hart_isa; /* riscv,isa of the device tree; svvptc= adds to it */

/* Properties of all harts; each has a word of the command line. */
struct hart_kind {
	u64 mvendorid, marchid, mimpid; /* 0 is legal for each (privileged spec) */
	u64 instret;   /* at most so many instructions of firmware before a read of instret */
	u64 levels;    /* of the largest mode of satp: 3 is Sv39, 5 is Sv57 */
	u64 asid_bits; /* ASIDLEN */
	u64 root;      /* 1: walks after a write of satp observe what the hart has observed */
	u64 fp;        /* 1: F and D */
	u64 sstatus;   /* 1: it is 0 at the start, as OpenSBI has it */
	u64 monitor;   /* 1: hart 0 has M-mode alone; it runs firmware and is not in the tree */
	u64 sxstatus;  /* T-Head's th.sxstatus, CSR 0x5c0; 0: there is no such CSR */
};
extern struct hart_kind hart_kind;

static inline bool hart_is_monitor(unsigned hart)
{
	return hart_kind.monitor && !hart;
}

/* The PLIC's context of a hart's S-mode: each hart has one of M-mode as well. */
static inline unsigned hart_context(unsigned hart)
{
	return 2 * hart + 1 - (hart_kind.monitor ? 1 : 0);
}

/* isa=, differ=1: the extensions that a hart lacks; riscv,isa of its node lacks them, too. */
enum {
	LACKS_SVINVAL = 1,
	LACKS_ZICBOM = 2,
	LACKS_SVNAPOT = 4,
	LACKS_SVPBMT = 8,
	LACKS_ALL = 15,
	LACKS_SSTC = 16
};
extern u64 hart_differ, hart_lacks[WORST_CPUS];
static inline u64 hart_asids(void) /* mask of the implemented bits of an ASID */
{
	return (1ul << hart_kind.asid_bits) - 1;
}

/* Causes (privileged spec, scause). */
enum {
	CAUSE_FETCH_ACCESS = 1,
	CAUSE_ILLEGAL = 2,
	CAUSE_BREAK = 3,
	CAUSE_LOAD_ALIGN = 4,
	CAUSE_LOAD_ACCESS = 5,
	CAUSE_STORE_ALIGN = 6,
	CAUSE_STORE_ACCESS = 7,
	CAUSE_ECALL_USER = 8,
	CAUSE_FETCH_PAGE = 12,
	CAUSE_LOAD_PAGE = 13,
	CAUSE_STORE_PAGE = 15,
};
#define IRQ_SOFT 1u
#define IRQ_TIME 5u
#define IRQ_EXTERNAL 9u
#define STATUS_SIE BIT(1)
#define STATUS_SPIE BIT(5)
#define STATUS_SPP BIT(8)
#define STATUS_FS (3ul << 13)
#define STATUS_SUM BIT(18)
#define STATUS_MXR BIT(19)
#define STATUS_SD BIT(63)
#define STATUS_UNDEFINED (STATUS_SPIE | STATUS_SPP | STATUS_SUM | STATUS_MXR) /* at the start */

/* ---- privilege ---- */
#define USER_KEY BIT(59)

static inline bool hart_user(const struct rv_hart *h)
{
	return h->mode_key;
}

/* The key of a cached translation of va: each mode has its own, because a U-mode page and another
 * page permit different accesses to them. */
static inline u64 hart_key(const struct rv_hart *h, u64 va)
{
	return va >> FRAME_SHIFT | h->mode_key;
}

/* ---- the place of a hart ---- */
static inline u64 hart_pc(const struct rv_hart *h, const struct rv_op *op)
{
	return h->page_va + 2 * (u64)(op - h->text->op);
}

void hart_jump(struct rv_hart *h, u64 pc);
/* End this slice after the current instruction. */
static inline void hart_yield(struct rv_hart *h)
{
	h->slice -= h->left - 1;
	h->left = 1;
}

/* The operation runs again in a later slice, after other harts have run. */
static inline void hart_again(struct rv_hart *h, const struct rv_op *op)
{
	h->next = op;
	h->slice--;
	hart_yield(h);
}

void hart_watched(struct rv_hart *h, const struct rv_op *op);
void hart_set_view(struct rv_hart *h, unsigned rd, u64 view);
/* order_hooks.atomic */
void hart_atomic(unsigned cpu, const struct late_load *l);
/* Registers of late loads, which are watched. */
static inline u32 hart_late(const struct rv_hart *h)
{
	return (u32)ordering.cpu[h->id].late.regs;
}

/* Run at most n instructions; returns how many ran. */
u64 hart_run(struct rv_hart *h, s64 n);
/* The same; each is traced on stderr. */
u64 hart_run_traced(struct rv_hart *h, s64 n);
void hart_begin(struct rv_hart *h, u64 pc, u64 a0, u64 a1);
u64 hart_time(void);
/* Between two slices: sip.STIP follows the comparison. */
void hart_follow_timer(struct rv_hart *h);
/* True: it has not followed yet. */
bool hart_timer_late(const struct rv_hart *h);

/* ---- fetch.c ---- */
void fetch_forget(struct rv_hart *h);      /* drop cached translations of fetches */
void fetch_fence(struct rv_hart *h);       /* FENCE.I: later fetches read memory again */
void fetch_written(struct frame_state *f); /* a frame that has a copy was written */
/* False: *cause is the cause of a trap. */
bool fetch_halfword(struct rv_hart *h, u64 va, u32 *half, u64 *cause);

/* ---- decode ---- */
u32 expand_compressed(u32 half); /* 0: no instruction */
void op_page_end(struct rv_hart *h, const struct rv_op *op);
bool decode_word(u32 word, struct rv_op *op);

/* Rows of the decode tables. */
enum op_format {
	FORMAT_R,
	FORMAT_I,
	FORMAT_S,
	FORMAT_B,
	FORMAT_U,
	FORMAT_J,
	FORMAT_SHIFT,
	FORMAT_FLOAT_LOAD, /* the immediate of I or S, and rs1; other registers are f */
	FORMAT_FLOAT_STORE,
	FORMAT_TO_INTEGER,   /* rd alone is x */
	FORMAT_FROM_INTEGER, /* rs1 alone is x */
	FORMAT_NONE
};
struct rv_row {
	u32 mask, match;
	rv_run *run;
	u8 format, kind;
};
extern const struct rv_row rows_integer[], rows_access[], rows_atomic[], rows_system[],
	rows_float[];

/* ---- access.c: for float.c; false: it traps ---- */
bool access_load(struct rv_hart *h, const struct rv_op *op, unsigned n, u64 *v, u64 *view);
void access_store(struct rv_hart *h, const struct rv_op *op, unsigned n, u64 v, u64 view);

/* ---- float.c ---- */
/* FP CSRs and instructions exist, and sstatus.FS permits them. */
static inline bool float_usable(const struct rv_hart *h)
{
	return hart_kind.fp && (h->sstatus & STATUS_FS);
}
/* An instruction of F or D that float.c does not have; false: it is none. */
bool float_unknown(struct rv_hart *h, const struct rv_op *op);
#define FCSR_BITS 255ul
u64 float_get(struct rv_hart *h); /* fcsr */
void float_set(struct rv_hart *h, u64 v);

/* ---- traps ---- */
void trap_take(struct rv_hart *h, u64 pc, u64 cause, u64 value);
void hart_drop_reservation(struct rv_hart *h); /* a trap or SRET: the reservation may be lost */
/* An instruction traps; it does not count as retired. */
static inline void trap_op(struct rv_hart *h, const struct rv_op *op, u64 cause, u64 value)
{
	h->instret--;
	trap_take(h, hart_pc(h, op), cause, value);
}
/* Take an interrupt that is pending and enabled; called between instructions. */
void trap_interrupts(struct rv_hart *h);
u64 hart_pending(struct rv_hart *h);

/* ---- translation ---- */
/* Returns 0, and sets *pa, and *view to that of the leaf; or returns the cause of a fault. */
u64 translate(struct rv_hart *h, u64 va, enum rv_access access, u64 *pa, u64 *view);
/* The cached translation of va, filled if needed.  NULL: *cause is the fault's, or the address *pa
 * is not RAM. */
struct soft_entry *soft_find(struct rv_hart *h, u64 va, enum rv_access access, u64 *pa, u64 *cause);
void soft_forget(struct rv_hart *h);
void walk_speculate(struct rv_hart *h);
void walk_address(struct rv_hart *h, u64 va);
void walk_fence(struct rv_hart *h, const struct invalidation *f); /* SFENCE.VMA */
/* SFENCE.VMA for each address from first to last; by_asid: of that address space alone. */
void walk_fence_range(struct rv_hart *h, u64 first, u64 last, bool by_asid, u64 asid);
/*
 * Svinval: SINVAL.VMA orders nothing and may take effect at any time until SFENCE.INVAL.IR.  Stores
 * before SFENCE.W.INVAL are ordered before walks after SFENCE.INVAL.IR; stores in between as well,
 * which is stricter than the manual.
 */
void walk_invalidate(struct rv_hart *h, const struct invalidation *f);
void walk_invalidated(struct rv_hart *h);
void walk_invalidate_some(struct rv_hart *h); /* by chance the oldest takes effect */
/* Report a fence on this hart to the sanitizer; `whole`: SFENCE.VMA, with the order around it. */
void note_fence(struct rv_hart *h, const struct invalidation *f, u64 first, u64 last, bool whole);
struct tlb_entry;
/* True: a pending one would remove the entry. */
bool walk_pending_for(const struct rv_hart *h, const struct tlb_entry *w);

/* ---- sbi.c ---- */
void sbi_call(struct rv_hart *h, const struct rv_op *op);
/* Execute the requests of other harts to this one; called between slices. */
void sbi_serve(struct rv_hart *h);
/* The fence of firmware's handler for an IPI or a remote fence; false: stores are buffered. */
bool sbi_fenced(struct rv_hart *h);
/* True: the handler has interrupted the kernel and waits for that fence, so the hart executes no
 * instruction. */
bool sbi_holds(const struct rv_hart *h);

/* ---- story.c ---- */
void story_step(struct rv_hart *h);

void sbi_power_on(void);
/* SRST has switched the machine off; its reason was a failure; its type a reboot. */
extern bool machine_off, machine_failed, machine_resets, machine_reset_cold;

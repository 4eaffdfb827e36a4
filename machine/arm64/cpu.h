/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/cpu.h - one CPU: the integer part of A64 at EL1 and EL0; the host program
 * implements PSCI. The rules are those of the Arm Architecture Reference Manual (DDI 0487).
 *
 *   fetch.c    instruction fetch: jumps, and the copies of frames that it reads
 *   decode.c   words to operations
 *   integer.c, branch.c, access.c, exclusive.c, system.c  the operations
 *   registers.h: register.c, clock.c, counters.c, debug.c, id.c  system registers
 *   vector.c  FP and AdvSIMD registers;  sme.c  Streaming mode, and ZA
 *   user.c  what EL0 may access;  denied.c  what the ID registers deny
 *   walk.c     translation;  hits.c  accesses that hit two TLB entries
 *   tlbi.c     TLB maintenance and its completion
 *   exception.c, psci.c;  gic.c, gicv2.c, gicv3.c;  id.c  the features of this CPU
 *   pen.c      CPUs that wait in a loop of firmware;  unplug.c  memory that is removed
 *
 * Operations.  A copy of a frame of instructions (struct a64_text) has an operation for each word,
 * decoded when it is first executed.  `next` points to the next operation; pc is derived from it
 * (cpu_pc).  The operation after the last word of a frame jumps to the next frame.
 *
 * Registers.  x[ZERO] is read as zero and never written, x[SP] is the stack pointer, and writes to
 * the zero register change x[NOWHERE].
 *
 * Views (order.h).  view[r] is that of register r, and bit r of `watch` is set if the view can
 * matter; FLAGS is NZCV.  cpu_watched() runs an operation that reads or writes a watched register;
 * other operations cost nothing.  A register of a late load (late.h) is watched as well.  All
 * system registers share one view.  `control` is the view of branches and of addresses of accesses
 * so far: an ISB orders po-later loads after it (B2.3, "ctrl; ISB" and "addr; po; ISB").
 *
 * Bit SP of `watch` is also set while the stack pointer is not aligned to 16 bytes, so that
 * accesses by it are checked (SCTLR_EL1.SA and SA0) at no cost where it is.
 *
 * pick[r] is the view of register r by pick dependencies: of the flags by which CSEL and its like
 * selected (B2.3, "Pick dependency").  It orders stores, and accesses after an ISB (B2.3,
 * "Pick-ordered-before"), but no load whose address is r; so `control` includes it.  Through memory
 * and system registers it becomes a view, which is stricter.
 *
 * A slice is a sequence of instructions of one CPU, uninterrupted by other CPUs.  An operation that
 * must wait for others (a DSB with stores in the buffer) calls cpu_again() to run again later.
 */
#pragma once
#include <machine/machine.h>
#include <machine/order.h>
#include <machine/text.h>

#define TEXT_OPS (FRAME_BYTES / 4)
#define ZERO 31
#define SP 32
#define NOWHERE 33
#define FLAGS 34
#define REGISTERS 35
#define SOFT 512u /* cached translations of loads and of stores, each */
#define RECENT_VA 4u
#define ZA_ROWS 16u /* of 16 bytes: the vector length in Streaming mode is 128 bits */

struct a64_cpu;
struct a64_op;
typedef void a64_run(struct a64_cpu *c, const struct a64_op *op);

/* The effect of an operation on views, for cpu_watched(). */
#define KIND_OTHER 0u   /* none: the operation itself sets views */
#define KIND_RESULT 1u  /* rd depends on rn, rm and ra */
#define KIND_BRANCH 2u  /* `control` depends on them */
#define KIND_TESTS 4u   /* ... and on the flags */
#define KIND_SETS 8u    /* the flags depend on them */
#define KIND_ACCESS 16u /* the address is rn, and rm if the row has one */
#define KIND_PICKS 32u  /* the flags select between rn and rm */
#define KIND_BASE 64u   /* the address is rn, and the operation itself sets views */

struct a64_op {
	a64_run *run;
	u64 imm;
	u64 touch; /* mask of registers that it reads or writes */
	u32 word;
	u8 rd, rn, rm, ra, rt; /* rt: the data register of a store, or the second of a pair */
	u8 how;                /* a shift or an extension */
	u8 kind;
	u8 first; /* of op_moves_stack(): which function runs */
};

struct a64_text {
	struct text_copy of; /* the first member */
	bool any_cleaned;
	u64 cleaned[FRAME_BYTES / 16 / 64]; /* by 16 bytes: a new copy reads them from memory */
	struct a64_op op[TEXT_OPS + 1];
};

enum a64_access { ACCESS_FETCH, ACCESS_LOAD, ACCESS_STORE, ACCESS_NR };

/* A cached translation: key is va >> 12, or NO_PAGE. */
struct soft_page {
	u64 key, frame_pa;
	u64 time; /* of the leaf: an access is ordered after the walk that translated its address */
	bool bypass;       /* bypasses the caches; such a page is translated again each time */
	bool nonshareable; /* ... such a page as well */
	u8 *host;
	struct frame_state *frame;
};

/* Flags of a store through it (order.h). */
static inline unsigned store_flags(const struct soft_page *s)
{
	return (s->bypass ? ORDER_BYPASS : 0) | (s->nonshareable ? ORDER_INCOHERENT : 0);
}

#define SOFT_SET (ACCESS_NR * SOFT)

enum cpu_state { CPU_OFF, CPU_ON, CPU_WAITS_INTERRUPT, CPU_WAITS_EVENT };

/* Controls that need a context synchronisation: until then either value may be in effect. */
struct a64_controls {
	u64 sctlr, tcr, ttbr[2], mair, vbar;
};

struct a64_timer {
	u64 control, compare;
};

#define DEBUG_PAIRS 2u /* breakpoints, and watchpoints */
struct a64_debug {
	u64 mdscr, bvr[DEBUG_PAIRS], bcr[DEBUG_PAIRS], wvr[DEBUG_PAIRS], wcr[DEBUG_PAIRS], claims;
	bool unlocked, double_lock;
};

struct a64_vector {
	u64 part[2]; /* the lower and the upper half */
	u64 view;
};

struct a64_el2 {
	u64 sctlr, hcr, cptr, cnthctl, cntvoff, hstr, vttbr, vpidr, vmpidr, mdcr, ich_hcr, spsr,
		elr;
};

struct a64_cpu {
	const struct a64_op *next;
	struct a64_text *text;
	struct soft_page *soft; /* cached translations with the rights of now: soft_at() */
	u64 page_va;            /* of the frame of `text` */
	u64 fetch_key;          /* fetched.page: part of the key, by exception level */
	s64 left;               /* instructions left in this slice, the current one included */
	s64 slice;
	u64 watch;
	unsigned id;
	u32 nzcv;         /* N is bit 3 */
	u64 address_view; /* of the operation that runs, if it is watched */
	u64 x[REGISTERS], view[REGISTERS], pick[REGISTERS];
	u64 control;
	u64 system_view; /* of the values written to system registers */
	enum cpu_state state;
	bool event;   /* the event register (WFE) */
	bool serror;  /* one is pending */
	bool patient; /* the current wait has no spurious end */
	bool caches;  /* they have been on since the CPU was started, so they may hold lines */
	bool pan;
	bool user;         /* PSTATE.EL is 0 */
	bool sp0;          /* at EL1: PSTATE.SP is 0 */
	bool illegal;      /* PSTATE.IL */
	bool unprivileged; /* data accesses have the rights of EL0: at EL0; LDTR and STTR */
	u64 daif;          /* as in PSTATE: bits 9 to 6 */
	u64 instret, waited, branches;
	u8 fetch_pending;   /* pending ICs, until a DSB: PENDING_HERE, PENDING_EVERYWHERE */
	u64 reserved;       /* physical address of the exclusive monitor's block, 0 is none */
	u64 interrupt_view; /* of the accesses that senders of pending interrupts completed */
	u64 synced;         /* the time up to which a DSB has completed everything */
	bool here_pending;  /* a DSB NSH completed stores for this CPU's walker; in effect at the
			    next  context synchronisation */
	bool here; /* ... in effect: the walker observes them, though they may still be buffered */
	u64 sp_el0, sp_el1; /* x[SP] is one of them; the other has its value here */
	u64 tpidr_el0, tpidrro_el0, tpidr_el1;
	struct a64_controls now, written;
	u64 contextidr, par, elr, spsr, esr, far, afsr[2];
	bool at_el2; /* the state at entry: the MMU is off, and exceptions are not modelled */
	struct a64_el2 el2;
	u64 cpacr, actlr, amair, csselr;
	u64 cpacr_now; /* with fp=1: in effect, as `now` above */
	u64 fpcr, fpsr;
	struct a64_vector v[32];
	bool streaming, za_on; /* with sme=1: PSTATE.SM, PSTATE.ZA */
	u64 tpidr2;
	struct a64_vector za[ZA_ROWS];
	struct a64_timer virtual, physical;
	u64 cntkctl, stream; /* clock.c */
	struct a64_debug debug;
	u64 pmcr, pmcnten, pmovs, pminten, pmselr, pmevtyper, pmccfiltr, pmuserenr, pmevcntr,
		pmccntr;
	u64 counted[3];   /* instructions, cycles, branches at the last update of the counters */
	bool soft_pan;    /* the value of PAN for which soft_of[0] is valid */
	bool soft_listed; /* soft_used[] has all entries of soft_of[] */
	bool soft_user;   /* soft_of[1] is not empty */
	u16 soft_nr, soft_used[2 * SOFT];
	struct soft_page soft_of[2][SOFT_SET]; /* with the rights of EL1, of EL0 */
	u64 recent_va[RECENT_VA];              /* the addresses that were translated last */
	u8 recent_nr;
	struct fetched fetched; /* lines: since the last IC */
};
extern struct a64_cpu cpus[WORST_CPUS];
extern unsigned cpus_nr;

/* The place of the cached translation of va. */
static inline struct soft_page *soft_at(const struct a64_cpu *c, u64 va, enum a64_access access)
{
	return &c->soft[access * SOFT + (va >> FRAME_SHIFT) % SOFT];
}

/* ---- the place of a CPU ---- */
static inline u64 cpu_pc(const struct a64_cpu *c, const struct a64_op *op)
{
	return c->page_va + 4 * (u64)(op - c->text->op);
}

void cpu_jump(struct a64_cpu *c, u64 pc);
/* End this slice after the current instruction. */
static inline void cpu_yield(struct a64_cpu *c)
{
	c->slice -= c->left - 1;
	c->left = 1;
}

/* The operation runs again in a later slice, after other CPUs have run. */
static inline void cpu_again(struct a64_cpu *c, const struct a64_op *op)
{
	c->next = op;
	c->slice--;
	cpu_yield(c);
}

static inline u64 later_view(u64 a, u64 b)
{
	return a > b ? a : b;
}

void cpu_watched(struct a64_cpu *c, const struct a64_op *op);
/* Set the view of a register, without a pick dependency, or with `pick`. */
void cpu_set_view(struct a64_cpu *c, unsigned rd, u64 view);
void cpu_set_views(struct a64_cpu *c, unsigned rd, u64 view, u64 pick);
/* The view of a register, including pick dependencies. */
static inline u64 cpu_depends(const struct a64_cpu *c, unsigned r)
{
	return c->watch ? later_view(c->view[r], c->pick[r]) : 0;
}

/* The stack pointer has changed: watch it, or no longer. */
void cpu_stack_moved(struct a64_cpu *c);
/* Context synchronisation: ISB, exception entry and return.  The next instruction is at pc. */
void cpu_synchronise(struct a64_cpu *c, u64 pc);
/* Controls in effect have changed. */
void cpu_controlled(struct a64_cpu *c);
void cpu_off(struct a64_cpu *c);
/* Change PSTATE.EL (user: EL0), PSTATE.SP of EL1, and PSTATE.PAN: the stack pointer and the rights
 * change. */
void cpu_set_pstate(struct a64_cpu *c, bool user, bool sp0, bool pan);
/* Data accesses have the rights of EL0 (LDTR, STTR); false: those of PSTATE again. */
void cpu_unprivileged(struct a64_cpu *c, bool on);
/* Its walker observes the stores that a DSB NSH has completed. */
void cpu_walk_fence(struct a64_cpu *c);

static inline bool cpu_translates(const struct a64_cpu *c)
{
	return (c->now.sctlr & 1) && !c->at_el2;
}

/* Run at most n instructions; returns how many ran. */
u64 cpu_run(struct a64_cpu *c, s64 n);
u64 cpu_run_traced(struct a64_cpu *, s64 most); /* ... with story_step() before each */
void cpu_begin(struct a64_cpu *c, u64 pc, u64 x0);
u64 cpu_counter(const struct a64_cpu *c); /* CNTVCT_EL0 */
/* The timer's interrupt line is high. */
bool cpu_timer_fires(const struct a64_cpu *c, const struct a64_timer *t);
bool cpu_interrupted(struct a64_cpu *c); /* an interrupt is pending, masked by PSTATE or not */

/* ---- fetch.c ---- */
void fetch_forget(struct a64_cpu *c);                /* drop cached translations of fetches */
void fetch_again(struct a64_cpu *c);                 /* later fetches read memory again */
void fetch_written(struct frame_state *f, u64 word); /* a frame that has a copy was written */
void fetch_cleaned(u64 pa, u64 bytes);               /* to the PoU, within a frame */
struct cache_place;
/* A set of the first level was cleaned; software cleans all ways of it, here one does for all. */
void fetch_cleaned_set(const struct cache_place *p);

/* ---- decode ---- */
bool decode_word(u32 word, struct a64_op *op);
void op_page_end(struct a64_cpu *c, const struct a64_op *op);

/* The operand fields of a row. */
enum a64_format {
	FORM_NONE,
	FORM_ADR,
	FORM_ADD_IMM,   /* SP for 31 */
	FORM_ADDS_IMM,  /* rn is SP for 31, rd is ZERO */
	FORM_LOGIC_IMM, /* rd is SP for 31 */
	FORM_LOGICS_IMM,
	FORM_MOVE,
	FORM_MOVE_KEEP,
	FORM_FIELD,
	FORM_FIELD_KEEP,
	FORM_EXTRACT,
	FORM_SHIFTED,
	FORM_EXTENDED,
	FORM_EXTENDED_SETS,
	FORM_TWO,   /* rd, rn, rm */
	FORM_ONE,   /* rd, rn */
	FORM_THREE, /* rd, rn, rm, ra */
	FORM_SELECT,
	FORM_COMPARE, /* CCMP, CCMN */
	FORM_COMPARE_IMM,
	FORM_BRANCH,
	FORM_BRANCH_IF,
	FORM_BRANCH_ZERO, /* CBZ */
	FORM_BRANCH_BIT,
	FORM_BRANCH_TO, /* BR */
	FORM_LITERAL,
	FORM_PAIR,
	FORM_UNSIGNED, /* an offset in units of the size */
	FORM_OFFSET,   /* imm9 */
	FORM_INDEX,    /* a register */
	FORM_ORDERED,  /* exclusive, acquire, release, LSE: rs is rm */
	FORM_SYSTEM,   /* rt is rd for MRS, rn for MSR */
	FORM_VECTOR_ACCESS,
	FORM_SME_ACCESS,
	FORM_TO_GENERAL, /* rd alone, or rn alone, is a general register */
	FORM_FROM_GENERAL,
};

/* run[]: 32 and 64 bits; both again with a shift. */
struct a64_row {
	u32 mask, match;
	a64_run *run[4];
	u8 format, kind;
};
/* All four of run[] are one function. */
#define RUN(f)                                                                                     \
	{                                                                                          \
		f, f, f, f                                                                         \
	}
extern const struct a64_row rows_integer[], rows_branch[], rows_access[], rows_exclusive[],
	rows_system[], rows_crc[], rows_vector[], rows_sme[];

bool cpu_condition(const struct a64_cpu *c, unsigned cond); /* integer.c */

/* ---- access.c: for vector.c.  False: an exception was taken, or the operation runs again. ---- */
bool access_load(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n, u64 *v, u64 *view);
bool access_store(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n, u64 v, u64 view);
bool access_unaligned(struct a64_cpu *c, const struct a64_op *op, u64 va, enum a64_access access);

/* ---- vector.c ---- */
bool vector_access(u32 word, struct a64_op *op); /* the operands; false: no such instruction */
/* False: an exception was taken, as CPACR_EL1.FPEN requests. */
bool vector_usable(struct a64_cpu *c, const struct a64_op *op);
/* The same, whether or not the instruction is modelled in Streaming mode. */
bool vector_enabled(struct a64_cpu *c, const struct a64_op *op);
/* An instruction that vector.c does not have. */
void vector_unknown(struct a64_cpu *c, const struct a64_op *op);
/* An access of 1 << op->how bytes.  False: as access_load(). */
bool vector_load(struct a64_cpu *c, const struct a64_op *op, u64 va, struct a64_vector *v);
bool vector_store(struct a64_cpu *c, const struct a64_op *op, u64 va, const struct a64_vector *v);

/* ---- sme.c ---- */
#define SME_OF_ZA(word) ((word) >> 24 == 0xe1) /* LDR or STR of a row of ZA */
/* False: an exception was taken, as CPACR_EL1.SMEN requests. */
bool sme_usable(struct a64_cpu *c, const struct a64_op *op);
/* MSR (immediate) to SVCR: SMSTART and SMSTOP. */
void sme_switch(struct a64_cpu *c, const struct a64_op *op);
bool sme_access(u32 word, struct a64_op *op); /* as vector_access() */

/* ---- exceptions ---- */
enum { /* exception classes of ESR_EL1 */
       EC_UNKNOWN = 0x00,
       EC_WAIT = 0x01, /* WFI, WFE */
       EC_FP = 0x07,
       EC_ILLEGAL = 0x0e,
       EC_SVC = 0x15,
       EC_SYSTEM = 0x18,
       EC_SME = 0x1d,
       EC_FETCH = 0x21, /* at EL1; 1 less: at EL0 */
       EC_PC_ALIGN = 0x22,
       EC_DATA = 0x25, /* the same */
       EC_SP_ALIGN = 0x26,
       EC_SERROR = 0x2f,
       EC_BRK = 0x3c,
};
enum { /* status codes of aborts; + the level, or the code of level -1 */
       FSC_SIZE = 0x00,
       FSC_TRANSLATION = 0x04,
       FSC_ACCESS_FLAG = 0x08,
       FSC_PERMISSION = 0x0c,
       FSC_EXTERNAL = 0x10,
       FSC_EXTERNAL_WALK = 0x14,
       FSC_ALIGNMENT = 0x21,
       FSC_CONFLICT = 0x30,
       FSC_EXCLUSIVE = 0x35,
};
#define FSC_NONE 0xffu /* 0 is a status */
#define ESR_WRITE BIT(6)
#define ESR_CACHE BIT(8)
#define DAIF_I BIT(7)
#define DAIF_F BIT(6)
#define DAIF_A BIT(8)
#define DAIF_ALL (15ul << 6)

void exception_take(struct a64_cpu *c, u64 pc, unsigned ec, u64 iss);
void exception_abort(struct a64_cpu *c, u64 pc, u64 va, enum a64_access access, u8 status, u64 iss);
void exception_interrupts(struct a64_cpu *c); /* take the pending one, unless it is masked */
void exception_interrupt(struct a64_cpu *c);  /* take one */
void exception_return(struct a64_cpu *c);
u64 cpu_pstate(const struct a64_cpu *c); /* as SPSR_EL1 has it */
static inline void exception_undefined(struct a64_cpu *c, const struct a64_op *op)
{
	exception_take(c, cpu_pc(c, op), EC_UNKNOWN, 0);
}

/* ---- translation ---- */
#define SCTLR_A BIT(1)
#define SCTLR_C BIT(2)
#define SCTLR_SA BIT(3) /* and of SCTLR_EL2 */
#define SCTLR_SA0 BIT(4)
#define SCTLR_WXN BIT(19)
#define SCTLR_SPAN BIT(23)
#define TCR_A1 BIT(22)
#define TCR_DS BIT(59)

/* Translation controls of one half of the address space. */
struct regime {
	u64 table;
	u16 asid;
	u8 bits, granule; /* of addresses; log2 of a page */
	u8 out;           /* bits of a physical address */
	bool ds, lpa, hpd;
	bool bypass;       /* walks bypass the caches */
	bool nonshareable; /* walks are cacheable and Non-shareable */
};
/* False: no address is translated there (size, EPD). */
bool regime_of(const struct a64_cpu *c, u64 va, struct regime *r);

/* The address without its tag: with TCR_EL1.TBI0 or TBI1 bits 63 to 56 are ignored (D8.8). */
u64 walk_untagged(const struct a64_cpu *c, u64 va);

struct translation {
	u64 pa, time; /* of the leaf */
	bool bypass;  /* the access bypasses the caches */
	bool nonshareable;
	bool once; /* the next access translates again */
	bool global;
};
/* FSC_NONE, or the status of a fault. */
u8 translate(struct a64_cpu *c, u64 va, enum a64_access access, u64 view, struct translation *t);
/* The cached translation of va, filled if needed.  NULL: *status has the fault, or the address *pa
 * is not RAM. */
struct soft_page *soft_find(struct a64_cpu *c, u64 va, enum a64_access access, u64 *pa, u8 *status);
void soft_forget(struct a64_cpu *c);
void walk_speculate(struct a64_cpu *c);
/* A word of a page table has changed; a TLB may hold its old value. */
void walk_changed(u64 at);

/* Issue and complete an IC; `everywhere`: on all CPUs. */
void fetch_issue(struct a64_cpu *c, bool everywhere);
void fetch_complete(struct a64_cpu *c);

/* ---- tlbi.c ---- */
/* SYS with CRn 8; false: no such operation. */
bool tlbi_issue(struct a64_cpu *c, u32 word, u64 operand);
/* Every TLBI that this CPU issued has completed; not everywhere: in its own TLB alone. */
bool tlbi_complete(struct a64_cpu *c, bool everywhere);
bool tlbi_pending(const struct a64_cpu *c); /* one that this CPU issued is not complete */
void tlbi_reset(struct a64_cpu *c);
struct tlb_entry;
/* A TLBI that removes the entry is pending on this CPU; *by: the CPU that issued it. */
bool tlbi_pending_for(unsigned cpu, const struct tlb_entry *w, unsigned *by);
/* A leaf that the CPU's own TLBI has removed, or NULL: instructions up to the next context
 * synchronisation may have been translated by it, ahead of that TLBI.  `view`: of the address. */
const struct tlb_entry *tlbi_removed_leaf(unsigned cpu, u64 va, u64 asid, u64 view);
/* A context synchronisation forgets them; true: there were such leaves. */
bool tlbi_synchronise(unsigned cpu);

/* ---- features: id.c ---- */
enum mpidr_shape { MPIDR_FLAT, MPIDR_CLUSTERS, MPIDR_THREADS, MPIDR_SPARSE, MPIDR_QUADS };
struct a64_features {
	u64 pa;                  /* bits of physical addresses: 32 to 52 */
	u64 lpa2, lva, granules; /* granules: 4, 16, 64 as bits 0, 1, 2 */
	u64 asid;                /* 8 or 16 */
	u64 tlb;                 /* 0, 1: OS forms, 2: ranges */
	u64 ttl, bbm, ets, pan, lse, crc, fp, sme;
	u64 line; /* bytes of a cache line, and of the ERG; 0: CPUs differ */
	u64 idc, dic;
	u64 mpidr; /* affinities of the CPUs: enum mpidr_shape */
	u64 el;    /* the exception level at entry */
	u64 gic;   /* the version of the interrupt controller */
	u64 awake; /* earlier firmware has cleared GICR_WAKER.ProcessorSleep */
	u64 kaslr; /* the seed in the device tree; 0: none */
	u64 revidr;
	u64 domains; /* a barrier orders only for observers in its shareability domain */
};
extern struct a64_features features;

/*
 * Does this DMB or DSB order for other CPUs?  All of them are in one Inner Shareable domain, which
 * is in the Outer Shareable one.  Arm ARM (DDI 0487, up to issue M.a, B2.3 and B2.6): a barrier
 * orders for the observers in its domain.  By the known issues of M.a (AARCH-24234) the domain of
 * DMB has no effect, and that of DSB affects only TLBI and IC: `domains=0`.
 */
#define DOMAIN_NSH 1u
static inline u32 barrier_domain(u32 word)
{
	return word >> 10 & 3;
}
static inline bool barrier_orders_others(u32 word)
{
	return !features.domains || barrier_domain(word) != DOMAIN_NSH;
}
u64 id_midr(unsigned cpu);
void id_midr_word(const char *word, const char *value); /* midr= */
bool id_cache_place(const struct a64_cpu *c, u64 operand, struct cache_place *p);
bool id_register(const struct a64_cpu *c, u32 code, u64 *value);
void id_power_on(void);
u64 id_line(unsigned cpu);
u64 id_mpidr(unsigned cpu);
u64 id_affinity(unsigned cpu); /* Aff3 in bits 39:32, Aff2 to Aff0 in 23:0 */
unsigned id_cpu(u64 affinity); /* cpus_nr, or more: no CPU has it */

/* ---- clock.c ---- */
bool clock_event(struct a64_cpu *c); /* an event of the event stream since the last call */
u64 clock_next_event(const struct a64_cpu *c); /* its step, or ~0 */

/* ---- counters.c ---- */
void counters_update(struct a64_cpu *c);

/* ---- gic.c ---- */
void gic_reset_cpu(unsigned cpu);
bool gic_pending(unsigned cpu); /* the CPU's interface signals an interrupt */
void gic_between(unsigned cpu);
bool gic_in_flight(unsigned cpu); /* an SGI is in flight: sent, and not yet pending */

/* ---- story.c: trace one step; `done` instructions of the slice have been executed ---- */
void story_step(struct a64_cpu *c, u64 done);

/* ---- pen.c: start=spin ---- */
extern bool pen_used;
void pen_power_on(void);
u64 pen_release(unsigned cpu); /* the word from which the CPU's loop reads its address */
bool pen_holds(const struct a64_cpu *c);

/* ---- unplug.c: leaves=TEXT ---- */
extern const char *unplug_text;
extern u64 unplugged_from, unplugged_bytes; /* 0 bytes: nothing is removed */
static inline bool unplugged_at(u64 pa)
{
	return pa - unplugged_from < unplugged_bytes;
}
void unplug_power_on(u64 from, u64 bytes); /* the memory that may be removed */

/* ---- psci.c ---- */
void psci_call(struct a64_cpu *c, const struct a64_op *op);

extern bool machine_off, machine_resets; /* SYSTEM_RESET sets both */

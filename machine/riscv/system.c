/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/system.c - CSRs, fences, ECALL, SRET, WFI and CBO.
 */
#include "hart.h"
#include <machine/random.h>
#include <stddef.h>

/* ---- CSRs ---- */
#define STATUS_WRITABLE (STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_SUM | STATUS_MXR)
#define STATUS_UXL (2ul << 32)
#define INTERRUPTS (BIT(IRQ_SOFT) | BIT(IRQ_TIME) | BIT(IRQ_EXTERNAL))
#define FIELD(name) .field = offsetof(struct rv_hart, name)
#define SATP_ASID_SHIFT 44
#define SATP_ASID (0xfffful << SATP_ASID_SHIFT)
#define CSR_SXSTATUS 0x5c0
#define CSR_FCSR 0x003
#define CSR_STIMECMP 0x14d
#define ENVCFG_FIOM BIT(0)
#define ENVCFG_CBIE (3ul << 4)
#define ENVCFG_CBCFE BIT(6)

static u64 now_instret(const struct rv_hart *h)
{
	return h->instret + (u64)(h->slice - h->left);
}

static u64 get_sstatus(struct rv_hart *h)
{
	return h->sstatus | STATUS_UXL | ((h->sstatus & STATUS_FS) == STATUS_FS ? STATUS_SD : 0);
}

static void set_sstatus(struct rv_hart *h, u64 v)
{
	if ((v ^ h->sstatus) & (STATUS_SUM | STATUS_MXR))
		soft_forget(h);
	h->sstatus = v & (STATUS_WRITABLE | (hart_kind.fp ? STATUS_FS : 0));
}

/* fflags and frm are parts of fcsr. */
static u64 get_fflags(struct rv_hart *h)
{
	return float_get(h) & 31;
}

static void set_fflags(struct rv_hart *h, u64 v)
{
	float_set(h, (h->fcsr & ~31ul) | (v & 31));
}

static u64 get_frm(struct rv_hart *h)
{
	return float_get(h) >> 5;
}

static void set_frm(struct rv_hart *h, u64 v)
{
	float_set(h, (h->fcsr & 31) | v << 5);
}

static void set_sip(struct rv_hart *h, u64 v)
{
	h->sip = v & BIT(IRQ_SOFT);
}

/* With walks=1 there are speculative walks right before and after a write of satp. */
static void walk_registers(struct rv_hart *h)
{
	if (knobs.adversary[ADV_WALKS] == 1)
		for (unsigned r = 1; r < 32; r++)
			walk_address(h, h->x[r]);
}

static bool satp_has(u64 mode)
{
	return !mode || (mode >= 8 && mode <= 5 + hart_kind.levels);
}

/* A write with an unsupported mode has no effect.  TLB entries stay ("satp"): software has to
 * execute SFENCE.VMA.  "Writing satp does not imply any ordering constraints between page-table
 * updates and subsequent address translations"; with root=1 this hart orders them.  Bits of the
 * ASID above ASIDLEN read as zero. */
static void set_satp(struct rv_hart *h, u64 v)
{
	if (!satp_has(v >> 60))
		return;
	walk_registers(h);
	h->satp = (v & ~SATP_ASID) | (v & hart_asids() << SATP_ASID_SHIFT);
	if (hart_kind.root)
		order_walk_fence(h->id);
	if (order_hooks.execution)
		order_hooks.execution->context(h->id, true);
	soft_forget(h);
	fetch_forget(h);
	walk_registers(h);
}

/* With instret=n up to n instructions of firmware are counted between two reads. */
static u64 get_instret(struct rv_hart *h)
{
	if (hart_kind.instret)
		h->instret += random_below(hart_kind.instret + 1);
	return now_instret(h);
}

static u64 get_sxstatus(struct rv_hart *h)
{
	(void)h;
	return hart_kind.sxstatus;
}

static u64 get_cycle(struct rv_hart *h)
{
	return now_instret(h) + h->waited;
}

static u64 get_time(struct rv_hart *h)
{
	return (ordering.steps + (u64)(h->slice - h->left)) / knobs.rate;
}

/* Other fields are those of extensions that no hart has; CBIE 2 is reserved ("senvcfg"). */
static void set_senvcfg(struct rv_hart *h, u64 v)
{
	u64 writable = ENVCFG_FIOM;

	if (!(hart_lacks[h->id] & LACKS_ZICBOM))
		writable |= ENVCFG_CBCFE | ((v & ENVCFG_CBIE) == 2ul << 4 ? 0 : ENVCFG_CBIE);
	h->senvcfg = (h->senvcfg & ~writable) | (v & writable);
}

/* A CSR is a field of the hart, with `writable` as the mask of the bits that a program can change,
 * or get() and set() access it.  Without writable bits and set() it is read-only. */
static const struct csr_row {
	u16 nr, field;
	u64 writable;
	u64 (*get)(struct rv_hart *h);
	void (*set)(struct rv_hart *h, u64 v);
} csrs[] = {
	{ 0x141, FIELD(sepc), .writable = ~1ul }, /* the first CSRS_TRAP rows */
	{ 0x142, FIELD(scause), .writable = ~0ul },
	{ 0x143, FIELD(stval), .writable = ~0ul },
	{ 0x100, .get = get_sstatus, .set = set_sstatus },
	{ 0x104, FIELD(sie), .writable = INTERRUPTS },
	{ 0x105, FIELD(stvec), .writable = ~2ul },
	{ 0x106, FIELD(scounteren), .writable = ~0u },
	{ 0x10a, FIELD(senvcfg), .set = set_senvcfg },
	{ 0x140, FIELD(sscratch), .writable = ~0ul },
	{ 0x144, .get = hart_pending, .set = set_sip },
	{ CSR_STIMECMP, FIELD(stimecmp), .writable = ~0ul },
	{ 0x180, FIELD(satp), .set = set_satp },
	{ 0xc00, .get = get_cycle },
	{ 0xc01, .get = get_time },
	{ 0xc02, .get = get_instret },
	{ CSR_SXSTATUS, .get = get_sxstatus },
	{ 0x001, .get = get_fflags, .set = set_fflags },
	{ 0x002, .get = get_frm, .set = set_frm },
	{ CSR_FCSR, .get = float_get, .set = float_set },
};
_Static_assert(ARRAY_SIZE(csrs) <= CSRS_MAX, "each CSR has a view");

static u64 *field_of(struct rv_hart *h, const struct csr_row *row)
{
	return (u64 *)(void *)((u8 *)h + row->field);
}

static u64 csr_get(struct rv_hart *h, const struct csr_row *row)
{
	return row->get ? row->get(h) : *field_of(h, row);
}

static void csr_set(struct rv_hart *h, const struct csr_row *row, u64 v)
{
	if (row->set)
		row->set(h, v);
	else
		*field_of(h, row) = v & row->writable;
}

/* U-mode reads the counters that scounteren permits, and has the CSRs of F, which are illegal while
 * FS is Off ("Extension Context Status in mstatus Register"); it has no other CSR of the table. */
static bool permitted(const struct rv_hart *h, unsigned nr)
{
	if (nr <= CSR_FCSR)
		return float_usable(h);
	if (nr == CSR_STIMECMP && (hart_lacks[h->id] & LACKS_SSTC))
		return false;
	return !hart_user(h) || (nr >> 8 == 0xc && h->scounteren >> (nr & 31) & 1);
}

/* CSRs of higher modes, stores to read-only ones, and in U-mode those that no hart has are illegal
 * instructions ("CSR Address Mapping Conventions"); others that are not in the table are not
 * modelled. */
static const struct csr_row *csr_at(struct rv_hart *h, const struct rv_op *op, bool write)
{
	unsigned nr = op->word >> 20;

	for (unsigned i = 0; i < ARRAY_SIZE(csrs); i++)
		if (csrs[i].nr == nr && permitted(h, nr) &&
		    (nr != CSR_SXSTATUS || hart_kind.sxstatus) &&
		    (csrs[i].set || csrs[i].writable || !write))
			return &csrs[i];
	if (!hart_user(h) && (nr > CSR_FCSR || !hart_kind.fp) && nr != CSR_SXSTATUS &&
	    nr != CSR_STIMECMP && (nr >> 8 & 3) < 2 && !(write && nr >> 10 == 3))
		machine_stop("hart %u: pc %lx: CSR %03x is not known", h->id, hart_pc(h, op), nr);
	trap_op(h, op, CAUSE_ILLEGAL, op->word);
	return NULL;
}

/* Syntactic dependencies pass through CSRs as well ("Syntactic Dependencies"): return the view of
 * the old value, and set that of the new one. */
static u64 pass_view(struct rv_hart *h, const struct rv_op *op, const struct csr_row *row,
		     bool write)
{
	u64 *view = &h->csr_view[row - csrs], before = *view;
	u64 source = op->word >> 14 & 1 ? 0 : h->address_view;

	if (write)
		*view = (op->word >> 12 & 3) == 1 || source > before ? source : before;
	return before;
}

/* Pending interrupts are checked after a write to a CSR ("sip and sie"). */
static void op_csr(struct rv_hart *h, const struct rv_op *op)
{
	unsigned how = op->word >> 12 & 3, nr = op->word >> 20;
	u64 source = op->word >> 14 & 1 ? op->rs1 : h->x[op->rs1], old;
	bool write = how == 1 || op->rs1;
	const struct csr_row *row = csr_at(h, op, write);

	if (!row)
		return;
	old = csr_get(h, row);
	if (write)
		csr_set(h, row, how == 1 ? source : how == 2 ? old | source : old & ~source);
	h->x[op->rd] = old;
	hart_set_view(h, op->rd, pass_view(h, op, row, write));
	if (!write)
		return;
	if (nr == 0x180)
		hart_jump(h, hart_pc(h, op) + 4);
	hart_yield(h);
}

/* ---- fences ---- */
static unsigned memory_set(unsigned four)
{
	return (four & 2 ? ORDER_R : 0) | (four & 1 ? ORDER_W : 0);
}

/*
 * Device accesses are performed at once.  So a po-earlier one is complete at the fence, and is
 * ordered as a load that read the co-latest value; stores that the fence orders before a device
 * access drain here (rule 4, sets i and o).
 */
static void op_fence(struct rv_hart *h, const struct rv_op *op)
{
	unsigned before = op->word >> 24 & 15, after = op->word >> 20 & 15;
	struct observer *o = &ordering.cpu[h->id];

	if (hart_user(h) && (h->senvcfg & ENVCFG_FIOM)) { /* the order of I/O implies memory */
		before |= before >> 2;
		after |= after >> 2;
	}
	if (op->word >> 20 == 0x833) { /* FENCE.TSO: all but w,r; else its fm has no effect */
		order_fence(h->id, ORDER_R, ORDER_R | ORDER_W);
		order_fence(h->id, ORDER_W, ORDER_W);
		return;
	}
	if ((before & 1) && (after & 12) && o->nr) { /* w,o orders no load: it is no w,r */
		order_fence(h->id, ORDER_W, ORDER_R);
		hart_again(h, op);
		return;
	}
	if (!order_fence(h->id, memory_set(before), memory_set(after))) {
		hart_again(h, op);
		return;
	}
	if ((before & 12) && (after & 2))
		o->floor = ordering.now;
}

/* Later fetches observe the stores that this hart observes (fetch.c). */
static void op_fence_i(struct rv_hart *h, const struct rv_op *op)
{
	fetch_fence(h);
	hart_jump(h, hart_pc(h, op) + 4);
}

/* True: an instruction of S-mode has trapped in U-mode. */
static bool needs_supervisor(struct rv_hart *h, const struct rv_op *op)
{
	if (!hart_user(h))
		return false;
	trap_op(h, op, CAUSE_ILLEGAL, op->word);
	return true;
}

static struct invalidation operands(const struct rv_hart *h, const struct rv_op *op)
{
	return (struct invalidation) { .by_address = op->rs1,
				       .va = h->x[op->rs1],
				       .by_asid = op->rs2,
				       .asid = h->x[op->rs2] };
}

void note_fence(struct rv_hart *h, const struct invalidation *f, u64 first, u64 last, bool whole)
{
	if (whole)
		order_hooks.execution->sync(h->id);
	order_hooks.execution->invalidate(
		h->id, &(struct invalidate_operands) { .first = align_down(first, FRAME_BYTES),
						       .last = last | (FRAME_BYTES - 1),
						       .all = !f->by_address,
						       .any_asid = !f->by_asid,
						       .leaf_only = f->by_address,
						       .asid = f->asid & hart_asids(),
						       .cpus = BIT(h->id) });
	if (whole)
		order_hooks.execution->complete(h->id, false);
}

static void op_sfence(struct rv_hart *h, const struct rv_op *op)
{
	struct invalidation f = operands(h, op);

	if (needs_supervisor(h, op))
		return;
	walk_fence(h, &f);
	if (order_hooks.execution)
		note_fence(h, &f, f.va, f.va, true);
	hart_jump(h, hart_pc(h, op) + 4);
}

/* True: this hart lacks the extension of S-mode instructions, or is in U-mode: one has trapped. */
static bool lacks(struct rv_hart *h, const struct rv_op *op, u64 what)
{
	if (!hart_user(h) && !(hart_lacks[h->id] & what))
		return false;
	trap_op(h, op, CAUSE_ILLEGAL, op->word);
	return true;
}

static void op_sinval(struct rv_hart *h, const struct rv_op *op)
{
	struct invalidation f = operands(h, op);

	if (lacks(h, op, LACKS_SVINVAL))
		return;
	walk_invalidate(h, &f);
	if (order_hooks.execution)
		note_fence(h, &f, f.va, f.va, false);
	hart_yield(h);
}

static void op_sfence_w_inval(struct rv_hart *h, const struct rv_op *op)
{
	if (lacks(h, op, LACKS_SVINVAL))
		return;
	h->stores_first = true;
	if (order_hooks.execution)
		order_hooks.execution->sync(h->id);
}

static void op_sfence_inval_ir(struct rv_hart *h, const struct rv_op *op)
{
	if (lacks(h, op, LACKS_SVINVAL))
		return;
	walk_invalidated(h);
	if (order_hooks.execution)
		order_hooks.execution->complete(h->id, false);
	hart_jump(h, hart_pc(h, op) + 4);
}

/* In U-mode by senvcfg: CBO.INVAL by CBIE, the others by CBCFE (CMO, "Control and Status Register
 * State"). */
static bool cbo_permitted(const struct rv_hart *h, const struct rv_op *op)
{
	u64 need = op->imm ? ENVCFG_CBCFE : ENVCFG_CBIE;

	return !(hart_lacks[h->id] & LACKS_ZICBOM) && (!hart_user(h) || (h->senvcfg & need));
}

/* There are no caches to manage: only the translation of the address is checked. */
static void op_cbo(struct rv_hart *h, const struct rv_op *op)
{
	u64 pa, cause;

	if (!cbo_permitted(h, op)) {
		trap_op(h, op, CAUSE_ILLEGAL, op->word);
		return;
	}
	soft_find(h, h->x[op->rs1], ACCESS_LOAD, &pa, &cause);
	if (cause)
		trap_op(h, op, cause == CAUSE_LOAD_PAGE ? CAUSE_STORE_PAGE : CAUSE_STORE_ACCESS,
			h->x[op->rs1]);
}

/* ---- the rest ---- */
static void op_ecall(struct rv_hart *h, const struct rv_op *op)
{
	late_all(h->id);
	if (hart_user(h))
		trap_op(h, op, CAUSE_ECALL_USER, 0);
	else
		sbi_call(h, op);
}

static void op_ebreak(struct rv_hart *h, const struct rv_op *op)
{
	trap_op(h, op, CAUSE_BREAK, hart_pc(h, op));
}

static void op_sret(struct rv_hart *h, const struct rv_op *op)
{
	u64 s = h->sstatus;

	if (needs_supervisor(h, op))
		return;
	h->mode_key = s & STATUS_SPP ? 0 : USER_KEY;
	s &= ~(STATUS_SIE | STATUS_SPP);
	h->sstatus = s | STATUS_SPIE | (s & STATUS_SPIE ? STATUS_SIE : 0);
	hart_drop_reservation(h);
	if (order_hooks.execution && hart_user(h))
		order_hooks.execution->context(h->id, false);
	hart_jump(h, h->sepc);
	hart_yield(h);
}

/* "a legal implementation is to simply implement WFI as a NOP"; in U-mode it is illegal, "unless it
 * completes within an implementation-specific, bounded time limit" ("Wait for Interrupt"). */
static void op_wfi(struct rv_hart *h, const struct rv_op *op)
{
	late_all(h->id);
	if (hart_user(h)) {
		if (!knobs.adversary[ADV_IRQ] || one_in(2))
			trap_op(h, op, CAUSE_ILLEGAL, op->word);
		return;
	}
	if (!knobs.adversary[ADV_IRQ] || !one_in(8))
		h->state = HART_WAITS;
	hart_yield(h);
}

const struct rv_row rows_system[] = {
	{ 0x0000707f, 0x0000000f, op_fence, FORMAT_NONE, OP_OTHER },
	{ 0x0000707f, 0x0000100f, op_fence_i, FORMAT_NONE, OP_OTHER },
	{ 0xfff07fff, 0x0000200f, op_cbo, FORMAT_I, OP_OTHER }, /* CBO.INVAL */
	{ 0xfff07fff, 0x0010200f, op_cbo, FORMAT_I, OP_OTHER }, /* CBO.CLEAN */
	{ 0xfff07fff, 0x0020200f, op_cbo, FORMAT_I, OP_OTHER }, /* CBO.FLUSH */
	{ 0xffffffff, 0x00000073, op_ecall, FORMAT_NONE, OP_OTHER },
	{ 0xffffffff, 0x00100073, op_ebreak, FORMAT_NONE, OP_OTHER },
	{ 0xffffffff, 0x10200073, op_sret, FORMAT_NONE, OP_OTHER },
	{ 0xffffffff, 0x10500073, op_wfi, FORMAT_NONE, OP_OTHER },
	{ 0xfe007fff, 0x12000073, op_sfence, FORMAT_R, OP_OTHER },
	{ 0xfe007fff, 0x16000073, op_sinval, FORMAT_R, OP_OTHER },
	{ 0xffffffff, 0x18000073, op_sfence_w_inval, FORMAT_NONE, OP_OTHER },
	{ 0xffffffff, 0x18100073, op_sfence_inval_ir, FORMAT_NONE, OP_OTHER },
	{ 0x0000307f, 0x00001073, op_csr, FORMAT_I, OP_OTHER },
	{ 0x0000307f, 0x00002073, op_csr, FORMAT_I, OP_OTHER },
	{ 0x0000307f, 0x00003073, op_csr, FORMAT_I, OP_OTHER },
	{ 0 },
};

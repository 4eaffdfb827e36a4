/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/hart.c - the loop that runs operations, and views of registers.
 */
#include "hart.h"
#include <machine/random.h>
#include <machine/tlb.h>
#include <string.h>

struct rv_hart harts[WORST_CPUS];
unsigned harts_nr;
struct hart_kind hart_kind = { .levels = 5, .asid_bits = 16 };
u64 hart_differ, hart_lacks[WORST_CPUS];
const char *hart_isa = "rv64imac_zicsr_zifencei_zicbom_sstc_svinval_svnapot_svpbmt";

u64 hart_time(void)
{
	return ordering.steps / knobs.rate;
}

/* A view needs no bit if it cannot restrict a load: not after the floor, or older than HISTORY. */
void hart_set_view(struct rv_hart *h, unsigned rd, u64 view)
{
	if (rd == NOWHERE)
		return;
	if (view > ordering.cpu[h->id].floor && ordering.now - view < HISTORY &&
	    knobs.adversary[ADV_LOADS]) {
		h->view[rd] = view;
		h->watch |= 1u << rd;
	} else {
		h->view[rd] = 0;
		h->watch = (h->watch & ~(1u << rd)) | hart_late(h);
	}
}

static u64 larger_view(u64 a, u64 b)
{
	return a > b ? a : b;
}

/*
 * Dependencies are syntactic ("Syntactic Dependencies", RVWMO): a result has the views of its
 * sources, the value of a load has those of its address and of the store read from, and a store
 * passes the views of its sources on.
 */
void hart_watched(struct rv_hart *h, const struct rv_op *op)
{
	const struct rv_op *following = h->next;
	u64 one, two, old;

	if (op->touch & hart_late(h))
		late_touched(h->id, op->touch);
	one = h->view[op->rs1];
	two = h->view[op->rs2];
	old = h->view[op->rd];
	h->address_view = op->kind == OP_LOAD ? one : larger_view(one, two);
	if (op->kind == OP_LOAD)
		hart_set_view(h, op->rd, 0);
	op->run(h, op);
	if (op->kind == OP_RESULT)
		hart_set_view(h, op->rd, h->address_view);
	else if (op->kind == OP_LOAD)
		hart_set_view(h, op->rd,
			      h->next == following ? larger_view(h->view[op->rd], one) : old);
	h->address_view = 0;
}

static inline void run_one(struct rv_hart *h)
{
	const struct rv_op *op = h->next;

	h->next = op + op->halves;
	if (__builtin_expect(op->touch & h->watch, 0))
		hart_watched(h, op);
	else
		op->run(h, op);
	h->left--;
}

u64 hart_run(struct rv_hart *h, s64 n)
{
	h->left = h->slice = n;
	while (h->left > 0)
		run_one(h);
	h->instret += (u64)h->slice;
	return (u64)h->slice;
}

u64 hart_run_traced(struct rv_hart *h, s64 n)
{
	h->left = h->slice = n;
	while (h->left > 0) {
		story_step(h);
		run_one(h);
	}
	h->instret += (u64)h->slice;
	return (u64)h->slice;
}

/* Pre-load the TLB with a leaf of no table, next to the entry point: its contents are undefined. */
static void insert_unknown(struct rv_hart *h, u64 va)
{
	u64 frame = ram.bank[0].base + align_down(random_below(1u << 26), FRAME_BYTES);

	tlb_insert(h->id, &(struct tlb_entry) { .va = va,
						.word = frame >> 2 | 0xcf,
						.at = ram.bank[0].base,
						.shift = FRAME_SHIFT,
						.kind = TLB_LEAF,
						.asid = random_below(2) & hart_asids(),
						.global = one_in(2) });
}

static void undefined_floats(struct rv_hart *h)
{
	h->sstatus |= random_u64() & STATUS_FS;
	h->fcsr = random_u64() & FCSR_BITS;
	for (unsigned i = 0; i < ARRAY_SIZE(h->f); i++)
		h->f[i] = random_u64();
}

/*
 * SBI 2.0, 9.1: satp is 0, sstatus.SIE is 0, a0 and a1 are given; "All other registers remain in an
 * undefined state".  sip.SSIP may be set, and stimecmp be any.
 */
static void undefined(struct rv_hart *h)
{
	for (unsigned i = 1; i < 32; i++)
		h->x[i] = random_u64();
	h->sstatus = random_u64() & STATUS_UNDEFINED;
	h->sie = random_u64() & (BIT(IRQ_SOFT) | BIT(IRQ_TIME) | BIT(IRQ_EXTERNAL));
	h->sip = random_u64() & BIT(IRQ_SOFT);
	h->stvec = random_u64() & ~2ul;
	h->sscratch = random_u64();
	h->sepc = random_u64() & ~1ul;
	h->scause = random_u64();
	h->stval = random_u64();
	h->scounteren = (u32)random_u64();
	h->stimecmp = random_u64() >> random_below(64);
	h->instret = random_u64() >> 8;
	if (hart_kind.fp)
		undefined_floats(h);
	if (hart_kind.sstatus)
		h->sstatus = 0;
}

/* The TLB keeps its contents, because no text requires that firmware invalidates it, and gets
 * leaves of no table.  With unknown=0 and OpenSBI it is empty. */
static void begin_tlb(struct rv_hart *h, u64 pc)
{
	bool unknown = knobs.adversary[ADV_UNKNOWN];

	if (!unknown && !knobs.firmware_text)
		walk_fence(h, &(struct invalidation) { 0 });
	for (unsigned i = 0; unknown && knobs.adversary[ADV_TLB] && i < 8; i++)
		insert_unknown(h, align_down(pc, FRAME_BYTES) + ((u64)i << FRAME_SHIFT));
}

/* HSM hart_start, and power-on.  The hart's copies of instructions and its TLB stay: no text
 * requires that firmware invalidates them. */
void hart_begin(struct rv_hart *h, u64 pc, u64 a0, u64 a1)
{
	static struct text_entry lines[FETCHES];
	unsigned id = (unsigned)(h - harts);

	memcpy(lines, h->fetched.line, sizeof(lines));
	memset(h, 0, sizeof(*h));
	h->id = id;
	if (order_hooks.execution)
		order_hooks.execution->context(id, false);
	h->state = HART_STARTED;
	h->stimecmp = ~0ul;
	if (knobs.adversary[ADV_UNKNOWN]) {
		undefined(h);
		memcpy(h->fetched.line, lines, sizeof(lines));
	}
	h->x[10] = a0;
	h->x[11] = a1;
	soft_forget(h);
	fetch_forget(h);
	begin_tlb(h, pc);
	hart_jump(h, pc);
}

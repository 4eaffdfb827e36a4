/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/walk.c - address translation (privileged spec, "Virtual Address Translation
 * Process"; Svnapot, Svpbmt), by cached words (tlb.h) or words that the hart's walker may read now
 * (order.h); and SFENCE.VMA, which removes cached words.
 */
#include "errata.h"
#include "hart.h"
#include <machine/device.h>
#include <machine/random.h>
#include <machine/reserve.h>
#include <machine/tlb.h>
#include <string.h>

#define PTE_V BIT(0)
#define PTE_R BIT(1)
#define PTE_W BIT(2)
#define PTE_X BIT(3)
#define PTE_U BIT(4)
#define PTE_G BIT(5)
#define PTE_A BIT(6)
#define PTE_D BIT(7)
#define PTE_N BIT(63)
#define PTE_RESERVED (0x7ful << 54)
#define PTE_PBMT (3ul << 61)
#define NAPOT_SHIFT 16

static unsigned levels_of(u64 satp)
{
	u64 mode = satp >> 60;

	return mode ? (unsigned)mode - 5 : 0; /* 8, 9, 10: Sv39, Sv48, Sv57 */
}

static u64 asid_of(u64 satp)
{
	return satp >> 44 & hart_asids();
}

static u64 frame_of(u64 pte)
{
	return (pte >> 10 & ((1ul << 44) - 1)) << 12;
}

static bool is_leaf(u64 pte)
{
	return (pte & PTE_V) && (pte & (PTE_R | PTE_X));
}

/* Bits that are reserved on a hart without Svnapot, or without Svpbmt ("Virtual Address Translation
 * Process", step 3). */
static u64 reserved_on(unsigned hart)
{
	return (hart_lacks[hart] & LACKS_SVNAPOT ? PTE_N : 0) |
	       (hart_lacks[hart] & LACKS_SVPBMT ? PTE_PBMT : 0);
}

/* Step 3 and the reserved encodings. */
static bool well_formed(unsigned hart, u64 pte, unsigned level)
{
	if (pte & reserved_on(hart))
		return false;
	if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || (pte & PTE_RESERVED) ||
	    (pte & PTE_PBMT) == PTE_PBMT)
		return false;
	if (!is_leaf(pte))
		return level && !(pte & (PTE_N | PTE_PBMT | PTE_A | PTE_D | PTE_U));
	if (pte & PTE_N)
		return level == 0 && (pte >> 10 & 15) == 8;
	return !(pte >> 10 & ((1ul << 9 * level) - 1)); /* a superpage is aligned */
}

static bool may_cache(unsigned kind)
{
	return knobs.adversary[ADV_TLB] > (kind == TLB_LEAF ? 0 : kind == TLB_TABLE ? 1 : 2);
}

static struct tlb_entry walk_of(unsigned hart, u64 va, u64 word, u64 at, unsigned level)
{
	struct tlb_entry w = { .word = word, .at = at, .level = (u8)level };

	w.shift = (u8)(12 + 9 * level);
	w.kind = !well_formed(hart, word, level) ? TLB_INVALID
		 : is_leaf(word)                 ? TLB_LEAF
						 : TLB_TABLE;
	if (w.kind == TLB_LEAF && (word & PTE_N) && one_in(2)) /* otherwise one page of the run */
		w.shift = NAPOT_SHIFT;
	w.va = va >> w.shift << w.shift;
	return w;
}

static u64 address_in(const struct tlb_entry *w, u64 va)
{
	u64 run = 1ul << (w->word & PTE_N ? NAPOT_SHIFT : w->shift);

	return (frame_of(w->word) & ~(run - 1)) | (va & (run - 1));
}

/* One word of the walk; false: the table is not in RAM. */
static bool one_level(struct rv_hart *h, u64 va, u64 table, unsigned level, bool global, u64 view,
		      bool fresh, struct tlb_entry *w)
{
	u64 at = table + 8 * (va >> (12 + 9 * level) & 511), asid = asid_of(h->satp), time = 0;
	const struct tlb_entry *k = fresh ? NULL : tlb_find(h->id, va, level, asid);

	if (k && !tlb_evicted()) {
		*w = *k;
		return true;
	}
	if (!memory_responds(at))
		return false;
	*w = walk_of(h->id, va,
		     fresh ? order_walk_newest(h->id, at) : order_walk(h->id, at, view, &time), at,
		     level);
	w->time = fresh ? ordering.now : time;
	w->asid = asid;
	w->global = global || (w->word & PTE_V && w->word & PTE_G);
	if (w->kind == TLB_LEAF)
		reserve_used(h->id, address_in(w, w->va), BIT(w->shift), RESERVE_MAPPED);
	if (may_cache(w->kind))
		tlb_insert(h->id, w);
	return true;
}

/* A cached leaf may be used after the tables above it have changed: only a fence removes it. */
static bool cached_leaf(struct rv_hart *h, u64 va, unsigned levels, struct tlb_entry *w)
{
	for (unsigned level = 0; level < levels; level++) {
		const struct tlb_entry *k = tlb_find(h->id, va, level, asid_of(h->satp));

		if (k && k->kind == TLB_LEAF) {
			*w = *k;
			return true;
		}
	}
	return false;
}

/* Find the leaf that translates va.  Returns 0, or the kind of fault: 1 page, 2 access. */
static unsigned walk(struct rv_hart *h, u64 va, bool fresh, struct tlb_entry *w)
{
	unsigned levels = levels_of(h->satp), bits = 12 + 9 * levels;
	u64 table = frame_of(h->satp << 10), view = 0;
	bool global = false;

	if ((u64)((s64)(va << (64 - bits)) >> (64 - bits)) != va)
		return 1;
	if (!fresh && one_in(4) && cached_leaf(h, va, levels, w))
		return 0;
	for (unsigned level = levels; level-- > 0;) {
		if (!one_level(h, va, table, level, global, view, fresh, w))
			return 2;
		if (w->kind != TLB_TABLE)
			return w->kind == TLB_INVALID;
		table = frame_of(w->word);
		view = w->time;
		global = w->global;
	}
	return 1;
}

static bool allows(const struct rv_hart *h, u64 pte, enum rv_access access)
{
	u64 need = access == ACCESS_FETCH ? PTE_X : access == ACCESS_LOAD ? PTE_R : PTE_W;

	if (access == ACCESS_LOAD && (h->sstatus & STATUS_MXR))
		need |= PTE_X;
	if (!(pte & need))
		return false;
	if (hart_user(h))
		return pte & PTE_U;
	return !(pte & PTE_U) || (access != ACCESS_FETCH && (h->sstatus & STATUS_SUM));
}

/*
 * Walk by co-latest words, to a leaf to which this hart has no buffered store: the update of an
 * entry is atomic, and its own hart observes it in program order (step 7; "Addressing and Memory
 * Protection").
 */
static bool walk_to_update(struct rv_hart *h, u64 va, struct tlb_entry *w)
{
	u64 at;

	do {
		at = w->at;
		while (!order_atomic_ready(h->id, at, ORDER_WRITES))
			;
		if (walk(h, va, true, w))
			return false;
	} while (w->at != at);
	return true;
}

/* Svadu: the hart sets A and D in memory, in the co-latest entry; Svade: a fault. */
static bool set_bits(struct rv_hart *h, u64 va, enum rv_access access, struct tlb_entry *w)
{
	u64 want = PTE_A | (access == ACCESS_STORE ? PTE_D : 0);

	if ((w->word & want) == want)
		return true;
	if (!knobs.adversary[ADV_AD] || !walk_to_update(h, va, w) || !allows(h, w->word, access))
		return false;
	if ((w->word & want) != want)
		order_atomic_write(h->id, w->at, 8, w->word | want, 0);
	w->word |= want;
	return true;
}

static u64 cause_of(unsigned kind, enum rv_access access)
{
	static const u8 causes[ACCESS_NR][2] = {
		[ACCESS_FETCH] = { CAUSE_FETCH_PAGE, CAUSE_FETCH_ACCESS },
		[ACCESS_LOAD] = { CAUSE_LOAD_PAGE, CAUSE_LOAD_ACCESS },
		[ACCESS_STORE] = { CAUSE_STORE_PAGE, CAUSE_STORE_ACCESS },
	};

	return kind ? causes[access][kind - 1] : 0;
}

/* Translate by the current tables, without effect on the TLB and on random numbers. */
static unsigned by_tables(struct rv_hart *h, u64 va, struct tlb_entry *w)
{
	u64 chance = random_state, tlb = knobs.adversary[ADV_TLB];
	unsigned bad;

	*w = (struct tlb_entry) { 0 };
	knobs.adversary[ADV_TLB] = 0;
	bad = walk(h, va, true, w);
	knobs.adversary[ADV_TLB] = tlb;
	random_state = chance;
	return bad;
}

/* A result that differs from the current tables is a choice (story.h); if it is not taken, use the
 * result of the tables. */
static unsigned chosen(struct rv_hart *h, u64 va, unsigned bad, struct tlb_entry *w)
{
	const u64 rights = PTE_V | PTE_R | PTE_W | PTE_X | PTE_U;
	struct tlb_entry n;
	unsigned now = by_tables(h, va, &n);

	if (bad == now &&
	    (bad || (address_in(w, va) == address_in(&n, va) && !((w->word ^ n.word) & rights))))
		return bad;
	if (order_hooks.take(&(struct order_choice) { .kind = CHOICE_ENTRY,
						      .cpu = h->id,
						      .word = bad ? n.at : w->at,
						      .value = bad == 2 ? 0 : w->word,
						      .now = bad ? n.word : order_newest(w->at, 8),
						      .other = va }))
		return bad;
	*w = n;
	return now;
}

u64 translate(struct rv_hart *h, u64 va, enum rv_access access, u64 *pa, u64 *view)
{
	struct tlb_entry w;
	unsigned bad;

	*pa = va;
	*view = 0;
	if (!levels_of(h->satp))
		return 0;
	bad = walk(h, va, false, &w);
	if (order_hooks.take)
		bad = chosen(h, va, bad, &w);
	if (!bad && (!allows(h, w.word, access) || !set_bits(h, va, access, &w)))
		bad = 1;
	if (!bad) {
		*view = w.time;
		*pa = address_in(&w, va);
	}
	return cause_of(bad, access);
}

/* ---- cached translations of the host program ---- */
void soft_forget(struct rv_hart *h)
{
	for (unsigned a = ACCESS_LOAD; a < ACCESS_NR; a++)
		for (unsigned i = 0; i < SOFT; i++)
			h->soft[a][i].key = NO_PAGE;
}

/* ordering.tables + 1, when the translation was last equal to the tables */
static u64 compared[WORST_CPUS][ACCESS_NR][SOFT];

/* The same for a translation in use; compared again only after a store to a page table. */
static bool still_chosen(struct rv_hart *h, u64 va, enum rv_access access,
			 const struct soft_entry *s)
{
	u64 *at = &compared[h->id][access][(va >> FRAME_SHIFT) % SOFT];
	struct tlb_entry w;

	if (*at == ordering.tables + 1)
		return true;
	if (!by_tables(h, va, &w) && allows(h, w.word, access) &&
	    align_down(address_in(&w, va), FRAME_BYTES) == s->frame_pa) {
		*at = ordering.tables + 1;
		return true;
	}
	return order_hooks.take(&(struct order_choice) { .kind = CHOICE_ENTRY,
							 .cpu = h->id,
							 .word = w.at,
							 .value = s->frame_pa,
							 .in_use = true,
							 .now = w.word,
							 .other = va });
}

struct soft_entry *soft_find(struct rv_hart *h, u64 va, enum rv_access access, u64 *pa, u64 *cause)
{
	struct soft_entry *s = &h->soft[access][(va >> FRAME_SHIFT) % SOFT];
	u64 view;

	*cause = 0;
	if (s->key == (hart_key(h, va) | knobs.key_tag) &&
	    (!order_hooks.take || still_chosen(h, va, access, s)))
		return s;
	*cause = translate(h, va, access, pa, &view);
	if (*cause || !memory_responds_to(*pa, access == ACCESS_STORE))
		return NULL;
	reserve_used(h->id, *pa, 1, RESERVE_ACCESSED);
	s->key = tlb_remembers() ? hart_key(h, va) | knobs.key_tag : NO_PAGE;
	compared[h->id][access][(va >> FRAME_SHIFT) % SOFT] = 0;
	s->view = view;
	s->frame_pa = align_down(*pa, FRAME_BYTES);
	s->host = memory_host(s->frame_pa);
	s->frame = memory_frame(*pa);
	return s;
}

/* A walk without an access. */
void walk_address(struct rv_hart *h, u64 va)
{
	struct tlb_entry w;

	if (levels_of(h->satp))
		walk(h, va, false, &w);
}

/* A speculative walk, of an address in a register or next to one in use. */
void walk_speculate(struct rv_hart *h)
{
	struct soft_entry *s = &h->soft[1 + random_below(2)][random_below(SOFT)];
	u64 va = h->x[random_below(32)];

	if (s->key != NO_PAGE) {
		if (one_in(4)) { /* an entry may be evicted at any time */
			s->key = NO_PAGE;
			return;
		}
		va = (s->key + random_below(3) - 1) << FRAME_SHIFT;
	}
	walk_address(h, va);
}

/* ---- SFENCE.VMA ---- */
struct fence_operands {
	unsigned cpu;
	const struct invalidation *of; /* its va is not used */
	u64 first, last;
};

/*
 * "orders only reads and writes made to leaf page-table entries corresponding to the virtual
 * address": a cached pointer or failed walk above the last level must be removed only if the word
 * is a leaf by now.  With an ASID, global mappings stay, and bits of rs2 above ASIDLEN are ignored
 * ("SFENCE.VMA").
 */
static const char *fence_skips(const struct tlb_entry *w, const struct fence_operands *o)
{
	if (o->of->by_asid && w->global)
		return "SFENCE.VMA with an ASID: global mappings stay";
	if (o->of->by_asid && w->asid != (o->of->asid & hart_asids()))
		return "SFENCE.VMA of another ASID";
	if (o->of->by_address && w->kind != TLB_LEAF && w->level &&
	    !is_leaf(order_walk_newest(o->cpu, w->at)))
		return "SFENCE.VMA with an address: for leaf entries alone";
	return NULL;
}

/* wrong=: the entry stays although the operands select it. */
static bool wrongly_stays(const struct tlb_entry *w, const struct invalidation *f)
{
	bool large = w->level && w->kind == TLB_LEAF;

	return (errata_has(VA_SPARES_GLOBAL) && f->by_address && !f->by_asid && w->global) ||
	       (errata_has(LARGE_GLOBAL) && f->by_address && large && w->global) ||
	       (errata_has(WRONG_TAG) && f->by_asid && (large || w->kind == TLB_TABLE));
}

static u8 piece_of(const struct tlb_entry *w, const void *operands)
{
	const struct fence_operands *o = operands;
	bool one = o->of->by_address && w->level && w->kind == TLB_LEAF;

	return one && errata_has(ONE_PIECE) ? tlb_quarter(w, o->first) : 0;
}

static bool fence_covers(const struct tlb_entry *w, const void *operands)
{
	const struct fence_operands *o = operands;
	const char *why;

	if (o->of->by_address &&
	    (w->va >> w->shift > o->last >> w->shift || w->va >> w->shift < o->first >> w->shift))
		return false;
	why = fence_skips(w, o);
	if (why && tlb_spared)
		tlb_spared(w, o->cpu, why);
	return !why && !wrongly_stays(w, o->of);
}

static void drop(struct rv_hart *h, const struct fence_operands *o)
{
	tlb_piece = piece_of;
	tlb_drop(h->id, fence_covers, o);
	soft_forget(h);
	fetch_forget(h);
}

static struct fence_operands of(const struct rv_hart *h, const struct invalidation *f)
{
	return (struct fence_operands) { h->id, f, f->va, f->va };
}

/* wrong=: the operands that the hart uses. */
static struct invalidation selected(const struct rv_hart *h, struct invalidation f)
{
	const struct soft_entry *s;

	if (errata_has(OTHER_SELECTOR)) { /* of any load or store that the hart has translated */
		s = &h->soft[1 + random_below(2)][random_below(SOFT)];
		f.va = s->key == NO_PAGE ? 0 : (s->key & ~USER_KEY) << FRAME_SHIFT;
	}
	if (errata_has(OTHER_SELECTOR | SATP_ASID))
		f.asid = asid_of(h->satp);
	return f;
}

void walk_fence(struct rv_hart *h, const struct invalidation *f)
{
	struct invalidation used = selected(h, *f);
	struct fence_operands o = of(h, &used);

	order_walk_fence(h->id);
	if (errata_has(LOST_ADDRESS) && f->by_address && one_in(2))
		return;
	drop(h, &o);
}

void walk_fence_range(struct rv_hart *h, u64 first, u64 last, bool by_asid, u64 asid)
{
	struct invalidation f = { .by_address = true, .by_asid = by_asid, .asid = asid };
	struct fence_operands o = { h->id, &f, first, last };

	order_walk_fence(h->id);
	drop(h, &o);
}

/* ---- Svinval ---- */
/*
 * After SFENCE.W.INVAL the three instructions are one SFENCE.VMA (Svinval): once an invalidation
 * has taken effect, walks observe the hart's po-earlier stores, and the stores that it has
 * observed.
 */
static void retire_oldest_sinval(struct rv_hart *h)
{
	struct invalidation f = selected(h, h->queue[0]);
	struct fence_operands o = of(h, &f);

	h->queued--;
	memmove(&h->queue[0], &h->queue[1], h->queued * sizeof(f));
	if (h->stores_first)
		order_walk_fence(h->id);
	drop(h, &o);
}

void walk_invalidate(struct rv_hart *h, const struct invalidation *f)
{
	if (h->queued == INVALIDATIONS)
		retire_oldest_sinval(h);
	h->queue[h->queued++] = *f;
}

bool walk_pending_for(const struct rv_hart *h, const struct tlb_entry *w)
{
	for (unsigned i = 0; i < h->queued; i++) {
		struct fence_operands o = of(h, &h->queue[i]);

		if (w->va >> w->shift == o.first >> w->shift && !fence_skips(w, &o))
			return true;
	}
	return false;
}

void walk_invalidated(struct rv_hart *h)
{
	while (h->queued)
		retire_oldest_sinval(h);
	h->stores_first = false;
}

void walk_invalidate_some(struct rv_hart *h)
{
	if (h->queued && one_in(64))
		retire_oldest_sinval(h);
}

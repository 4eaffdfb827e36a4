/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/walk.c - translation of addresses (VMSAv8-64, D8): by cached entries (tlb.h), or by
 * words that the CPU's walker may read now (order.h).
 *
 * `level` counts from the last: 0 is the manual's level 3, 4 its level -1.  A cached word includes
 * the attributes of the tables above it.  Entries that fault are never cached (D8.16).
 */
#include "walk.h"
#include "cache.h"
#include "errata.h"
#include <machine/history.h>
#include <machine/random.h>
#include <machine/reserve.h>

#define TABLE_PXN BIT(59)
#define TABLE_UXN BIT(60)
#define TABLE_NO_EL0 BIT(61)
#define TABLE_READONLY BIT(62)
#define TABLE_ATTRIBUTES (TABLE_PXN | TABLE_UXN | TABLE_NO_EL0 | TABLE_READONLY)
#define TCR_HA BIT(39)
#define TCR_HD BIT(40)

static u64 field(u64 v, unsigned hi, unsigned lo)
{
	return v >> lo & ((1ul << (hi - lo + 1)) - 1);
}

static unsigned stride_of(const struct regime *r)
{
	return r->granule - 3u;
}

static unsigned shift_of(const struct regime *r, unsigned level)
{
	return r->granule + stride_of(r) * level;
}

static unsigned levels_of(const struct regime *r)
{
	return (r->bits - r->granule + stride_of(r) - 1) / stride_of(r);
}

unsigned walk_run_shift(const struct regime *r, unsigned level)
{
	if (r->granule == 12)
		return level < 3 ? shift_of(r, level) + 4 : 0;
	if (r->granule == 14)
		return level == 0 ? 21 : level == 1 ? 30 : 0;
	return level < 2 ? shift_of(r, level) + 5 : 0;
}

static bool block_allowed(const struct regime *r, unsigned level)
{
	switch (r->granule) {
	case 12:
		return level < 3 || (level == 3 && r->ds);
	case 14:
		return level < 2 || (level == 2 && r->ds);
	default:
		return level < 2 || (level == 2 && r->lpa);
	}
}

static u64 address_of(const struct regime *r, u64 word, unsigned shift)
{
	u64 a;

	if (r->ds)
		a = (word & ((1ul << 50) - 1)) | field(word, 9, 8) << 50;
	else
		a = word & ((1ul << 48) - 1);
	a = a >> shift << shift;
	return r->lpa ? (a & ((1ul << 48) - 1)) | field(word, 15, 12) << 48 : a;
}

/* A status with the manual's level in it; level -1 has codes of its own. */
static u8 status_at(unsigned code, unsigned level)
{
	if (level <= 3)
		return (u8)(code + 3 - level);
	return code == FSC_TRANSLATION ? 0x2b : code == FSC_SIZE ? 0x29 : 0x13;
}

/* ---- cached entries ---- */
static bool may_cache(unsigned kind)
{
	return knobs.adversary[ADV_TLB] > (kind == TLB_LEAF ? 0 : 1);
}

u64 walk_output(const struct regime *r, const struct tlb_entry *w, u64 va)
{
	return address_of(r, w->word, w->shift) | (va & ((1ul << w->shift) - 1));
}

static struct tlb_entry conflict[2]; /* the two entries of the last conflict, for story= */

/* *w: any cached leaf that translates va; old and new ones may be present at once (hits.c). */
static bool cached_leaf(struct a64_cpu *c, u64 va, const struct regime *r, enum hit *hit,
			struct tlb_entry *w)
{
	const struct tlb_entry *found = NULL, *table = NULL;
	struct tlb_entry mix;
	unsigned n = 0;

	*hit = HIT_EITHER;
	for (unsigned i = 0; i < 2 * levels_of(r); i++) { /* each level twice: two entries */
		const struct tlb_entry *k = tlb_find_run(c->id, va, shift_of(r, i / 2),
							 walk_run_shift(r, i / 2), i / 2, r->asid);
		enum hit two = HIT_EITHER;

		if (k && k->kind == TLB_TABLE && !table)
			table = k;
		if (!k || k->kind != TLB_LEAF || k == found)
			continue;
		if (found || table)
			two = found ? hits_two(c, r, va, found, k, &mix) : hits_table();
		if (two != HIT_EITHER) {
			*hit = two;
			conflict[0] = found ? *found : *table;
			conflict[1] = *k;
		}
		if (one_in(++n))
			found = k;
	}
	if (found)
		*w = *hit == HIT_MIX ? mix : *found;
	return found;
}

/* The lowest cached table of the walk to va. */
static const struct tlb_entry *cached_table(struct a64_cpu *c, u64 va, const struct regime *r)
{
	for (unsigned level = 1; level < levels_of(r); level++) {
		const struct tlb_entry *k =
			tlb_find_run(c->id, va, shift_of(r, level), 0, level, r->asid);

		if (k && k->kind == TLB_TABLE)
			return k;
	}
	return NULL;
}

static u64 with_attributes(u64 word, unsigned kind, u64 above)
{
	if (kind == TLB_TABLE)
		return word | above;
	if (above & TABLE_PXN)
		word |= DESC_PXN;
	if (above & TABLE_UXN)
		word |= DESC_UXN;
	if (above & TABLE_READONLY)
		word |= DESC_READONLY;
	return above & TABLE_NO_EL0 ? word & ~DESC_EL0 : word;
}

static unsigned kind_of(const struct regime *r, u64 word, unsigned level)
{
	if (!(word & DESC_VALID))
		return TLB_INVALID;
	if (level == 0)
		return word & DESC_TABLE ? TLB_LEAF : TLB_INVALID;
	if (word & DESC_TABLE)
		return TLB_TABLE;
	return block_allowed(r, level) ? TLB_LEAF : TLB_INVALID;
}

/* The words that a walk uses. */
enum reads {
	READS_CACHED, /* cached entries, else as READS_ANEW */
	READS_ANEW,   /* words that its walker may read now */
	READS_NEWEST, /* co-latest words */
};

/* A walker observes a store of its own CPU for certain only after a DSB and a context
 * synchronisation (D8.2.6, observer.walk), as one of another CPU: a po-later address may have been
 * translated before.
 */
static u64 before_own_stores(const struct a64_cpu *c, u64 at, u64 view, u64 word, u64 *time)
{
	u64 latest_seen = later_view(view, ordering.cpu[c->id].walk), missed = 0, value = word;
	u64 chance = 2 * knobs.adversary[ADV_LOADS], from;

	if (!knobs.adversary[ADV_CONTEXT] || !chance || !knobs.adversary[ADV_TLB] || c->here)
		return word;
	for (from = latest(memory_frame(at), at);
	     from > latest_seen && own_store(c->id, from) && one_in(chance); from = earlier(from)) {
		value = past_of(from)->old;
		missed = from;
	}
	if (!missed ||
	    (order_hooks.take && !order_hooks.take(&(struct order_choice) { .kind = CHOICE_OLD_WALK,
									    .cpu = c->id,
									    .word = at,
									    .value = value,
									    .now = word,
									    .time = missed,
									    .by = c->id })))
		return word;
	ordering.count.old_walk++;
	*time = later_view(from, view);
	return value;
}

static u64 read_word(struct a64_cpu *c, const struct regime *r, u64 at, u64 view, enum reads reads,
		     u64 *time)
{
	u64 word;

	if (reads == READS_NEWEST)
		return order_walk_newest(c->id, at);
	if (r->bypass)
		view = later_view(view, cache_memory_view(at));
	if (r->nonshareable)
		return order_walk_incoherent(c->id, at, view, time);
	word = order_walk(c->id, at, view, time);
	return before_own_stores(c, at, view, word, time);
}

/* One word as the walker reads it; its status, or FSC_NONE. */
static u8 read_level(struct a64_cpu *c, u64 va, const struct regime *r, u64 table, unsigned level,
		     u64 above, u64 view, enum reads reads, struct tlb_entry *w)
{
	unsigned shift = shift_of(r, level), bits = r->bits - shift;
	u64 at = table +
		 8 * (va >> shift & ((1ul << (bits < stride_of(r) ? bits : stride_of(r))) - 1));
	u64 word, time = 0;

	if (!memory_responds(at) || unplugged_at(at))
		return status_at(FSC_EXTERNAL_WALK, level);
	word = read_word(c, r, at, view, reads, &time);
	*w = (struct tlb_entry) { .at = at, .level = (u8)level, .shift = (u8)shift };
	if (r->bypass && cache_tracks(at))
		word = cache_memory(at, 8);
	w->word = word;
	w->time = reads == READS_NEWEST ? ordering.now : later_view(view, time);
	w->asid = r->asid;
	w->kind = (u8)kind_of(r, word, level);
	if (w->kind == TLB_INVALID)
		return status_at(FSC_TRANSLATION, level);
	if (address_of(r, word, r->granule) >> r->out)
		return status_at(FSC_SIZE, level);
	w->word = with_attributes(word, w->kind, above);
	w->global = w->kind == TLB_LEAF && !(word & DESC_NG);
	if (w->kind == TLB_LEAF && (word & DESC_CONTIG) && walk_run_shift(r, level))
		w->shift = (u8)(one_in(4) ? shift : walk_run_shift(r, level));
	w->va = va >> w->shift << w->shift;
	if (w->kind == TLB_LEAF)
		reserve_used(c->id, walk_output(r, w, w->va), BIT(w->shift), RESERVE_MAPPED);
	if (may_cache(w->kind) && (w->kind == TLB_TABLE || (word & DESC_AF)))
		tlb_insert(c->id, w);
	return FSC_NONE;
}

/* Bits of the base below the size of the table are treated as zero: one of the two behaviours that
 * TTBR0_EL1, BADDR, allows if they are not. */
static u64 root_of(const struct regime *r)
{
	u64 bytes = 8ul << (r->bits - shift_of(r, levels_of(r) - 1));

	return r->table & ~(bytes - 1);
}

static u8 walk(struct a64_cpu *c, u64 va, const struct regime *r, u64 view, enum reads reads,
	       struct tlb_entry *w)
{
	const struct tlb_entry *k = NULL;
	unsigned level = levels_of(r);
	u64 table = root_of(r), above = 0;

	if (reads == READS_CACHED && knobs.adversary[ADV_TLB] && !tlb_evicted()) {
		enum hit hit;

		if (cached_leaf(c, va, r, &hit, w))
			return hit == HIT_ABORT ? FSC_CONFLICT : FSC_NONE;
		k = cached_table(c, va, r);
	}
	if (k) {
		level = k->level;
		table = address_of(r, k->word, r->granule);
		above = k->word & TABLE_ATTRIBUTES;
		view = later_view(view, k->time);
	}
	while (level-- > 0) {
		u8 status = read_level(c, va, r, table, level, above, view, reads, w);

		if (status != FSC_NONE || w->kind == TLB_LEAF)
			return status;
		table = address_of(r, w->word, r->granule);
		above = w->word & TABLE_ATTRIBUTES;
		view = w->time;
	}
	return status_at(FSC_TRANSLATION, 0);
}

/* ---- permissions and the bits that hardware sets ---- */
static bool sets_access_flag(const struct a64_cpu *c)
{
	return knobs.adversary[ADV_AD] && (c->now.tcr & TCR_HA);
}

bool walk_sets_dirty(const struct a64_cpu *c)
{
	return sets_access_flag(c) && (c->now.tcr & TCR_HD);
}

/* A store through an entry that is read-only with DBM makes it writable (D8.5.2). */
static bool sets_dirty(const struct a64_cpu *c, u64 word, enum a64_access access)
{
	return access == ACCESS_STORE && (word & DESC_READONLY) && (word & DESC_DBM) &&
	       walk_sets_dirty(c);
}

/* The update is atomic with a read of the co-latest word; its store may wait, as that of an
 * atomic. */
static u8 update(struct a64_cpu *c, u64 va, const struct regime *r, enum a64_access access,
		 struct tlb_entry *w)
{
	u64 word, new, kept = w->word;
	u8 status;

	order_drain_atomics();
	order_drain_walked(c->id);
	status = walk(c, va, r, 0, READS_NEWEST, w);
	if (status != FSC_NONE)
		return status;
	word = new = order_newest(w->at, 8);
	if (sets_dirty(c, errata_dbm_of(kept, w->word), access) &&
	    !((w->word ^ word) & DESC_READONLY))
		new &= ~DESC_READONLY;
	new |= DESC_AF;
	if (new != word)
		order_atomic_store(c->id, w->at, 8, new, 0, 0);
	w->word = (w->word & ~(DESC_READONLY & (word ^ new))) | DESC_AF;
	return FSC_NONE;
}

static u8 permitted(struct a64_cpu *c, u64 va, const struct regime *r, enum a64_access access,
		    struct tlb_entry *w)
{
	if ((!(w->word & DESC_AF) && sets_access_flag(c)) || sets_dirty(c, w->word, access)) {
		u8 status = update(c, va, r, access, w);

		if (status != FSC_NONE)
			return status;
	}
	if (!(w->word & DESC_AF))
		return status_at(FSC_ACCESS_FLAG, w->level);
	return rights_permit(c, w->word, access) ? FSC_NONE : status_at(FSC_PERMISSION, w->level);
}

/* Translate by the current tables, without effect on the TLB and on random numbers. */
static u8 by_tables(struct a64_cpu *c, u64 va, const struct regime *r, struct tlb_entry *w)
{
	u64 chance = random_state, tlb = knobs.adversary[ADV_TLB];
	u8 status;

	*w = (struct tlb_entry) { 0 };
	knobs.adversary[ADV_TLB] = 0;
	status = walk(c, va, r, 0, READS_NEWEST, w);
	knobs.adversary[ADV_TLB] = tlb;
	random_state = chance;
	return status;
}

/* A result that differs from the current tables is a choice (story.h); if it is not taken, use the
 * result of the tables. */
static u8 chosen(struct a64_cpu *c, u64 va, const struct regime *r, u8 status, struct tlb_entry *w)
{
	const u64 rights = DESC_READONLY | DESC_EL0 | DESC_PXN | DESC_UXN | DESC_ATTRIBUTES;
	struct tlb_entry n;
	u8 now = by_tables(c, va, r, &n);
	bool leaf = status == FSC_NONE, taken;

	if (status == now && (!leaf || (walk_output(r, w, va) == walk_output(r, &n, va) &&
					!((w->word ^ n.word) & rights))))
		return status;
	if (status == FSC_CONFLICT || (leaf && w->kind == TLB_MIX))
		taken = order_hooks.take(&(struct order_choice) { .kind = CHOICE_CONFLICT,
								  .cpu = c->id,
								  .word = conflict[0].at,
								  .value = conflict[0].word,
								  .now = conflict[1].word,
								  .time = conflict[1].at,
								  .in_use = leaf,
								  .other = va });
	else
		taken = order_hooks.take(
			&(struct order_choice) { .kind = CHOICE_ENTRY,
						 .cpu = c->id,
						 .word = leaf ? w->at : n.at,
						 .value = leaf ? w->word : 0,
						 .now = leaf ? order_newest(w->at, 8) : n.word,
						 .other = va });
	if (taken)
		return status;
	*w = n;
	return now;
}

/* FEAT_ETS2: a DSB also orders the translations of po-later loads and stores. */
static bool synchronises(enum a64_access access)
{
	return features.ets && access != ACCESS_FETCH;
}

/* Translation and Access flag faults: no TLB has their entries. */
static bool is_uncacheable(const struct a64_cpu *c, u8 status, const struct tlb_entry *w)
{
	if (status != FSC_NONE)
		return status != FSC_CONFLICT;
	return !(w->word & DESC_AF) && !sets_access_flag(c);
}

/* FEAT_ETS2: every access of the CPU before this one in program order is ordered before a walk that
 * leads to such a fault (D8.2.6, R_NNFPF).  Returns the view that they have. */
static u64 perform_earlier(const struct a64_cpu *c)
{
	const struct observer *o = &ordering.cpu[c->id];

	while (!order_drain_older(c->id, ordering.steps, true))
		;
	return later_view(o->floor, later_view(o->loads, o->stores));
}

/* True: *w is a leaf that the CPU's own TLBI has removed; the address was translated before
 * (tlbi.c). */
static bool walked_ahead(const struct a64_cpu *c, u64 va, enum a64_access access,
			 const struct regime *r, u64 view, struct tlb_entry *w)
{
	const struct tlb_entry *k = tlbi_removed_leaf(c->id, va, r->asid, view);

	if (!k || synchronises(access) || !one_in(2))
		return false;
	*w = *k;
	return true;
}

u8 translate(struct a64_cpu *c, u64 va, enum a64_access access, u64 view, struct translation *t)
{
	struct tlb_entry w = { 0 };
	struct regime r;
	u8 status;

	va = walk_untagged(c, va);
	*t = (struct translation) { .pa = va, .bypass = regime_bypasses_cache(c, access, 0) };
	if (!cpu_translates(c))
		return va >> features.pa ? FSC_SIZE : FSC_NONE;
	if (!regime_of(c, va, &r))
		return FSC_TRANSLATION;
	t->once = errata_has(LATE_READS) && errata_late_read(c, va, access, r.asid, &w);
	status = t->once || walked_ahead(c, va, access, &r, view, &w)
			 ? FSC_NONE
			 : walk(c, va, &r, view, READS_CACHED, &w);
	if (synchronises(access) && is_uncacheable(c, status, &w))
		status = walk(c, va, &r, later_view(view, perform_earlier(c)), READS_CACHED, &w);
	if (order_hooks.take)
		status = chosen(c, va, &r, status, &w);
	if (status == FSC_NONE)
		status = permitted(c, va, &r, access, &w);
	t->time = status == FSC_CONFLICT ? 0 : w.time;
	if (status != FSC_NONE)
		return status;
	t->pa = walk_output(&r, &w, va);
	t->global = w.global;
	t->bypass = regime_bypasses_cache(c, access, w.word);
	t->nonshareable = !t->bypass && regime_nonshareable_leaf(c, &r, va, w.word);
	return FSC_NONE;
}

/* ---- cached translations of the host program ---- */
static void forget_all(struct a64_cpu *c)
{
	for (unsigned i = 0; i < 2 * SOFT_SET; i++)
		c->soft_of[i / SOFT_SET][i % SOFT_SET].key = NO_PAGE;
	c->soft_listed = true;
}

void soft_forget(struct a64_cpu *c)
{
	if (!c->soft_listed)
		forget_all(c);
	for (unsigned i = 0; i < c->soft_nr; i++)
		c->soft_of[c->soft_used[i] / SOFT_SET][c->soft_used[i] % SOFT_SET].key = NO_PAGE;
	c->soft_nr = 0;
	c->soft_user = false;
	c->soft_pan = c->pan;
	c->soft = c->soft_of[c->unprivileged];
}

/* The entry is about to have this key. */
static void note_used(struct a64_cpu *c, const struct soft_page *s, u64 key)
{
	if (s->key != NO_PAGE || key == NO_PAGE)
		return;
	c->soft_user |= c->unprivileged;
	if (c->soft_nr == ARRAY_SIZE(c->soft_used))
		c->soft_listed = false;
	else
		c->soft_used[c->soft_nr++] = (u16)(s - c->soft + c->unprivileged * SOFT_SET);
}

/* ordering.tables + 1, when the translation was last equal to the tables */
static u64 compared[WORST_CPUS][2][ACCESS_NR][SOFT];

static u64 *compared_at(const struct a64_cpu *c, u64 va, enum a64_access access)
{
	return &compared[c->id][c->unprivileged][access][(va >> FRAME_SHIFT) % SOFT];
}

/* The same for a translation in use; compared again only after a store to a page table. */
static bool still_chosen(struct a64_cpu *c, u64 va, enum a64_access access,
			 const struct soft_page *s)
{
	u64 *at = compared_at(c, va, access);
	struct tlb_entry w;
	struct regime r;

	va = walk_untagged(c, va);
	if (*at == ordering.tables + 1 || !cpu_translates(c) || !regime_of(c, va, &r))
		return true;
	if (by_tables(c, va, &r, &w) == FSC_NONE && rights_permit(c, w.word, access) &&
	    align_down(walk_output(&r, &w, va), FRAME_BYTES) == s->frame_pa) {
		*at = ordering.tables + 1;
		return true;
	}
	return order_hooks.take(&(struct order_choice) { .kind = CHOICE_ENTRY,
							 .cpu = c->id,
							 .word = w.at,
							 .value = s->frame_pa,
							 .in_use = true,
							 .now = w.word,
							 .other = va });
}

struct soft_page *soft_find(struct a64_cpu *c, u64 va, enum a64_access access, u64 *pa, u8 *status)
{
	struct soft_page *s = soft_at(c, va, access);
	struct translation t;
	u64 key;

	*status = FSC_NONE;
	if (s->key == (va >> FRAME_SHIFT | knobs.key_tag) &&
	    (!order_hooks.take || still_chosen(c, va, access, s))) {
		*pa = s->frame_pa | (va % FRAME_BYTES);
		return s;
	}
	*status = translate(c, va, access, c->address_view, &t);
	c->control = later_view(c->control, access == ACCESS_FETCH ? 0 : t.time); /* for ISB */
	*pa = t.pa;
	if (*status != FSC_NONE || !memory_responds_to(*pa, access == ACCESS_STORE) ||
	    unplugged_at(*pa))
		return NULL;
	reserve_used(c->id, *pa, 1, RESERVE_ACCESSED);
	key = t.bypass || t.nonshareable || t.once || !tlb_remembers()
		      ? NO_PAGE
		      : va >> FRAME_SHIFT | knobs.key_tag;
	note_used(c, s, key);
	s->key = key;
	c->recent_va[c->recent_nr++ % RECENT_VA] = va;
	errata_used(c->id, va);
	*compared_at(c, va, access) = 0;
	s->frame_pa = align_down(*pa, FRAME_BYTES);
	s->time = t.time;
	s->bypass = t.bypass;
	s->nonshareable = t.nonshareable;
	s->host = memory_host(s->frame_pa);
	s->frame = memory_frame(*pa);
	return s;
}

/* An address in a register, or next to one in use. */
static u64 named(struct a64_cpu *c)
{
	struct soft_page *s = &c->soft[(1 + random_below(2)) * SOFT + random_below(SOFT)];
	u64 va = c->x[random_below(31)];

	if (s->key == NO_PAGE)
		return va;
	va = (s->key + random_below(3) - 1) << FRAME_SHIFT;
	if (one_in(4)) /* an entry may be evicted at any time */
		s->key = NO_PAGE;
	return va;
}

/* A speculative walk, of an address that the program could access: the CPUs run one program, so
 * also of an address that another CPU has used. */
void walk_speculate(struct a64_cpu *c)
{
	u64 va = one_in(2) ? named(c)
			   : cpus[random_below(cpus_nr)].recent_va[random_below(RECENT_VA)];
	struct tlb_entry w;
	struct regime r;

	va = walk_untagged(c, va);
	if (cpu_translates(c) && regime_of(c, va, &r) &&
	    walk(c, va, &r, 0, READS_CACHED, &w) == FSC_NONE &&
	    unplugged_at(walk_output(&r, &w, va)))
		c->serror |= !regime_bypasses_cache(c, ACCESS_LOAD, w.word); /* unplug.c */
}

/* ---- a store to a page table ---- */
/* New walks for the addresses that the CPU uses within the range of an entry; they are cached
 * beside the old entries: "at any time" (D8.16, I_RCGCH). */
static void walk_range(struct a64_cpu *c, u64 first, unsigned shift)
{
	struct tlb_entry w;
	struct regime r;

	if (!cpu_translates(c) || !regime_of(c, first, &r))
		return;
	walk(c, first | (random_u64() & ((1ul << shift) - 1)), &r, 0, READS_ANEW, &w);
	for (unsigned i = 0; i < (c->soft_user ? 4 : 2) * SOFT; i++) {
		struct soft_page *s = &c->soft_of[i / (2 * SOFT)][SOFT + i % (2 * SOFT)];
		u64 va = walk_untagged(c, s->key << FRAME_SHIFT);

		if (s->key == NO_PAGE || va >> shift != first >> shift || one_in(2))
			continue;
		walk(c, va, &r, 0, READS_ANEW, &w);
		s->key = NO_PAGE;
	}
	fetch_forget(c);
}

void walk_changed(u64 at)
{
	if (!knobs.adversary[ADV_WALKS] || !(order_newest(at, 8) & DESC_VALID))
		return;
	for (unsigned i = 0; i < cpus_nr; i++) {
		const struct tlb_entry *old = tlb_read_at(i, at);

		if (old && one_in(2))
			walk_range(&cpus[i], old->va, old->shift);
	}
}

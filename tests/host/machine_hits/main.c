/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_hits/main.c - the arm64 machine is held to the manual's rules for an access
 * that hits an old and a new entry (Arm ARM D8.17.1, R_WHZWS; D8.17.2, FEAT_BBM), both ways: each
 * allowed result appears in some of the tries, and no other result in any. Then how a TLB gets both
 * entries: a walk between a store to a table and its TLBI, by each of eight seeds, and never after
 * a break.
 */
#include <machine/arm64/walk.h>
#include <machine/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- pairs of leaves ---- */
#define TRIES 400
#define RAM 0x40000000ul
#define VA 0xffff800012345000ul
#define TCR (16 | 16 << 16 | 2ul << 30 | 5ul << 32 | 1ul << 36)
/* MAIR_EL1: 0 Device-nGnRE, 1 write-back, 2 not cacheable, 3 as 1, 4 as 1 with other hints,
 * 5 write-through */
#define MAIR 0xbbeeff44ff04ul
#define TYPE(n) ((u64)(n) << 2)
#define SHARED (3ul << 8)
#define PAGE (DESC_VALID | DESC_TABLE | DESC_AF | SHARED | TYPE(1))
#define BLOCK (DESC_VALID | DESC_AF | SHARED | TYPE(1))
#define AT(n) (RAM + ((u64)(n) << 21) + (VA & 0x1ff000))
#define AT_BLOCK(n) (RAM + ((u64)(n) << 21))

#define EITHER BIT(HIT_EITHER)
#define ABORT (EITHER | BIT(HIT_ABORT))
#define BREAK (ABORT | BIT(HIT_MIX))
#define ROOT AT_BLOCK(8)
#define TCR_HA_HD (3ul << 39)
#define DIRTY_BY_HARDWARE 1u /* FEAT_HAFDBS is on */
#define DS 2u                /* LPA2: bits 9:8 are of the address */

/* a is older than b.  Frames 0 and 1 hold the same, frame 2 something else. */
static const struct pair {
	const char *what;
	u64 a, b;
	u8 a_level, b_level;
	u8 bbm, how;
	u8 gives;
} pairs[] = {
	{ "another frame, stores allowed", PAGE | AT(0), PAGE | AT(1), 0, 0, 0, 0, BREAK },
	{ "another frame, FEAT_BBM 2", PAGE | AT(0), PAGE | AT(1), 0, 0, 2, 0, BREAK },
	{ "another frame, the old one read-only", PAGE | DESC_READONLY | AT(0), PAGE | AT(1), 0, 0,
	  0, 0, BREAK },
	{ "another frame that holds the same, both read-only", PAGE | DESC_READONLY | AT(0),
	  PAGE | DESC_READONLY | AT(1), 0, 0, 0, 0, EITHER },
	{ "another frame that holds something else, both read-only", PAGE | DESC_READONLY | AT(0),
	  PAGE | DESC_READONLY | AT(2), 0, 0, 0, 0, BREAK },
	{ "... with DBM, which no walk uses", PAGE | DESC_READONLY | AT(0),
	  PAGE | DESC_READONLY | DESC_DBM | AT(1), 0, 0, 0, 0, EITHER },
	{ "... with DBM, which hardware acts on", PAGE | DESC_READONLY | AT(0),
	  PAGE | DESC_READONLY | DESC_DBM | AT(1), 0, 0, 0, DIRTY_BY_HARDWARE, BREAK },
	{ "write-back to not cacheable", PAGE | AT(0), (PAGE ^ TYPE(1)) | TYPE(2) | AT(0), 0, 0, 2,
	  0, BREAK },
	{ "write-back to Device", PAGE | AT(0), (PAGE ^ TYPE(1)) | AT(0), 0, 0, 0, 0, BREAK },
	{ "another index of the same attributes", PAGE | AT(0), (PAGE ^ TYPE(1)) | TYPE(3) | AT(0),
	  0, 0, 0, 0, EITHER },
	{ "other allocation hints", PAGE | AT(0), (PAGE ^ TYPE(1)) | TYPE(4) | AT(0), 0, 0, 0, 0,
	  EITHER },
	{ "write-back to write-through", PAGE | AT(0), (PAGE ^ TYPE(1)) | TYPE(5) | AT(0), 0, 0, 0,
	  0, BREAK },
	{ "inner to outer shareable", PAGE | AT(0), (PAGE ^ 1ul << 8) | AT(0), 0, 0, 0, 0, BREAK },
	{ "... of Device memory", (PAGE ^ TYPE(1)) | AT(0), (PAGE ^ TYPE(1) ^ 1ul << 8) | AT(0), 0,
	  0, 0, 0, EITHER },
	{ "... of memory that is not cacheable", (PAGE ^ TYPE(3)) | AT(0),
	  (PAGE ^ TYPE(3) ^ 1ul << 8) | AT(0), 0, 0, 0, 0, EITHER },
	{ "bits 9:8 of a 52-bit address", (PAGE ^ SHARED) | AT(0),
	  (PAGE ^ SHARED) | 1ul << 8 | AT(0), 0, 0, 0, DS, BREAK },
	{ "not global to global", PAGE | DESC_NG | AT(0), PAGE | AT(0), 0, 0, 0, 0, BREAK },
	{ "global to not global", PAGE | AT(0), PAGE | DESC_NG | AT(0), 0, 0, 0, 0, EITHER },
	{ "rights, DBM and software's bits", PAGE | AT(0),
	  PAGE | DESC_READONLY | DESC_PXN | DESC_DBM | 15ul << 55 | AT(0), 0, 0, 0, 0, EITHER },
	{ "a block, then its page", BLOCK | AT_BLOCK(0), PAGE | AT(0), 1, 0, 0, 0, BREAK },
	{ "a page, then its block", PAGE | AT(0), BLOCK | AT_BLOCK(0), 0, 1, 0, 0, BREAK },
	{ "a block, then its page, FEAT_BBM 1", BLOCK | AT_BLOCK(0), PAGE | AT(0), 1, 0, 1, 0,
	  BREAK },
	{ "a block, then its page, FEAT_BBM 2", BLOCK | AT_BLOCK(0), PAGE | AT(0), 1, 0, 2, 0,
	  ABORT },
	{ "the same without aborts", BLOCK | AT_BLOCK(0), PAGE | AT(0), 1, 0, 3, 0, EITHER },
	{ "a block, then another's page, without aborts", BLOCK | AT_BLOCK(0), PAGE | AT(1), 1, 0,
	  3, 0, BREAK },
	{ "a run's page, then a page", PAGE | DESC_CONTIG | AT(0), PAGE | AT(0), 0, 0, 0, 0,
	  BREAK },
	{ "the same, FEAT_BBM 1", PAGE | DESC_CONTIG | AT(0), PAGE | AT(0), 0, 0, 1, 0, ABORT },
	{ "the same, FEAT_BBM 2", PAGE | DESC_CONTIG | AT(0), PAGE | AT(0), 0, 0, 2, 0, ABORT },
	{ "the same without aborts", PAGE | DESC_CONTIG | AT(0), PAGE | AT(0), 0, 0, 3, 0, EITHER },
};

static void fresh(unsigned how, unsigned bbm)
{
	order_reset();
	features.bbm = bbm;
	knobs.adversary[ADV_AD] = (how & DIRTY_BY_HARDWARE) != 0;
	for (unsigned i = 0; i < cpus_nr; i++) {
		struct a64_controls *now = &cpus[i].now;

		cpus[i].id = i;
		cpus[i].state = CPU_ON;
		now->sctlr = 1 | 1 << 2;
		now->tcr = TCR | (how & DIRTY_BY_HARDWARE ? TCR_HA_HD : 0) |
			   (how & DS ? TCR_DS | 6ul << 32 : 0);
		now->mair = MAIR;
		now->ttbr[1] = ROOT;
		tlbi_reset(&cpus[i]);
		soft_forget(&cpus[i]);
	}
}

static struct tlb_entry leaf(u64 word, unsigned level, u64 time)
{
	struct tlb_entry w = { .word = word, .at = RAM, .time = time, .level = (u8)level };

	w.shift = (u8)(12 + 9 * level);
	w.va = VA >> w.shift << w.shift;
	w.kind = TLB_LEAF;
	w.global = !(word & DESC_NG);
	return w;
}

static unsigned expect(const char *what, bool holds)
{
	if (!holds)
		printf("%s\n", what);
	return !holds;
}

/* Each bit of the mix is that of one of the two: of the address, and of the rest. */
static bool of_both(const struct regime *r, const struct tlb_entry *mix, const struct tlb_entry *a,
		    const struct tlb_entry *b)
{
	u64 pa = walk_output(r, mix, VA), one = walk_output(r, a, VA),
	    other = walk_output(r, b, VA);
	const u64 rights = DESC_READONLY | DESC_PXN | DESC_NG | DESC_DBM | DESC_ATTRIBUTES;

	return !((pa ^ one) & ~(one ^ other)) &&
	       !((mix->word ^ a->word) & ~(a->word ^ b->word) & rights) && mix->shift == 12;
}

static unsigned check_pair(const struct pair *p)
{
	unsigned gives = 0, wrong = 0;
	struct tlb_entry mix;
	struct regime r;

	fresh(p->how, p->bbm);
	regime_of(&cpus[0], VA, &r);
	for (unsigned i = 0; i < TRIES; i++) {
		struct tlb_entry a = leaf(p->a, p->a_level, 1), b = leaf(p->b, p->b_level, 2);
		enum hit hit = i & 1 ? hits_two(&cpus[0], &r, VA, &a, &b, &mix)
				     : hits_two(&cpus[0], &r, VA, &b, &a, &mix);

		gives |= BIT(hit);
		wrong += hit == HIT_MIX && !of_both(&r, &mix, &a, &b);
	}
	if (gives == p->gives && !wrong)
		return 0;
	printf("%s: gives %x, and may %x; %u of %u mixes have a bit of neither\n", p->what, gives,
	       p->gives, wrong, TRIES);
	return 1;
}

/* ---- what an access is given ---- */
static unsigned accesses(unsigned bbm, struct tlb_entry old, unsigned old_shift,
			 struct tlb_entry new)
{
	unsigned gives = 0;

	old.shift = (u8)old_shift;
	old.va = VA >> old_shift << old_shift;
	for (unsigned i = 0; i < TRIES; i++) {
		struct translation t;
		u8 status;

		fresh(0, bbm);
		tlb_insert(0, &old);
		tlb_insert(0, &new);
		status = translate(&cpus[0], VA, ACCESS_LOAD, 0, &t);
		if (status == FSC_CONFLICT)
			gives |= BIT(HIT_ABORT);
		else if (status == FSC_NONE)
			gives |= t.pa == AT(0) || t.pa == AT(3) ? EITHER : BIT(HIT_MIX);
	}
	return gives;
}

/* The tables name the size of a translation (D8.7.1), not the entry that a TLB makes of it. */
static unsigned check_accesses(void)
{
	const u64 run = (PAGE | DESC_CONTIG | AT(0)) & ~0xf000ul, at = VA & 0xf000;
	const struct tlb_entry page = leaf(PAGE | AT(0), 0, 2), whole = leaf(run, 0, 1);
	const struct tlb_entry block = leaf(BLOCK | AT_BLOCK(0), 1, 2);
	struct tlb_entry table = leaf(RAM | DESC_TABLE | DESC_VALID, 1, 1);

	table.kind = TLB_TABLE;
	return expect("an access hits a leaf and one with another address",
		      accesses(0, page, 12, leaf(PAGE | AT(3), 0, 3)) == BREAK) +
	       expect("a run beside a page of it is a conflict",
		      accesses(0, whole, 16, leaf(run | at, 0, 2)) == EITHER) +
	       expect("a run beside a page of its own is none",
		      accesses(0, whole, 16, page) & BIT(HIT_ABORT)) +
	       expect("a run beside a page of another is none",
		      accesses(0, whole, 16, leaf(PAGE | DESC_CONTIG | AT(3), 0, 2)) == BREAK) +
	       expect("a table above a leaf is a conflict",
		      accesses(0, table, 21, page) == EITHER) +
	       expect("a table in the place of a block is none",
		      accesses(2, table, 21, block) == ABORT) +
	       expect("... is one without aborts", accesses(3, table, 21, block) == EITHER);
}

/* ---- how a TLB gets both entries ---- */
#define SYS_TLBI_VAAE1IS 0xd5088360u
#define TABLE(n) (ROOT + (u64)(n)*4096)
#define POINTER(n) (TABLE(n) | DESC_TABLE | DESC_VALID)
#define ENTRY(n, shift) (TABLE(n) + 8 * (VA >> (shift)&511))
#define LAST ENTRY(3, 12)
#define ABOVE_LAST ENTRY(2, 21)

/* As core.c. */
static void changed(unsigned cpu, u64 word, struct frame_state *f)
{
	(void)cpu;
	if (f->table)
		walk_changed(word);
}

static void stored(u64 at, u64 value)
{
	order_store(1, at, 8, value, 0, 0);
	while (!order_full(1))
		;
	ordering.cpu[1].completed = ordering.cpu[1].stores; /* a DSB */
}

static void invalidated(void)
{
	tlbi_issue(&cpus[1], SYS_TLBI_VAAE1IS, VA >> 12 & (BIT(44) - 1));
	while (!tlbi_complete(&cpus[1], true))
		;
}

static const struct change {
	const char *what;
	u64 at, old, new;
	bool broken, invalidated, unused; /* an invalid entry, and a TLBI, are before the new one;
					   * it is kept, and not in use any more */
} changes[] = {
	{ "another frame, no break", LAST, PAGE | AT(0), PAGE | AT(3), false, false },
	{ "another frame, no TLBI in the break", LAST, PAGE | AT(0), PAGE | AT(3), true, false },
	{ "another frame, a break", LAST, PAGE | AT(0), PAGE | AT(3), true, true },
	{ "another frame, not in use, no break", LAST, PAGE | AT(0), PAGE | AT(3), false, false,
	  true },
	{ "a block, then a table, no break", ABOVE_LAST, BLOCK | AT_BLOCK(0), POINTER(3), false,
	  false },
	{ "a block, then a table, a break", ABOVE_LAST, BLOCK | AT_BLOCK(0), POINTER(3), true,
	  true },
	{ "a table, then a block, no break", ABOVE_LAST, POINTER(3), BLOCK | AT_BLOCK(0), false,
	  false },
	{ "a table, then a block, a break", ABOVE_LAST, POINTER(3), BLOCK | AT_BLOCK(0), true,
	  true },
};

/* How often a CPU that uses VA all the time meets an abort. */
static unsigned aborts(const struct change *e)
{
	unsigned n = 0;
	u8 status;
	u64 pa;

	for (unsigned i = 0; i < 128; i++) {
		fresh(0, 0);
		stored(ENTRY(0, 39), POINTER(1));
		stored(ENTRY(1, 30), POINTER(2));
		stored(ABOVE_LAST, POINTER(3));
		stored(LAST, PAGE | AT(0));
		stored(e->at, e->old);
		soft_find(&cpus[0], VA, ACCESS_LOAD, &pa, &status);
		if (e->unused)
			soft_forget(&cpus[0]);
		if (e->broken)
			stored(e->at, 0);
		if (e->invalidated)
			invalidated();
		stored(e->at, e->new);
		for (unsigned k = 0; k < 8; k++) {
			soft_find(&cpus[0], VA, ACCESS_LOAD, &pa, &status);
			n += status == FSC_CONFLICT;
		}
	}
	return n;
}

static unsigned check_change(const struct change *e)
{
	unsigned bad = 0;

	for (u64 seed = 1; seed <= 8; seed++) {
		unsigned n;

		random_seed(seed);
		n = aborts(e);
		if ((n > 0) == e->invalidated)
			printf("%s, seed %lu: %u aborts\n", e->what, seed, n);
		bad += (n > 0) == e->invalidated;
	}
	return bad;
}

int main(void)
{
	unsigned bad = 0;

	if (memory_add(RAM, 64ul << 20))
		return 2;
	memset(memory_host(align_down(AT(2), 4096)), 1, 4096);
	random_seed(3);
	knobs = (struct knobs) {
		.adversary = { [ADV_STORES] = 8, [ADV_LOADS] = 4, [ADV_TLB] = 2, [ADV_WALKS] = 16 },
		.age = 1000
	};
	for (unsigned i = 0; i < ARRAY_SIZE(pairs); i++)
		bad += check_pair(&pairs[i]);
	bad += check_accesses();
	order_hooks.visible = changed;
	for (unsigned i = 0; i < ARRAY_SIZE(changes); i++)
		bad += check_change(&changes[i]);
	if (!bad)
		printf("machine_hits: ok\n");
	return bad != 0;
}

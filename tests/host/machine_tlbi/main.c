/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_tlbi/main.c - the arm64 machine's TLB maintenance is held to the manual (Arm
 * ARM C5.5, the description of each TLBI): an entry is removed if the operation names it, and stays
 * if it does not, because a removal too many hides a kernel's mistake. Then the time: on which
 * CPUs, at which DSB, and after which stores of another CPU through the entry.
 */
#include <machine/arm64/cpu.h>
#include <machine/random.h>
#include <machine/tlb.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- operations and entries ---- */
#define SYS_TLBI(crm, op2) (0xd5088000u | (crm) << 8 | (op2) << 5)
#define IS 3
#define LOCAL 7
#define RANGE_IS 2
#define BASE 0x40000000ul
#define VA 0xffff800012345000ul /* 4 KiB pages: entries of shifts 12, 16, 21, 25, 30 */
#define OPERAND(va, asid) ((u64)(asid) << 48 | ((va) >> 12 & (BIT(44) - 1)))
#define HINT(level) ((u64)(4 | (level)) << 44) /* 4 KiB, and the manual's level */
/* BaseADDR in pages, (NUM + 1) << (5 * SCALE + 1) of them, granule 4 KiB */
#define RANGE(va, num, scale, asid)                                                                \
	((u64)(asid) << 48 | 1ul << 46 | (u64)(scale) << 44 | (u64)(num) << 39 |                   \
	 ((va) >> 12 & (BIT(37) - 1)))

enum { VMALL = 0, VAE = 1, ASIDE = 2, VAAE = 3, VALE = 5, VAALE = 7 };

static const struct row {
	const char *what;
	u32 word;
	u64 operand;
	u64 va; /* of the entry */
	u8 shift, level, kind;
	bool global;
	u16 asid;
	bool goes;
} rows[] = {
	{ "all: a leaf", SYS_TLBI(IS, VMALL), 0, VA, 12, 0, TLB_LEAF, false, 5, true },
	{ "all: a global leaf", SYS_TLBI(IS, VMALL), 0, VA, 12, 0, TLB_LEAF, true, 5, true },
	{ "all: a table", SYS_TLBI(IS, VMALL), 0, VA, 21, 1, TLB_TABLE, false, 5, true },
	{ "ASID: its leaf", SYS_TLBI(IS, ASIDE), 5ul << 48, VA, 12, 0, TLB_LEAF, false, 5, true },
	{ "ASID: its table", SYS_TLBI(IS, ASIDE), 5ul << 48, VA, 21, 1, TLB_TABLE, false, 5, true },
	{ "ASID: another's", SYS_TLBI(IS, ASIDE), 6ul << 48, VA, 12, 0, TLB_LEAF, false, 5, false },
	{ "ASID: a global leaf", SYS_TLBI(IS, ASIDE), 5ul << 48, VA, 12, 0, TLB_LEAF, true, 5,
	  false },
	{ "VAE: its leaf", SYS_TLBI(IS, VAE), OPERAND(VA, 5), VA, 12, 0, TLB_LEAF, false, 5, true },
	{ "VAE: another page", SYS_TLBI(IS, VAE), OPERAND(VA + 4096, 5), VA, 12, 0, TLB_LEAF, false,
	  5, false },
	{ "VAE: another ASID", SYS_TLBI(IS, VAE), OPERAND(VA, 6), VA, 12, 0, TLB_LEAF, false, 5,
	  false },
	{ "VAE: a global leaf", SYS_TLBI(IS, VAE), OPERAND(VA, 6), VA, 12, 0, TLB_LEAF, true, 5,
	  true },
	{ "VAE: a block", SYS_TLBI(IS, VAE), OPERAND(VA, 5), VA, 21, 1, TLB_LEAF, false, 5, true },
	{ "VAE: a run, by another of its pages", SYS_TLBI(IS, VAE), OPERAND(VA + 0x3000, 5), VA, 16,
	  0, TLB_LEAF, false, 5, true },
	{ "VAE: a table", SYS_TLBI(IS, VAE), OPERAND(VA, 5), VA, 30, 2, TLB_TABLE, false, 5, true },
	{ "VAE: a table of another ASID", SYS_TLBI(IS, VAE), OPERAND(VA, 6), VA, 30, 2, TLB_TABLE,
	  false, 5, false },
	{ "VALE: its leaf", SYS_TLBI(IS, VALE), OPERAND(VA, 5), VA, 12, 0, TLB_LEAF, false, 5,
	  true },
	{ "VALE: a table", SYS_TLBI(IS, VALE), OPERAND(VA, 5), VA, 21, 1, TLB_TABLE, false, 5,
	  false },
	{ "VAAE: another ASID's leaf", SYS_TLBI(IS, VAAE), OPERAND(VA, 0), VA, 12, 0, TLB_LEAF,
	  false, 5, true },
	{ "VAAE: another ASID's table", SYS_TLBI(IS, VAAE), OPERAND(VA, 0), VA, 21, 1, TLB_TABLE,
	  false, 5, true },
	{ "VAALE: a table", SYS_TLBI(IS, VAALE), OPERAND(VA, 0), VA, 21, 1, TLB_TABLE, false, 5,
	  false },
	{ "hint: the leaf's level", SYS_TLBI(IS, VAE), OPERAND(VA, 5) | HINT(3), VA, 12, 0,
	  TLB_LEAF, false, 5, true },
	{ "hint: another level", SYS_TLBI(IS, VAE), OPERAND(VA, 5) | HINT(2), VA, 12, 0, TLB_LEAF,
	  false, 5, false },
	{ "hint: a table above the leaf", SYS_TLBI(IS, VAE), OPERAND(VA, 5) | HINT(3), VA, 21, 1,
	  TLB_TABLE, false, 5, true },
	{ "hint: a table at the level of the hint", SYS_TLBI(IS, VAE), OPERAND(VA, 5) | HINT(2), VA,
	  21, 1, TLB_TABLE, false, 5, false },
	{ "hint: of another granule", SYS_TLBI(IS, VAE), OPERAND(VA, 5) | (8ul | 3) << 44, VA, 12,
	  0, TLB_LEAF, false, 5, false },
	{ "range: its first page", SYS_TLBI(RANGE_IS, VAE), RANGE(VA, 0, 0, 5), VA, 12, 0, TLB_LEAF,
	  false, 5, true },
	{ "range: its last page", SYS_TLBI(RANGE_IS, VAE), RANGE(VA - 0x3000, 1, 0, 5), VA, 12, 0,
	  TLB_LEAF, false, 5, true },
	{ "range: after its end", SYS_TLBI(RANGE_IS, VAE), RANGE(VA - 0x4000, 1, 0, 5), VA, 12, 0,
	  TLB_LEAF, false, 5, false },
	{ "range: its last page, by the scale", SYS_TLBI(RANGE_IS, VAE),
	  RANGE(VA - 0x3f000, 0, 1, 5), VA, 12, 0, TLB_LEAF, false, 5, true },
	{ "range: after its end, by the scale", SYS_TLBI(RANGE_IS, VAE),
	  RANGE(VA - 0x40000, 0, 1, 5), VA, 12, 0, TLB_LEAF, false, 5, false },
	{ "range: before its start", SYS_TLBI(RANGE_IS, VAE), RANGE(VA + 0x1000, 31, 3, 5), VA, 12,
	  0, TLB_LEAF, false, 5, false },
	{ "range: a table over it", SYS_TLBI(RANGE_IS, VAE), RANGE(VA, 0, 1, 5), VA, 30, 2,
	  TLB_TABLE, false, 5, true },
	{ "range: last level, a table", SYS_TLBI(RANGE_IS, VALE), RANGE(VA, 0, 1, 5), VA, 21, 1,
	  TLB_TABLE, false, 5, false },
	{ "range: of another granule", SYS_TLBI(RANGE_IS, VAE),
	  5ul << 48 | 2ul << 46 | (VA >> 14 & (BIT(37) - 1)), VA, 12, 0, TLB_LEAF, false, 5,
	  false },
};

static void fresh(void)
{
	order_reset();
	for (unsigned i = 0; i < cpus_nr; i++) {
		cpus[i].id = i;
		cpus[i].state = CPU_ON;
		cpus[i].now.sctlr = 1;
		cpus[i].now.tcr = 16 | 16 << 16 | 2ul << 30 | 5ul << 32 | 1ul << 36;
		tlbi_reset(&cpus[i]);
		soft_forget(&cpus[i]);
	}
}

static void keep(unsigned cpu, const struct row *r)
{
	struct tlb_entry w = { .word = BASE | 0x703, .at = BASE, .asid = r->asid };

	w.va = r->va >> r->shift << r->shift;
	w.shift = r->shift;
	w.level = r->level;
	w.kind = r->kind;
	w.global = r->global;
	tlb_insert(cpu, &w);
}

static bool kept(unsigned cpu, const struct row *r)
{
	return tlb_find_run(cpu, r->va, r->shift, 0, r->level, r->asid) != NULL;
}

static unsigned check(const struct row *r)
{
	unsigned bad = 0;

	for (unsigned cpu = 0; cpu < 2; cpu++) {
		fresh();
		keep(cpu, r);
		if (!tlbi_issue(&cpus[0], r->word, r->operand))
			bad++;
		while (!tlbi_complete(&cpus[0], true))
			;
		bad += kept(cpu, r) == r->goes;
	}
	if (bad)
		printf("%s: it %s\n", r->what, r->goes ? "stays" : "goes");
	return bad;
}

static unsigned expect(const char *what, bool holds)
{
	if (!holds)
		printf("%s\n", what);
	return !holds;
}

/* ---- when ---- */
/* In how many of 64 tries an entry of `cpu` is still there after the operation, and a DSB. */
static unsigned stays(unsigned cpu, u32 word, bool dsb, bool everywhere)
{
	const struct row r = { .va = VA, .shift = 12, .kind = TLB_LEAF, .asid = 5 };
	unsigned n = 0;

	for (unsigned i = 0; i < 64; i++) {
		fresh();
		keep(cpu, &r);
		tlbi_issue(&cpus[0], word, OPERAND(VA, 5));
		if (dsb)
			tlbi_complete(&cpus[0], everywhere);
		n += kept(cpu, &r);
	}
	return n;
}

static unsigned check_when(void)
{
	unsigned before = stays(1, SYS_TLBI(IS, VAE), false, true), bad = 0;

	bad += expect("before the DSB it is always done, or never", before > 8 && before < 56);
	bad += expect("after DSB ISH it is there", !stays(1, SYS_TLBI(IS, VAE), true, true));
	before = stays(1, SYS_TLBI(IS, VAE), true, false);
	bad += expect("DSB NSH waits for another CPU", before > 8 && before < 56);
	bad += expect("DSB NSH leaves it on its own CPU",
		      !stays(0, SYS_TLBI(IS, VAE), true, false));
	bad += expect("a local operation reaches another CPU",
		      stays(1, SYS_TLBI(LOCAL, VAE), true, true) == 64);
	return bad;
}

/* A store that another CPU has made is in memory when the DSB is complete; a later one need not be.
 */
static unsigned check_stores(void)
{
	unsigned later = 0, bad = 0;

	for (unsigned i = 0; i < 64; i++) {
		fresh();
		order_store(1, BASE, 8, 1, 0, 0);
		ordering.steps = 10;
		tlbi_issue(&cpus[0], SYS_TLBI(IS, VMALL), 0);
		while (!tlbi_complete(&cpus[0], true))
			;
		order_store(1, BASE + 64, 8, 1, 0, 0);
		bad += order_newest(BASE, 8) != 1;
		order_store(0, BASE, 8, 0, 0, 0);
		while (!order_full(0))
			;
		later += order_newest(BASE + 64, 8) == 0;
		order_store(1, BASE + 64, 8, 0, 0, 0);
		while (!order_full(1))
			;
	}
	return expect("a store through the old entry is still under way", !bad) +
	       expect("a later store left with it", later > 0);
}

/* The number of walks after a local operation that miss a store of another CPU to a table,
 * completed by a DSB or not. A walker is a separate observer: it certainly observes only stores
 * that a DSB of the PE that stored has completed (D8.2.6), and those that a load has observed on
 * which the operation depends. */
enum observed { BY_NONE, BY_DSB, BY_BRANCH, BY_OPERAND };

static unsigned missed(enum observed by)
{
	struct a64_cpu *c = &cpus[0];
	unsigned n = 0;

	for (u64 i = 1; i <= 256; i++) {
		u64 time;

		fresh();
		order_store(1, BASE, 8, i, 0, 0);
		while (!order_full(1))
			;
		if (by == BY_DSB)
			ordering.cpu[1].completed = ordering.cpu[1].stores;
		c->control = by == BY_BRANCH ? ordering.now : 0;
		c->view[3] = by == BY_OPERAND ? ordering.now : 0;
		c->watch = BIT(3);
		tlbi_issue(c, SYS_TLBI(LOCAL, VAE) | 3, OPERAND(VA, 5));
		while (!tlbi_complete(c, false))
			;
		n += order_walk(0, BASE, 0, &time) != i;
	}
	c->control = c->watch = 0;
	return n;
}

/* The same through tables that are walked cacheable, in a domain. */
static unsigned missed_in(u64 domain)
{
	const u64 entry = BASE + FRAME_BYTES, cached = 1ul << 24 | 1ul << 26;
	u64 tcr, sctlr = cpus[0].now.sctlr;
	struct translation t;
	unsigned n = 0;

	fresh();
	tcr = cpus[0].now.tcr;
	cpus[0].now.tcr = tcr | cached | domain << 28;
	cpus[0].now.sctlr = sctlr | BIT(2);
	cpus[0].now.ttbr[1] = BASE;
	order_store(1, BASE + 8 * (VA >> 39 & 511), 8, entry | 3, 0, 0);
	for (u64 i = 1; i <= 256; i++) {
		order_store(1, entry + 8 * (VA >> 30 & 511), 8, i << 30 | BIT(10) | 1, 0, 0);
		while (!order_full(1))
			;
		ordering.cpu[1].completed = ordering.cpu[1].stores;
		tlbi_issue(&cpus[0], SYS_TLBI(LOCAL, VMALL), 0);
		while (!tlbi_complete(&cpus[0], false))
			;
		n += translate(&cpus[0], VA, ACCESS_LOAD, 0, &t) != FSC_NONE || t.pa >> 30 != i;
	}
	cpus[0].now.tcr = tcr;
	cpus[0].now.sctlr = sctlr;
	return n;
}

static unsigned check_walks(void)
{
	unsigned bad;

	knobs.adversary[ADV_LOADS] = 2;
	bad = expect("a walk misses what a DSB of its writer completed", !missed(BY_DSB)) +
	      expect("a walk misses what a load before the branch observed", !missed(BY_BRANCH)) +
	      expect("a walk misses what the load of the operand observed", !missed(BY_OPERAND)) +
	      expect("a walk observes what no DSB completed", missed(BY_NONE) > 0) +
	      expect("a Shareable walk misses a completed store", !missed_in(3) && !missed_in(2)) +
	      expect("a Non-shareable walk is coherent", missed_in(0) > 0);
	knobs.adversary[ADV_LOADS] = 0;
	return bad;
}

/* An entry that the CPU itself removed may have translated a later instruction early, up to the
 * next context synchronization event; but no instruction of another CPU, none after another CPU's
 * completed TLBI, no address that depends on a value read after it, and no walk through a table.
 */
static unsigned check_ahead(void)
{
	const struct row leaf = { .va = VA, .shift = 12, .kind = TLB_LEAF, .asid = 5 };
	const struct row table = {
		.va = VA, .shift = 21, .level = 1, .kind = TLB_TABLE, .asid = 5
	};
	unsigned bad = 0;

	knobs.adversary[ADV_CONTEXT] = 1;
	for (unsigned by = 0; by < 2; by++) {
		fresh();
		keep(0, &leaf);
		tlbi_issue(&cpus[by], SYS_TLBI(IS, VAE), OPERAND(VA, 5));
		while (!tlbi_complete(&cpus[by], true))
			;
		bad += expect("ahead of the own TLBI alone",
			      (tlbi_removed_leaf(0, VA, 5, 0) == NULL) == (by == 1));
		bad += expect("after a later event", !tlbi_removed_leaf(0, VA, 5, ordering.now));
		bad += expect("of another ASID, or page",
			      !tlbi_removed_leaf(0, VA, 6, 0) &&
				      !tlbi_removed_leaf(0, VA + 4096, 5, 0));
		bad += expect("ahead on the other CPU", !tlbi_removed_leaf(1, VA, 5, 0));
	}
	fresh();
	keep(0, &leaf);
	keep(0, &table);
	tlbi_issue(&cpus[0], SYS_TLBI(LOCAL, VAE), OPERAND(VA, 5));
	while (!tlbi_complete(&cpus[0], false))
		;
	bad += expect("a table stays", !kept(0, &table));
	tlbi_issue(&cpus[1], SYS_TLBI(IS, VAE), OPERAND(VA + 4096, 5));
	while (!tlbi_complete(&cpus[1], true))
		;
	bad += expect("forgotten for another page's", tlbi_removed_leaf(0, VA, 5, 0));
	tlbi_issue(&cpus[1], SYS_TLBI(IS, VAE), OPERAND(VA, 5));
	while (!tlbi_complete(&cpus[1], true))
		;
	bad += expect("it outlives another CPU's TLBI", !tlbi_removed_leaf(0, VA, 5, 0));
	fresh();
	keep(0, &leaf);
	tlbi_issue(&cpus[0], SYS_TLBI(LOCAL, VAE), OPERAND(VA, 5));
	while (!tlbi_complete(&cpus[0], false))
		;
	bad += expect("there was none", tlbi_synchronise(0));
	bad += expect("it outlives a synchronisation",
		      !tlbi_synchronise(0) && !tlbi_removed_leaf(0, VA, 5, 0));
	knobs.adversary[ADV_CONTEXT] = 0;
	return bad;
}

/* Hardware sets AF in what another CPU's atomic has made of the entry, though the stores of both
 * wait. */
static unsigned check_update(void)
{
	const u64 entry = BASE + FRAME_BYTES, software = BIT(55), access_flag = BIT(10);
	struct translation t;
	unsigned bad;

	fresh();
	knobs.adversary[ADV_AD] = knobs.adversary[ADV_ATOMICS] = 1;
	cpus[0].now.tcr |= BIT(39); /* HA */
	cpus[0].now.ttbr[1] = BASE;
	order_store(1, BASE + 8 * (VA >> 39 & 511), 8, entry | 3, 0, 0);
	order_store(1, entry, 8, BASE | 1, 0, 0); /* a block of 1 GiB */
	while (!order_full(1) || !order_atomic_ready(1, entry, ORDER_WRITES))
		;
	order_atomic_store(1, entry, 8, order_newest(entry, 8) | software, 0, 0);
	bad = expect("an atomic's store does not wait", !(order_newest(entry, 8) & software)) +
	      expect("no access", translate(&cpus[0], VA, ACCESS_LOAD, 0, &t) == FSC_NONE) +
	      expect("an update does not wait", !(order_newest(entry, 8) & access_flag));
	while (!order_full(0) || !order_full(1))
		;
	bad += expect("an update loses another CPU's atomic, or is lost",
		      order_newest(entry, 8) == (BASE | 1 | software | access_flag));
	cpus[0].now.tcr &= ~BIT(39);
	knobs.adversary[ADV_AD] = knobs.adversary[ADV_ATOMICS] = 0;
	return bad;
}

static unsigned performed_late;

static void note_late(unsigned cpu, unsigned reg, u64 value, u64 view)
{
	(void)cpu, (void)reg, (void)value, (void)view;
	performed_late++;
}

/* A load through the old entry, too: D8.17.8, "completes when all memory accesses". */
static unsigned check_loads(void)
{
	const struct late_load l = { .pa = BASE, .bytes = 8 };

	fresh();
	order_hooks.performed = note_late;
	knobs.adversary[ADV_LATE] = 2;
	while (!late_begin(1, &l))
		;
	tlbi_issue(&cpus[0], SYS_TLBI(IS, VMALL), 0);
	while (!tlbi_complete(&cpus[0], true))
		;
	knobs.adversary[ADV_LATE] = 0;
	return expect("a load through the old entry is still pending", performed_late == 1);
}

int main(void)
{
	unsigned bad = 0;

	if (memory_add(BASE, 1ul << 20))
		return 2;
	random_seed(3);
	knobs = (struct knobs) { .adversary = { [ADV_STORES] = 8, [ADV_TLB] = 2 }, .age = 1000 };
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		bad += check(&rows[i]);
	bad += check_when();
	bad += check_stores();
	bad += check_walks();
	bad += check_loads();
	bad += check_update();
	bad += check_ahead();
	if (!bad)
		printf("machine_tlbi: ok\n");
	return bad != 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_riscv/fences.c - which results of walks a hart keeps, and which of them each
 * SFENCE.VMA must drop: no less, and no more (privileged spec, "SFENCE.VMA": rs1 orders leaf
 * entries only, rs2 not global mappings).
 */
#include "hart_test.h"
#include <machine/tlb.h>
#include <stdio.h>
#include <string.h>

#define VA 0x40005000ul
#define AT (TEST_RAM + 0x1000)

static const struct fence_row {
	const char *name;
	enum tlb_kind kind;
	u8 level, shift;
	bool global, by_address, by_asid;
	u64 word, va, asid; /* what memory has by now; operands */
	bool stays;
} fence_rows[] = {
	{ "leaf, everything", TLB_LEAF, 0, 12, false, false, false, 0, 0, 0, false },
	{ "leaf, its address", TLB_LEAF, 0, 12, false, true, false, 0, VA + 8, 0, false },
	{ "leaf, the next page", TLB_LEAF, 0, 12, false, true, false, 0, VA + 0x1000, 0, true },
	{ "leaf, the page before", TLB_LEAF, 0, 12, false, true, false, 0, VA - 1, 0, true },
	{ "leaf, its address and ASID", TLB_LEAF, 0, 12, false, true, true, 0, VA, 7, false },
	{ "leaf, its ASID", TLB_LEAF, 0, 12, false, false, true, 0, 0, 7, false },
	{ "leaf, its ASID and bits beyond", TLB_LEAF, 0, 12, false, false, true, 0, 0, 0x50007,
	  false },
	{ "leaf, another ASID", TLB_LEAF, 0, 12, false, false, true, 0, 0, 8, true },
	{ "leaf, its address, another ASID", TLB_LEAF, 0, 12, false, true, true, 0, VA, 8, true },
	{ "global leaf, its ASID", TLB_LEAF, 0, 12, true, false, true, 0, 0, 7, true },
	{ "global leaf, its address", TLB_LEAF, 0, 12, true, true, false, 0, VA, 0, false },
	{ "global leaf, everything", TLB_LEAF, 0, 12, true, false, false, 0, 0, 0, false },
	{ "2 MiB leaf, an address in it", TLB_LEAF, 1, 21, false, true, false, 0, VA + 0x100000, 0,
	  false },
	{ "2 MiB leaf, one beyond it", TLB_LEAF, 1, 21, false, true, false, 0, VA + 0x200000, 0,
	  true },
	{ "table, an address below it", TLB_TABLE, 1, 21, false, true, false, 1, VA, 0, true },
	{ "table, everything", TLB_TABLE, 1, 21, false, false, false, 1, 0, 0, false },
	{ "table, its ASID", TLB_TABLE, 1, 21, false, false, true, 1, 0, 7, false },
	{ "table that is a leaf by now", TLB_TABLE, 1, 21, false, true, false, 0xcf, VA, 0, false },
	{ "failed walk of the last level", TLB_INVALID, 0, 12, false, true, false, 0, VA, 0,
	  false },
	{ "failed walk above, a table by now", TLB_INVALID, 1, 21, false, true, false, 1, VA, 0,
	  true },
	{ "failed walk above, a leaf by now", TLB_INVALID, 1, 21, false, true, false, 0xcf, VA, 0,
	  false },
	{ "failed walk, everything", TLB_INVALID, 1, 21, false, false, false, 1, 0, 0, false },
};

static unsigned judge_fence(const struct fence_row *r)
{
	struct tlb_entry w = { .at = AT, .asid = 7, .global = r->global };
	struct invalidation f = { r->by_address, r->by_asid, r->va, r->asid };
	bool stays;

	begin_hart(0, 0);
	w.shift = r->shift;
	w.level = r->level;
	w.kind = (u8)r->kind;
	w.va = VA >> w.shift << w.shift;
	*(u64 *)(void *)memory_host(AT) = r->word;
	tlb_insert(0, &w);
	walk_fence(&harts[0], &f);
	stays = tlb_find(0, VA, r->level, 7) != NULL;
	if (stays == r->stays)
		return 0;
	printf("%s: it %s\n", r->name, stays ? "stays" : "goes");
	return 1;
}

/* A range, also one that ends at the end of all addresses. */
static unsigned judge_range(u64 va, u64 first, u64 last, bool want)
{
	struct tlb_entry w = { .at = AT, .va = va, .shift = 12, .kind = TLB_LEAF };
	bool stays;

	begin_hart(0, 0);
	tlb_insert(0, &w);
	walk_fence_range(&harts[0], first, last, false, 0);
	stays = tlb_find(0, va, 0, 0) != NULL;
	if (stays != want)
		printf("range %lx to %lx: %lx %s\n", first, last, va, stays ? "stays" : "goes");
	return stays != want;
}

#define ROOT (TEST_RAM + 0x20000) /* Sv39: three tables, the last one maps VA */
#define LEAF_AT (ROOT + 0x2000 + 8 * 5)
#define OLD_FRAME (TEST_RAM + 0x30000)
#define NEW_FRAME (TEST_RAM + 0x31000)

static void put(u64 at, u64 frame, u64 bits)
{
	*(u64 *)(void *)memory_host(at) = frame >> 12 << 10 | bits;
}

static bool finds_old(struct rv_hart *h)
{
	u64 pa, view;

	return !translate(h, VA, ACCESS_LOAD, &pa, &view) && pa == OLD_FRAME;
}

/*
 * Another hart has stored a new leaf, and this one has read it.  Its SINVAL.VMA acts long before
 * SFENCE.INVAL.IR, with walks in between. True: the old leaf is used after the three.
 */
static bool old_behind_svinval(bool stores_first)
{
	struct invalidation f = { .by_address = true, .va = VA };
	struct rv_hart *h = &harts[0];
	bool old = false;
	u64 view;

	begin_hart(0, 1);
	h->satp = 8ul << 60 | ROOT >> 12;
	put(ROOT + 8, ROOT + 0x1000, 1);
	put(ROOT + 0x1000, ROOT + 0x2000, 1);
	put(LEAF_AT, OLD_FRAME, 0xcf);
	order_store(1, LEAF_AT, 8, NEW_FRAME >> 12 << 10 | 0xcf, 0, 0);
	while (order_load(0, LEAF_AT, 8, 0, &view) >> 10 << 12 != NEW_FRAME)
		;
	h->stores_first = stores_first;
	walk_invalidate(h, &f);
	while (h->queued)
		walk_invalidate_some(h);
	for (unsigned i = 0; i < 8; i++)
		finds_old(h);
	walk_invalidated(h);
	for (unsigned i = 0; i < 8; i++)
		old |= finds_old(h);
	return old;
}

/*
 * Another hart has stored a new leaf, and this one has read it, then writes satp.  True: the old
 * leaf is used.
 */
static bool old_after_satp(bool orders)
{
	struct rv_hart *h = &harts[0];
	bool old = false;
	u64 view;

	begin_hart(0, 1);
	put(ROOT + 8 * (TEST_RAM >> 30), TEST_RAM, 0xcf); /* the next instruction */
	put(ROOT + 8, ROOT + 0x1000, 1);
	put(ROOT + 0x1000, ROOT + 0x2000, 1);
	put(LEAF_AT, OLD_FRAME, 0xcf);
	order_store(1, LEAF_AT, 8, NEW_FRAME >> 12 << 10 | 0xcf, 0, 0);
	while (order_load(0, LEAF_AT, 8, 0, &view) >> 10 << 12 != NEW_FRAME)
		;
	*(u32 *)(void *)memory_host(TEST_RAM) = 0x18009073; /* CSRW satp, x1 */
	memory_frame(TEST_RAM)->copy = NULL;
	fetch_fence(h);
	h->x[1] = 8ul << 60 | ROOT >> 12;
	hart_kind.root = orders;
	hart_jump(h, TEST_RAM);
	hart_run(h, 1);
	for (unsigned i = 0; i < 8; i++)
		old |= finds_old(h);
	hart_kind.root = 0;
	return old;
}

static unsigned judge_satp(void)
{
	unsigned with = 0, without = 0;

	knobs.adversary[ADV_TLB] = 3;
	for (unsigned i = 0; i < 100; i++) {
		with += old_after_satp(true);
		without += old_after_satp(false);
	}
	knobs.adversary[ADV_TLB] = 0;
	if (with)
		printf("root=1: %u times the old leaf is used after a write of satp\n", with);
	if (!without)
		printf("a write of satp orders walks\n");
	return with || !without;
}

static unsigned judge_svinval(void)
{
	unsigned with = 0, without = 0;

	knobs.adversary[ADV_TLB] = 3;
	for (unsigned i = 0; i < 100; i++) {
		with += old_behind_svinval(true);
		without += old_behind_svinval(false);
	}
	knobs.adversary[ADV_TLB] = 0;
	if (with)
		printf("Svinval: %u times the old leaf is used after the invalidation\n", with);
	if (!without)
		printf("SINVAL.VMA without SFENCE.W.INVAL: the old leaf is never met\n");
	return with || !without;
}

/*
 * firmware=text.  A hart stores a new leaf and requests a remote SFENCE.VMA of another one, which
 * executes it.  True: that one uses the old leaf afterwards.  `performed`: a data fence of the
 * first hart has made the store visible before the call.
 */
static bool old_after_remote(bool performed)
{
	static const struct rv_op ecall = { .word = 0x73 };
	const u64 a[] = { BIT(1), 0, 0, 0 }; /* that hart, all addresses */
	struct rv_hart *h = &harts[1];
	bool old = false;

	begin_hart(8, 1);
	hart_begin(h, TEST_RAM, 1, 0);
	h->satp = 8ul << 60 | ROOT >> 12;
	put(ROOT + 8 * (TEST_RAM >> 30), TEST_RAM, 0xcf); /* the next instruction */
	put(ROOT + 8, ROOT + 0x1000, 1);
	put(ROOT + 0x1000, ROOT + 0x2000, 1);
	put(LEAF_AT, OLD_FRAME, 0xcf);
	order_store(0, LEAF_AT, 8, NEW_FRAME >> 12 << 10 | 0xcf, 0, 0);
	while (performed && !order_fence(0, ORDER_W, ORDER_R))
		;
	memcpy(&harts[0].x[10], a, sizeof(a));
	harts[0].x[16] = 1; /* sbi_remote_sfence_vma() */
	harts[0].x[17] = 0x52464e43;
	sbi_call(&harts[0], &ecall);
	sbi_serve(h);
	sbi_call(&harts[0], &ecall);
	for (unsigned i = 0; i < 8; i++)
		old |= finds_old(h);
	return old || harts[0].in_firmware;
}

static unsigned judge_remote(void)
{
	unsigned with = 0, without = 0;

	harts_nr = 2;
	knobs.adversary[ADV_TLB] = 3;
	knobs.firmware_text = true;
	for (unsigned i = 0; i < 100; i++) {
		with += old_after_remote(true);
		without += old_after_remote(false);
	}
	knobs.firmware_text = false;
	knobs.adversary[ADV_TLB] = 0;
	harts_nr = 1;
	if (with)
		printf("remote fence: %u times the old leaf is used, after a data fence\n", with);
	if (!without)
		printf("remote fence without a data fence: the old leaf is never met\n");
	return with || !without;
}

unsigned check_fences(void)
{
	unsigned bad = judge_svinval() + judge_satp() + judge_remote();

	for (unsigned i = 0; i < ARRAY_SIZE(fence_rows); i++)
		bad += judge_fence(&fence_rows[i]);
	bad += judge_range(VA, VA + 8, VA + 9, false);
	bad += judge_range(VA, VA - 0x3000, VA + 0x3000, false);
	bad += judge_range(VA, VA - 0x3000, VA - 1, true);
	bad += judge_range(VA, VA + 0x1000, ~0ul, true);
	bad += judge_range(~0xffful, ~0xffful, ~0ul, false);
	bad += judge_range(~0xffful, 0, ~0ul, false);
	return bad;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other tests rely on the table of maintenance that a store requires (tests/harness/order_rules.h).
 * This test checks that table by changes whose requirements the manuals state.  Values are written
 * out, bit by bit, independently of the kernel's formats.  [A] and [R]:
 * tests/harness/order_rules.h.
 */
#include <mm/pt/pt_fmt.h>
#include <tests/harness/order_rules.h>
#include <tests/harness/test.h>

#define A_VALID 1ul
#define A_TABLE 3ul /* above level 0; at level 0 a page */
#define A_ATTR1 (1ul << 2)
#define A_USER (1ul << 6)
#define A_RO (1ul << 7)
#define A_SH (3ul << 8)
#define A_AF (1ul << 10)
#define A_NG (1ul << 11)
#define A_DBM (1ul << 51)
#define A_CONTIG (1ul << 52)
#define A_PXN (1ul << 53)
#define A_SOFT (1ul << 55)
#define A_PAGE (A_TABLE | A_SH | A_AF)
#define A_BLOCK (A_VALID | A_SH | A_AF)
#define A_AT(frame) ((u64)(frame) << 21)

#define R_V 1ul
#define R_R (1ul << 1)
#define R_W (1ul << 2)
#define R_X (1ul << 3)
#define R_G (1ul << 5)
#define R_AD (3ul << 6)
#define R_RSW (1ul << 8)
#define R_NC (1ul << 61)
#define R_N (1ul << 63)
#define R_NAPOT (8ul << 10)
#define R_LEAF (R_V | R_R | R_AD)
#define R_AT(frame) ((u64)(frame) << 19)

#define OWES_REMADE (DUTY_LEAF | DUTY_BREAK)

static const struct known_change {
	const char *format, *what;
	u32 caps;
	unsigned level;
	pte_t old, new;
	unsigned owes;
} known[] = {
	{ "arm64-4k-48", "a new page", 0, 0, 0, A_PAGE, DUTY_PUBLISH_DATA },
	{ "arm64-4k-48", "a new table", 0, 1, 0, A_TABLE, DUTY_PUBLISH },
	{ "arm64-4k-48", "invalid by invalid", 0, 0, A_SOFT, 0, 0 },
	{ "arm64-4k-48", "a page is unmapped", 0, 0, A_PAGE, 0, DUTY_LEAF },
	{ "arm64-4k-48", "a table is removed", 0, 1, A_TABLE, 0, DUTY_WALK },
	/* [A] R_WHZWS: another output address, with any access flags */
	{ "arm64-4k-48", "another frame, AF 1 and 1", 0, 0, A_PAGE, A_PAGE | A_AT(1), OWES_REMADE },
	{ "arm64-4k-48", "another frame, AF 0 and 1", 0, 0, A_PAGE & ~A_AF, A_PAGE | A_AT(1),
	  OWES_REMADE },
	{ "arm64-4k-48", "another frame, AF 1 and 0", 0, 0, A_PAGE, (A_PAGE & ~A_AF) | A_AT(1),
	  OWES_REMADE },
	{ "arm64-4k-48", "another frame, AF 0 and 0", 0, 0, A_PAGE & ~A_AF,
	  (A_PAGE & ~A_AF) | A_AT(1), OWES_REMADE },
	{ "arm64-4k-48", "another frame of a block", PT_CAP_BBM2, 1, A_BLOCK, A_BLOCK | A_AT(1),
	  OWES_REMADE },
	{ "arm64-4k-48", "another memory type", 0, 0, A_PAGE, A_PAGE | A_ATTR1, OWES_REMADE },
	{ "arm64-4k-48", "another shareability", 0, 0, A_PAGE, A_PAGE & ~A_SH, OWES_REMADE },
	{ "arm64-4k-48", "it becomes global", 0, 0, A_PAGE | A_NG, A_PAGE, OWES_REMADE },
	{ "arm64-4k-48", "it becomes nG", 0, 0, A_PAGE, A_PAGE | A_NG, DUTY_LEAF },
	{ "arm64-4k-48", "Contiguous is set", 0, 0, A_PAGE, A_PAGE | A_CONTIG, OWES_REMADE },
	{ "arm64-4k-48", "the same, FEAT_BBM 2", PT_CAP_BBM2, 0, A_PAGE, A_PAGE | A_CONTIG,
	  DUTY_LEAF },
	{ "arm64-4k-48", "a block becomes a table", 0, 1, A_BLOCK, A_TABLE | A_AT(1),
	  OWES_REMADE | DUTY_PUBLISH },
	{ "arm64-4k-48", "the same, FEAT_BBM 2", PT_CAP_BBM2, 1, A_BLOCK, A_TABLE | A_AT(1),
	  DUTY_LEAF | DUTY_PUBLISH },
	{ "arm64-4k-48", "a table becomes a block", 0, 1, A_TABLE | A_AT(1), A_BLOCK,
	  DUTY_WALK | DUTY_BREAK },
	{ "arm64-4k-48", "another table", PT_CAP_BBM2, 1, A_TABLE, A_TABLE | A_AT(1),
	  DUTY_WALK | DUTY_BREAK | DUTY_PUBLISH },
	{ "arm64-4k-48", "read-only from now on", 0, 0, A_PAGE, A_PAGE | A_RO, DUTY_LEAF },
	{ "arm64-4k-48", "writable from now on", 0, 0, A_PAGE | A_RO, A_PAGE, 0 },
	{ "arm64-4k-48", "not executable from now on", 0, 0, A_PAGE, A_PAGE | A_PXN, DUTY_LEAF },
	{ "arm64-4k-48", "no longer accessible to user mode", 0, 0, A_PAGE | A_USER, A_PAGE,
	  DUTY_LEAF },
	{ "arm64-4k-48", "the access flag is cleared", 0, 0, A_PAGE, A_PAGE & ~A_AF, DUTY_LEAF },
	{ "arm64-4k-48", "the access flag is set", 0, 0, A_PAGE & ~A_AF, A_PAGE, 0 },
	{ "arm64-4k-48", "DBM is cleared", 0, 0, A_PAGE | A_DBM, A_PAGE, DUTY_LEAF },
	{ "arm64-4k-48", "software's bits", 0, 0, A_PAGE, A_PAGE | A_SOFT, 0 },
	{ "riscv-sv39", "a new page", 0, 0, 0, R_LEAF, DUTY_PUBLISH_DATA },
	{ "riscv-sv39", "a new table", 0, 1, 0, R_V, DUTY_PUBLISH },
	{ "riscv-sv39", "a page is unmapped", 0, 0, R_LEAF, 0, DUTY_LEAF },
	{ "riscv-sv39", "a table is removed", 0, 1, R_V, 0, DUTY_WALK },
	{ "riscv-sv39", "another frame", 0, 0, R_LEAF, R_LEAF | R_AT(1),
	  DUTY_LEAF | DUTY_PUBLISH_DATA },
	{ "riscv-sv39", "a leaf becomes a table", 0, 1, R_LEAF, R_V | R_AT(1),
	  DUTY_LEAF | DUTY_PUBLISH },
	{ "riscv-sv39", "a table becomes a leaf", 0, 1, R_V | R_AT(1), R_LEAF, DUTY_WALK },
	{ "riscv-sv39", "another memory type", 0, 0, R_LEAF, R_LEAF | R_NC, DUTY_LEAF },
	{ "riscv-sv39", "it becomes global", 0, 0, R_LEAF, R_LEAF | R_G, DUTY_LEAF },
	{ "riscv-sv39", "it becomes part of a run", 0, 0, R_LEAF, R_LEAF | R_N | R_NAPOT,
	  DUTY_LEAF },
	{ "riscv-sv39", "it leaves a run", 0, 0, R_LEAF | R_N | R_NAPOT, R_LEAF | 3ul << 10,
	  DUTY_LEAF },
	{ "riscv-sv39", "the same, fewer rights", 0, 0, R_LEAF | R_N | R_NAPOT | R_W, R_LEAF,
	  OWES_REMADE },
	{ "riscv-sv39", "the same, another address", 0, 0, R_LEAF | R_N | R_NAPOT, R_LEAF | R_AT(1),
	  OWES_REMADE },
	{ "riscv-sv39", "a run with fewer rights", 0, 0, R_LEAF | R_N | R_NAPOT | R_W,
	  R_LEAF | R_N | R_NAPOT, OWES_REMADE },
	{ "riscv-sv39", "read-only from now on", 0, 0, R_LEAF | R_W, R_LEAF, DUTY_LEAF },
	{ "riscv-sv39", "writable from now on", 0, 0, R_LEAF, R_LEAF | R_W, 0 },
	{ "riscv-sv39", "not executable from now on", 0, 0, R_LEAF | R_X, R_LEAF, DUTY_LEAF },
	{ "riscv-sv39", "A and D are cleared", 0, 0, R_LEAF, R_LEAF & ~R_AD, DUTY_LEAF },
	{ "riscv-sv39", "software's bits", 0, 0, R_LEAF, R_LEAF | R_RSW, 0 },
};

TEST(tlb, order_rules, .claim = "the table of duties of stores agrees with the manuals",
     .rows = "S0-50")
{
	for (unsigned i = 0; i < ARRAY_SIZE(known); i++) {
		const struct known_change *k = &known[i];
		struct pt pt = { .fmt = pt_fmt_find(k->format), .caps = k->caps };
		unsigned says;

		if (!CHECK(t, pt.fmt))
			return;
		says = order_rule(&pt, k->old, k->new, k->level);
		if (says != k->owes)
			test_fail(t, __FILE__, __LINE__, "%s: %s owes %u, the table has %u",
				  k->format, k->what, k->owes, says);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/harness/order_rules.c - the table of duties; see tests/harness/order_rules.h. */
#include <lib/assert.h>
#include <lib/string.h>
#include <tests/harness/order_rules.h>

/* Bits of a leaf.  A change of any other bit requires an invalidation. */
struct family {
	const char *prefix;            /* prefix of the format's name */
	pte_t shape_mask, table_shape; /* above level 0: a pointer to a table */
	pte_t ignored;                 /* software's: ignored by the walker */
	pte_t more_set, more_clear;    /* more rights when set, when cleared */
	pte_t breaks;                  /* break-before-make when it changes, address included */
	pte_t breaks_clear;            /* ... when it is cleared */
	pte_t breaks_either;           /* ... for any change, if either value has it */
	pte_t breaks_not;              /* ... except of one of these bits alone */
	pte_t address;                 /* another frame without a break */
	bool breaks_shape; /* ... when a leaf becomes a table, or for any change of a table */
};

static const struct family families[] = {
	{
		/* [A] D8.3: valid 0, type 1, AttrIndx 4:2, AP 7:6, SH 9:8, AF 10, nG 11, address
		 * 49:12, GP 50, DBM 51, Contiguous 52, PXN 53, UXN 54, software 58:55 and 62:59.
		 * With 52-bit addresses bits 9:8 are address: in `breaks` too. */
		.prefix = "arm64-",
		.shape_mask = 3,
		.table_shape = 3,
		.ignored = 15ul << 55 | 15ul << 59,
		.more_set = BIT(6) | BIT(10) | BIT(51),
		.more_clear = BIT(7) | BIT(53) | BIT(54),
		.breaks = 7ul << 2 | 3ul << 8 | (BIT(50) - BIT(12)) | BIT(52),
		.breaks_clear = BIT(11),
		.breaks_shape = true,
	},
	{
		/* [R] 4.4: V 0, R W X 3:1, U 4, G 5, A 6, D 7, RSW 9:8, PPN 53:10, PBMT 62:61, N
		 * 63.  The old or the new entry may be used until the fence: only Svnapot needs a
		 * break, "unless any inconsistencies are known to be benign": N alone, with
		 * PPN[3:0] 13:10, which is the size of a run and an address elsewhere. */
		.prefix = "riscv-",
		.shape_mask = 15,
		.table_shape = 1,
		.ignored = 3 << 8,
		.more_set = BIT(1) | BIT(2) | BIT(3) | BIT(6) | BIT(7),
		.breaks_either = BIT(63),
		.breaks_not = BIT(63) | 15ul << 10,
		.address = BIT(54) - BIT(10),
	},
};

static const struct family *family_of(const struct pt *pt)
{
	for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
		if (!strncmp(pt->fmt->name, families[i].prefix, strlen(families[i].prefix)))
			return &families[i];
	assert_failed(__FILE__, __LINE__, "no rules for the format of this tree", 0, 0);
}

static bool is_table(const struct family *f, pte_t v, unsigned level)
{
	return level && (v & f->shape_mask) == f->table_shape;
}

/* A valid leaf is replaced by another valid leaf. */
static unsigned leaf_by_leaf(const struct family *f, const struct pt *pt, pte_t old, pte_t new)
{
	pte_t diff = (old ^ new) & ~f->ignored, breaks = f->breaks;
	unsigned duty = DUTY_LEAF;

	if (!(diff & ~((f->more_set & new) | (f->more_clear & old))))
		return 0; /* the old entry can only cause faults */
	if (pt->caps & PT_CAP_BBM2)
		breaks &= ~BIT(52); /* [A] FEAT_BBM level 2: the Contiguous bit may change */
	if (diff & f->breaks_either && !(diff & ~f->breaks_not))
		return duty;
	if (diff & breaks || diff & old & f->breaks_clear || (old | new) & f->breaks_either)
		return duty | DUTY_BREAK;
	return duty | (diff & f->address ? DUTY_PUBLISH_DATA : 0);
}

unsigned order_rule(const struct pt *pt, pte_t old, pte_t new, unsigned level)
{
	const struct family *f = family_of(pt);
	bool from = is_table(f, old, level), to = is_table(f, new, level);
	unsigned duty = to ? DUTY_PUBLISH : 0;

	if (!(old & 1)) /* [A], [R]: bit 0 is valid; a cached copy can only fault */
		return !(new & 1) ? 0 : to ? duty : DUTY_PUBLISH_DATA;
	duty |= from ? DUTY_WALK : DUTY_LEAF;
	if (!(new & 1))
		return duty;
	if (!from && !to)
		return leaf_by_leaf(f, pt, old, new);
	if (f->breaks_shape && !(pt->caps & PT_CAP_BBM2 && from != to))
		duty |= DUTY_BREAK;
	return duty;
}

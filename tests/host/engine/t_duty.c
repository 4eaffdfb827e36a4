/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * t_duty.c - the duty tables, every pair of states; rows as in docs/PAGETABLES.md.
 *
 * Expectations are stated in terms of rights and addresses, never of bits of an entry.
 */
#include "engine.h"
#include <string.h>

#define B PT_DUTY_BREAK
#define P PT_DUTY_PUBLISH
#define V PT_DUTY_VISIBLE
#define T PT_DUTY_TLBI
#define K PT_DUTY_TLBI_WALK
#define Z PT_DUTY_LAZY
#define C PT_DUTY_PUBLISH_DATA

struct what {
	unsigned prot;
	paddr_t pa;
	unsigned run;
};

#define CAPS 32
#define X_RIGHT 0x100 /* code at EL1; PT_X | PT_USER is code at EL0 */
#define UX_RIGHT 0x200

/* Rights as the hardware checks them. */
static unsigned rights(const struct pt_fmt *f, unsigned prot)
{
	unsigned r = prot & (PT_W | PT_USER);

	if (f->name[0] == 'a')
		return r | (prot & PT_X ? prot & PT_USER ? UX_RIGHT : X_RIGHT : 0);
	return prot & (PT_R | PT_W | PT_X);
}

static u32 expect_arm(const struct what *o, const struct what *n, unsigned lost, unsigned won,
		      u32 caps)
{
	u32 remade = B | V | (caps & PT_CAP_WALK_ORDERED ? 0 : Z);
	unsigned diff = o->prot ^ n->prot;

	if (o->pa != n->pa || diff & (PT_DEVICE | PT_NC))
		return remade; /* A6, A7 */
	if (o->run != n->run && !(caps & PT_CAP_BBM2))
		return remade; /* A8 */
	if (diff & n->prot & PT_GLOBAL)
		return remade; /* A9 */
	if (lost || diff & PT_GLOBAL || o->run != n->run)
		return T;   /* A10, A12 */
	return won ? Z : 0; /* A11 */
}

static u32 expect_riscv(const struct what *o, const struct what *n, unsigned lost, unsigned won)
{
	unsigned diff = o->prot ^ n->prot;
	bool change = diff || o->pa != n->pa || o->run != n->run;

	if (o->run != n->run && !diff && o->pa == n->pa)
		return T; /* R8b */
	if ((o->run || n->run) && change)
		return B | V | Z; /* R8 */
	if (o->pa != n->pa)
		return T | C; /* R6 */
	if (diff & (PT_DEVICE | PT_NC | PT_USER | PT_GLOBAL) || lost)
		return T;   /* R7, R9 */
	return won ? Z : 0; /* R10 */
}

static u32 expect_fake(const struct what *o, const struct what *n)
{
	unsigned diff = o->prot ^ n->prot;

	if (o->pa != n->pa || o->run != n->run || diff & ~(unsigned)(PT_R | PT_W | PT_X))
		return B | V | Z;
	return diff ? T : 0;
}

static u32 expect(const struct pt_fmt *f, const struct what *o, const struct what *n, u32 caps)
{
	unsigned lost = rights(f, o->prot) & ~rights(f, n->prot);
	unsigned won = rights(f, n->prot) & ~rights(f, o->prot);

	if (f->name[0] == 'a')
		return expect_arm(o, n, lost, won, caps);
	if (f->name[0] == 'r')
		return expect_riscv(o, n, lost, won);
	return expect_fake(o, n);
}

static bool sensible(unsigned prot)
{
	return prot & PT_R && (prot & (PT_DEVICE | PT_NC)) != (PT_DEVICE | PT_NC);
}

static struct what what_nr(unsigned i, const struct pt_fmt *f, unsigned level)
{
	u64 unit = pt_span(f, level) << f->run[level];

	return (struct what) { .prot = i & 127,
			       .pa = (i >> 7 & 1 ? 5 : 3) * unit,
			       .run = i >> 8 & 1 ? f->run[level] : 0 };
}

static void leaf_pairs(const struct pt_fmt *f, unsigned level, u32 caps)
{
	for (unsigned i = 0; i < 512; i++)
		for (unsigned k = 0; k < 512; k++) {
			struct what o = what_nr(i, f, level), n = what_nr(k, f, level);
			pte_t old, new;

			if (!sensible(o.prot) || !sensible(n.prot))
				continue;
			old = f->leaf(o.pa, (enum pt_prot)o.prot, level, o.run);
			new = f->leaf(n.pa, (enum pt_prot)n.prot, level, n.run);
			if (f->duty(old, new, level, caps) != expect(f, &o, &n, caps))
				fail_msg("%s level %u caps %x: %#lx -> %#lx is %x, not %x", f->name,
					 level, caps, old, new, f->duty(old, new, level, caps),
					 expect(f, &o, &n, caps));
		}
}

static void every_pair_of_leaves(void **state)
{
	(void)state;
	for_each_format(f) for (unsigned level = 0; level < 2; level++) for (u32 caps = 0; caps < 4;
									     caps++)
		leaf_pairs(f, level, caps);
}

/* ---- shapes: rows of the documents, one line each ---- */

enum { E, I, LEAF, TAB, TAB2 };

static const struct row {
	char format;
	u8 old, new;
	u32 cap, absent; /* capabilities required, or forbidden */
	u32 duty;
} rows[] = {
	{ 'a', E, E, 0, 0, 0 },
	{ 'a', E, I, 0, 0, 0 },
	{ 'a', I, E, 0, 0, 0 },
	{ 'a', E, LEAF, 0, PT_CAP_WALK_ORDERED, C | V | Z },
	{ 'a', E, LEAF, PT_CAP_WALK_ORDERED, 0, C | V },
	{ 'a', I, LEAF, PT_CAP_WALK_ORDERED, 0, C | V },
	{ 'a', E, TAB, 0, 0, P },
	{ 'a', I, TAB, 0, 0, P },
	{ 'a', LEAF, E, 0, 0, T },
	{ 'a', LEAF, I, 0, 0, T },
	{ 'a', TAB, E, 0, 0, K },
	{ 'a', TAB, I, 0, 0, K },
	{ 'a', LEAF, TAB, 0, PT_CAP_BBM2, B | P },
	{ 'a', LEAF, TAB, PT_CAP_BBM2, 0, P | T },
	{ 'a', TAB, LEAF, 0, PT_CAP_BBM2 | PT_CAP_WALK_ORDERED, B | V | Z },
	{ 'a', TAB, LEAF, PT_CAP_WALK_ORDERED, PT_CAP_BBM2, B | V },
	{ 'a', TAB, LEAF, PT_CAP_BBM2, 0, T | K },
	{ 'a', TAB, TAB2, 0, 0, B | P },
	{ 'a', TAB, TAB, 0, 0, 0 },
	{ 'r', E, E, 0, 0, 0 },
	{ 'r', E, I, 0, 0, 0 },
	{ 'r', E, LEAF, 0, 0, C | V | Z },
	{ 'r', I, LEAF, PT_CAP_NEW_BOUNDED, 0, C | V | Z },
	{ 'r', E, TAB, 0, 0, P | Z },
	{ 'r', E, TAB, PT_CAP_NEW_BOUNDED, 0, P | Z },
	{ 'r', LEAF, E, 0, 0, T },
	{ 'r', LEAF, I, 0, 0, T },
	{ 'r', TAB, E, 0, 0, K },
	{ 'r', LEAF, TAB, 0, 0, P | T | K },
	{ 'r', TAB, LEAF, 0, 0, K },
	{ 'r', TAB, TAB2, 0, 0, P | K },
	{ 'r', TAB, TAB, 0, 0, 0 },
	{ 'f', E, LEAF, 0, 0, C | V | Z },
	{ 'f', E, TAB, 0, 0, P | Z },
	{ 'f', LEAF, E, 0, 0, T },
	{ 'f', TAB, E, 0, 0, K },
	{ 'f', LEAF, TAB, 0, 0, B | P | Z },
	{ 'f', TAB, LEAF, 0, 0, B | V | Z },
	{ 'f', TAB, TAB2, 0, 0, B | P | Z },
};

static pte_t cell(const struct pt_fmt *f, unsigned what, unsigned level)
{
	pte_t leaf = f->leaf(pt_span(f, level), (enum pt_prot)RWG, level, 0);

	switch (what) {
	case E:
		return 0;
	case I: /* a leaf without its valid bit */
		for (unsigned b = 0; b < 64; b++)
			if (f->kind(leaf ^ BIT(b), level) == PT_INVALID)
				return leaf ^ BIT(b);
		fail_msg("%s has no invalid cells", f->name);
		return 0;
	case LEAF:
		return leaf;
	default:
		return f->table(what == TAB ? 0x80001000 : 0x80002000, level);
	}
}

static void every_change_of_shape(void **state)
{
	(void)state;
	for_each_format(f) for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]);
				i++) for (u32 caps = 0; caps < CAPS; caps++)
	{
		const struct row *r = &rows[i];
		u32 got;

		if (r->format != f->name[0] || (caps & r->cap) != r->cap || caps & r->absent)
			continue;
		got = f->duty(cell(f, r->old, 1), cell(f, r->new, 1), 1, caps);
		if (got != r->duty)
			fail_msg("%s row %zu caps %x: %x, not %x", f->name, i, caps, got, r->duty);
	}
}

/* A change of software bits has no duties; duties do not depend on the address (by the signature).
 */
static void software_bits_owe_nothing(void **state)
{
	const struct pt_fmt *a = pt_fmt_find("4k-48"), *r = pt_fmt_find("sv48");
	pte_t v = a->leaf(0x200000, (enum pt_prot)RWG, 0, 0);
	pte_t w = r->leaf(0x200000, (enum pt_prot)RWG, 0, 0);

	(void)state;
	assert_int_equal(a->duty(v, v | BIT(55), 0, 0), 0);
	assert_int_equal(a->duty(v | BIT(58), v, 0, 0), 0);
	assert_int_equal(r->duty(w, w | BIT(8), 0, 0), 0);
	assert_int_equal(r->duty(w | BIT(9), w, 0, 0), 0);
	assert_int_equal(a->duty(v, v & ~BIT(10), 0, 0), T); /* AF cleared */
	assert_int_equal(a->duty(v & ~BIT(10), v, 0, 0), Z);
	assert_int_equal(r->duty(w, w & ~BIT(7), 0, 0), T); /* D cleared */
	assert_int_equal(r->duty(w & ~BIT(6), w, 0, 0), Z);
	assert_int_equal(a->duty(v, v | BIT(50), 0, 0), T); /* GP */
}

const struct CMUnitTest duty_tests[] = {
	cmocka_unit_test(every_pair_of_leaves),
	cmocka_unit_test(every_change_of_shape),
	cmocka_unit_test(software_bits_owe_nothing),
};
TESTS(duty_tests);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/gup/main.c - mm/study/gup.c: a change between the walk and the reference is detected
 * in the leaf and the entry above it (ENGINE 5.3; Linux: gup_fast_pte_range()), and a failed walk
 * holds no reference.
 */
#include <arch_inline.h>
#include <kern/cpu.h>
#include <kern/grace.h>
#include <mm/study/gup.h>
#include <want.h>

#define DEPTH 5 /* entries of the longest walk */
#define FRAME 0x123456000ul
#define VA 0xffff000012345678ul
#define ENTRY(i) (0x1000u * (i) + 3)

enum { NOTHING, BY_IRQ, BY_READER };
enum { CHANGES = 1, VANISHES = 2, NO_LOADS = 4 }; /* an entry, at the reference */

static struct {
	unsigned depth, leaf_at; /* entries of this walk; the index of the leaf, or none */
	unsigned what, which;    /* the event, and the index of its entry */
	unsigned lost;           /* the walk ends at this entry */
	bool refuses, own_load;
	pte_t entry[DEPTH];
	/* counted */
	int section, refs;
	unsigned taken, given, loads;
} now;

void grace_read_enter(void)
{
	WANT(now.section == NOTHING);
	now.section = BY_READER;
}

void grace_read_leave(void)
{
	WANT(now.section == BY_READER);
	now.section = NOTHING;
}

u64 grace_irq_enter(void)
{
	WANT(now.section == NOTHING);
	now.section = BY_IRQ;
	return 0x77;
}

void grace_irq_leave(u64 flags)
{
	WANT(now.section == BY_IRQ && flags == 0x77);
	now.section = NOTHING;
}

static struct pt_cell *cell(unsigned i)
{
	return (struct pt_cell *)&now.entry[i];
}

/* From the root down, as the engine walks: the callback loads each entry. */
bool pt_lookup_racing(const struct pt *pt, vaddr_t va, struct pt_slot *slot, pt_careful_fn *load)
{
	WANT(now.section != NOTHING && va == VA && pt);
	for (unsigned i = 0; i < now.depth; i++) {
		if (i == now.lost || !load(cell(i), &slot->val))
			return false;
		WANT(slot->val == ENTRY(i));
	}
	slot->level = (u8)(DEPTH - now.depth);
	slot->va = va;
	slot->kind = now.leaf_at == now.depth - 1 ? PT_LEAF : PT_EMPTY;
	return true;
}

static paddr_t frame_of(pte_t val, unsigned level, vaddr_t va)
{
	WANT(val == ENTRY(now.depth - 1) && level == DEPTH - now.depth && va == VA);
	return FRAME;
}

static bool load_own(const struct pt_cell *c, pte_t *val)
{
	now.loads++;
	*val = *(const pte_t *)c;
	return !(now.refs && now.what & NO_LOADS && c == cell(now.which));
}

static bool take(paddr_t frame)
{
	WANT(frame == FRAME && now.section != NOTHING);
	if (now.refuses)
		return false;
	now.taken++;
	now.refs++;
	if (now.what & CHANGES)
		now.entry[now.which] ^= 0x40;
	if (now.what & VANISHES)
		now.entry[now.which] = 0;
	return true;
}

static void give(paddr_t frame)
{
	WANT(frame == FRAME && now.refs);
	now.given++;
	now.refs--;
}

static int walk(enum gup_style style, struct gup_page *out)
{
	static const struct pt_fmt fmt = { .pa = frame_of };
	static const struct pt tree = { .fmt = &fmt };
	struct gup_ops ops = { .take = take, .give = give, .load = now.own_load ? load_own : NULL };
	int err;

	for (unsigned i = 0; i < DEPTH; i++)
		now.entry[i] = ENTRY(i);
	err = gup_fast(&tree, VA, style, &ops, out);
	WANT(now.section == NOTHING);
	WANT(now.refs == (err ? 0 : 1));
	return err;
}

static void begin(unsigned depth, bool own_load)
{
	memset(&now, 0, sizeof(now));
	now.depth = depth;
	now.leaf_at = depth - 1;
	now.lost = DEPTH;
	now.own_load = own_load;
}

/* Each entry of walks of each length changes: only the last two are read again. */
static void check_changes(enum gup_style style, unsigned depth, bool own_load)
{
	static const unsigned happens[] = { 0, CHANGES, VANISHES, NO_LOADS };
	struct gup_page out;

	for (unsigned which = 0; which < depth; which++)
		for (unsigned i = 0; i < ARRAY_SIZE(happens); i++) {
			bool seen = happens[i] && which + 2 >= depth;

			if (happens[i] == NO_LOADS && !own_load)
				continue;
			begin(depth, own_load);
			now.what = happens[i];
			now.which = which;
			WANT(walk(style, &out) == (seen ? -EAGAIN : 0));
			WANT(now.taken == 1 && now.given == seen);
			WANT(out.frame == FRAME && out.val == ENTRY(depth - 1));
			WANT(out.level == DEPTH - depth);
			WANT(!own_load || now.loads > depth);
		}
}

static void check_failures(enum gup_style style, unsigned depth, bool own_load)
{
	struct gup_page out;

	for (unsigned lost = 0; lost < depth; lost++) {
		begin(depth, own_load);
		now.lost = lost;
		WANT(walk(style, &out) == -EAGAIN);
		WANT(!now.taken && out.frame == PA_NONE);
	}
	begin(depth, own_load);
	now.leaf_at = DEPTH;
	WANT(walk(style, &out) == -ENOENT);
	WANT(!now.taken && out.frame == PA_NONE && out.val == ENTRY(depth - 1));
	WANT(out.level == DEPTH - depth);
	begin(depth, own_load);
	now.refuses = true;
	WANT(walk(style, &out) == -EAGAIN);
	WANT(!now.taken && !now.given);
}

int main(void)
{
	static const enum gup_style styles[] = { GUP_IRQS_OFF, GUP_READ_SECTION };

	host_cpu = &cpus[2];
	for (unsigned s = 0; s < ARRAY_SIZE(styles); s++)
		for (unsigned depth = 1; depth <= DEPTH; depth++)
			for (int own = 0; own < 2; own++) {
				check_changes(styles[s], depth, own);
				check_failures(styles[s], depth, own);
			}
	printf("gup: %u not so\n", want_failed);
	return want_failed != 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/study/gup.c - see mm/study/gup.h. */
#include <kern/cpu.h>
#include <kern/grace.h>
#include <lib/atomic.h>
#include <lib/init.h>
#include <mm/study/gup.h>

/* The cells of one walk, from the root down; of the CPU that walks, inside its section. */
static struct trail {
	const struct gup_ops *ops;
	unsigned nr;
	const struct pt_cell *cell[PT_LEVELS_MAX];
	pte_t val[PT_LEVELS_MAX];
} trails[CPUS_MAX] NOINIT;

static bool load_plain(const struct pt_cell *cell, pte_t *val)
{
	*val = atomic_load_relaxed((const pte_t *)cell);
	return true;
}

static bool load_cell(const struct trail *t, const struct pt_cell *cell, pte_t *val)
{
	return t->ops->load ? t->ops->load(cell, val) : load_plain(cell, val);
}

static bool load_noted(const struct pt_cell *cell, pte_t *val)
{
	struct trail *t = &trails[this_cpu()->nr];

	if (!load_cell(t, cell, val))
		return false;
	t->cell[t->nr] = cell;
	t->val[t->nr++] = *val;
	return true;
}

/* True if the leaf and the entry above it have not changed. */
static bool unchanged(const struct trail *t)
{
	unsigned from = t->nr > 1 ? t->nr - 2 : 0;
	pte_t val;

	for (unsigned i = from; i < t->nr; i++)
		if (!load_cell(t, t->cell[i], &val) || val != t->val[i])
			return false;
	return true;
}

static int walk_and_take(const struct pt *pt, vaddr_t va, const struct gup_ops *ops,
			 struct gup_page *out)
{
	struct trail *t = &trails[this_cpu()->nr];
	struct pt_slot slot;

	t->ops = ops;
	t->nr = 0;
	*out = (struct gup_page) { .frame = PA_NONE };
	if (!pt_lookup_racing(pt, va, &slot, load_noted))
		return -EAGAIN;
	out->val = slot.val;
	out->level = slot.level;
	if (slot.kind != PT_LEAF)
		return -ENOENT;
	out->frame = pt->fmt->pa(slot.val, slot.level, va);
	if (!ops->take(out->frame))
		return -EAGAIN;
	if (unchanged(t))
		return 0;
	ops->give(out->frame);
	return -EAGAIN;
}

int gup_fast(const struct pt *pt, vaddr_t va, enum gup_style style, const struct gup_ops *ops,
	     struct gup_page *out)
{
	u64 flags = 0;
	int err;

	if (style == GUP_IRQS_OFF)
		flags = grace_irq_enter();
	else
		grace_read_enter();
	err = walk_and_take(pt, va, ops, out);
	if (style == GUP_IRQS_OFF)
		grace_irq_leave(flags);
	else
		grace_read_leave();
	return err;
}

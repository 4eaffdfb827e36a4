/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt.c - a tree: its initialisation, its limits, the load of its root into a CPU.
 *
 * A range is refused, never rounded: page aligned, not empty, canonical, in one half of the address
 * space and under root slots that this tree owns.
 */
#include <lib/atomic.h>
#include <mm/pt/pt_impl.h>

void pt_init(struct pt *pt, const char *name, const struct pt_fmt *fmt, const struct pt_env *env,
	     paddr_t root)
{
	ASSERT_OP(fmt->levels, <=, PT_LEVELS_MAX);
	ASSERT_OP(root & (pt_root_align(fmt) - 1), ==, 0);
	*pt = (struct pt) { .name = name, .fmt = fmt, .env = env, .root = root };
	pt->own_hi = (u16)pt_entries(fmt, fmt->levels - 1u);
	for (unsigned level = 0; level < fmt->levels; level++)
		pt->shift[level] = (u8)pt_shift(fmt, level);
}

/* The bits above the translated ones, sign included where the format has one: all 0 or all 1. */
static s64 upper_bits(const struct pt_fmt *f, vaddr_t va)
{
	return (s64)va >> (f->va_bits - f->va_signed);
}

static bool canonical(const struct pt_fmt *f, vaddr_t va, vaddr_t last)
{
	s64 top = upper_bits(f, va);

	return (u64)top + 1 <= 1 && upper_bits(f, last) == top;
}

static bool is_owned(const struct pt *pt, u32 first, u32 last)
{
	return first >= pt->own_lo && last < pt->own_hi;
}

int pt_range_check(const struct pt *pt, vaddr_t va, u64 len, struct why *why)
{
	u64 page = pt_page_size(pt->fmt);

	if (!len || !is_aligned(va | len, page))
		return refuse(why, EINVAL, "%s: range %#lx+%#lx is empty or not aligned to %#lx",
			      pt->name, va, len, page);
	if (va + len - 1 < va)
		return refuse(why, EINVAL, "%s: range %#lx+%#lx wraps", pt->name, va, len);
	if (!canonical(pt->fmt, va, va + len - 1))
		return refuse(why, EINVAL, "%s: %s does not translate %#lx+%#lx", pt->name,
			      pt->fmt->name, va, len);
	return 0;
}

int pt_range_owned(const struct pt *pt, vaddr_t va, u64 len, struct why *why)
{
	u32 first = pt_index_at(pt, pt_top(pt), va);
	u32 last = pt_index_at(pt, pt_top(pt), va + len - 1);

	if (is_owned(pt, first, last))
		return 0;
	return refuse(why, EPERM, "%s: root slots %u-%u of %#lx+%#lx are not its own %u-%u",
		      pt->name, first, last, va, len, pt->own_lo, pt->own_hi - 1u);
}

static NOINLINE int refuse_range(const struct pt *pt, vaddr_t va, u64 len, struct why *why)
{
	int err = pt_range_check(pt, va, len, why);

	return err ? err : pt_range_owned(pt, va, len, why);
}

/* The sentences are left to the two functions above: most ranges need none.  An empty range ends
 * before it begins, or in the other half. */
int pt_range_usable(const struct pt *pt, vaddr_t va, u64 len, struct why *why)
{
	vaddr_t last = va + len - 1;
	unsigned top = pt_top(pt);

	if (last >= va && !((va | len) & (pt_span_at(pt, 0) - 1)) && canonical(pt->fmt, va, last) &&
	    is_owned(pt, pt_index_at(pt, top, va), pt_index_at(pt, top, last)))
		return 0;
	return refuse_range(pt, va, len, why);
}

void pt_root_load(struct pt *pt, unsigned cpu, void (*load)(const struct pt *))
{
	struct pt_event e = { .kind = PT_EV_ROOT_LOAD };

	ASSERT_OP(pt->state, !=, PT_RETIRED);
	ASSERT_OP(cpu, <, 64);
	e.pt = pt;
	e.cpu = cpu;
	e.pa = pt->root;
	e.asid = pt->asid;
	if (!pt_tap_before(&e))
		return;
	atomic_fetch_or_relaxed(&pt->walked, BIT(cpu));
	if (pt->state == PT_FRESH) {
		pt->state = PT_LIVE;
		/* stores to the tables must be complete, not just ordered, before the first walk */
		pt->env->visible();
	}
	load(pt);
	pt_tap_after(&e);
}

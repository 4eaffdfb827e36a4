/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sub-sections are added and removed in any order while their neighbours are in use: those stay
 * readable on every CPU and unchanged in the page tables.  Also: refusals.
 */
#include <lib/hash.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/page/region.h>
#include <tests/harness/parts_fixture.h>

TEST(hotplug, subsection_identity,
     .claim = "adding and removing sub-sections, one, several or over a block's end, leaves no "
	      "trace",
     .rows = "S0-01 S2-31 L-04", .needs = NEED_RANGE, .params = memmap_names)
{
	u64 nr = layout.block_bytes / layout.subsection_bytes;
	const struct {
		u64 first, nr;
	} adds[] = { { 0, 1 }, { nr - 1, 1 }, { 1, 3 }, { nr - 1, 2 }, { 0, nr } };
	struct digest before, after;
	struct why why = { 0 };
	struct parts p;

	if (!parts_get(t, &p, 2, t->param))
		return;
	digest_take(&before);
	for (unsigned i = 0; i < ARRAY_SIZE(adds); i++) {
		if (!parts_add(t, &p, adds[i].first, adds[i].nr))
			break;
		digest_take(&after);
		CHECK(t, before.refs != after.refs && before.map != after.map);
		parts_remove(t, &p, adds[i].first, adds[i].nr);
		digest_take(&after);
		CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	}
	parts_reset(&p);
}

/* ---- neighbours in use ---- */

static int subsections_hash_leaf(const struct pt_slot *slot, void *arg)
{
	u64 *h = arg;

	*h = hash_u64(hash_u64(*h, slot->va), slot->val);
	return 0;
}

static u64 hash_part(const struct parts *p, u64 i)
{
	u64 h = 0;

	pt_walk(&kpt, linear_va(part_pa(p, i)), p->unit, PT_ON_LEAF, subsections_hash_leaf, &h);
	pt_walk(&kpt, memmap_va(part_pfn(p, i)), part_memmap_pages(p) * page_size(), PT_ON_LEAF,
		subsections_hash_leaf, &h);
	return h;
}

#define PER_PART 4

/* Pages that are distinct modulo 64, see probes_spread(): memmap 0 to 23, linear map from 32 on. */
static void probe_part(struct probes *p, const struct parts *parts, u64 i)
{
	u64 last = (parts->unit >> page_shift()) - 1;

	probes_add(p, part_va(parts, i) + (32 + p->nr) * page_size());
	probes_add(p, part_va(parts, i) + (32 + p->nr) * page_size() + 64);
	probes_add(p, memmap_va(part_pfn(parts, i)));
	probes_add(p, memmap_va(part_pfn(parts, i) + last));
}

/* Write a unique word to each probed place of the linear map. */
static void subsections_prime(struct probes *p, const struct parts *parts)
{
	p->nr = 0;
	for (u64 i = 0; i < 3; i++)
		probe_part(p, parts, i);
	for (unsigned i = 0; i < p->nr; i += PER_PART) {
		*(volatile u64 *)va_ptr(p->va[i]) = ~p->va[i];
		*(volatile u64 *)va_ptr(p->va[i + 1]) = ~p->va[i + 1];
	}
	probes_prime(p, cpus_online());
}

/* Count the results of sub-section i in the last round that differ from the expected fault or
 * value. */
static unsigned wrong(const struct probes *p, u64 i, bool there)
{
	unsigned n = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		for (u64 k = i * PER_PART; (cpus_online() & cpu_bit(c)) && k < (i + 1) * PER_PART;
		     k++) {
			n += (p->kind[c][k] == 0) != there;
			n += there && k % PER_PART < 2 && p->value[c][k] != ~p->va[k];
		}
	return n;
}

static bool add_three(struct test_run *t, struct parts *p)
{
	return parts_get(t, p, 1, t->param) && parts_add(t, p, 0, 1) && parts_add(t, p, 1, 1) &&
	       parts_add(t, p, 2, 1);
}

TEST(hotplug, subsection_neighbours,
     .claim = "if the middle of three sub-sections is removed, it faults on every CPU; both "
	      "neighbours and their struct pages stay readable, their entries unchanged; then it "
	      "is added again",
     .rows = "S2-31 S0-20 S0-50 L-04", .needs = NEED_RANGE | NEED_LEAF_TLB, .params = memmap_names,
     .rev = 2)
{
	static struct probes probes NOINIT;
	u64 low, high;
	struct parts p;

	if (!add_three(t, &p))
		return;
	low = hash_part(&p, 0);
	high = hash_part(&p, 2);
	subsections_prime(&probes, &p);
	for (unsigned round = 0; round < 4 && !test_aborted(); round++) {
		CHECK_EQ(t, wrong(&probes, 0, true) + wrong(&probes, 2, true), 0);
		CHECK_EQ(t, wrong(&probes, 1, true), 0);
		if (!parts_remove(t, &p, 1, 1))
			break;
		probes_run(&probes, cpus_online());
		CHECK_EQ(t, wrong(&probes, 1, false), 0);
		CHECK_EQ(t, wrong(&probes, 0, true) + wrong(&probes, 2, true), 0);
		CHECK_EQ(t, hash_part(&p, 1), 0);
		if (!parts_add(t, &p, 1, 1))
			break;
		subsections_prime(&probes, &p);
		CHECK_EQ(t, hash_part(&p, 0), low);
		CHECK_EQ(t, hash_part(&p, 2), high);
	}
	test_key(t, "probes=%u", cpus_online_nr() * probes.nr);
	parts_reset(&p);
}

TEST(hotplug, subsection_twin, .mutes_sanitizer = true,
     .claim = "without the TLBI the removed sub-section still reads, so subsection_neighbours can "
	      "fail",
     .rows = "S0-50", .needs = NEED_RANGE | NEED_LEAF_TLB, .params = memmap_names)
{
	static struct probes probes NOINIT;
	struct parts p;
	unsigned stale;

	if (!add_three(t, &p))
		return;
	subsections_prime(&probes, &p);
	omit_begin(OMIT_ALL);
	parts_remove(t, &p, 1, 1);
	probes_run(&probes, cpus_online());
	omit_end();
	stale = wrong(&probes, 1, false);
	omit_flush();
	probes_run(&probes, cpus_online());
	omit_stale(t, stale, cpus_online_nr() * PER_PART);
	CHECK_EQ(t, wrong(&probes, 1, false), 0);
	parts_reset(&p);
}

/* ---- any order ---- */

static const char *const apart[] = { "host", "block", NULL };

TEST(hotplug, subsection_orders,
     .claim = "sub-sections of one add are removed in parts, in any order, and added again beside "
	      "the rest",
     .rows = "S2-31 B-04 L-04", .identity = true, .needs = NEED_RANGE, .params = apart)
{
	u64 nr = min_u64(layout.block_bytes / layout.subsection_bytes, 16), there = 0;
	struct parts p;

	if (!parts_get(t, &p, 1, t->param))
		return;
	if (!parts_add(t, &p, 0, nr))
		return;
	there = BIT(nr) - 1;
	for (unsigned i = 0; i < 64 && !t->failed && !test_aborted(); i++) {
		u64 at = rng_below(&t->rng, nr);

		if (there & BIT(at))
			parts_remove(t, &p, at, 1);
		else
			parts_add(t, &p, at, 1);
		there ^= BIT(at);
		for (u64 k = 0; k < nr; k++)
			CHECK_EQ(t, hash_part(&p, k) != 0, (there & BIT(k)) != 0);
	}
	parts_reset(&p);
}

/* ---- equal adds are merged into one range, others stay separate ---- */

static bool is_range(const struct parts *p, u64 i, u64 nr, unsigned node, const char *scheme,
		     bool leaves)
{
	const struct subsection_range *s = subsection_find(part_pfn(p, i), 1);

	return s && s->pfn == part_pfn(p, i) && s->nr == nr * subsection_pages() &&
	       s->node == node && s->leaves == leaves && !strcmp(s->memmap->s.name, scheme) &&
	       page_node(pfn_to_page(s->pfn)) == node;
}

TEST(hotplug, subsection_apart,
     .claim = "adjacent sub-sections of different nodes, memmaps or kinds of owner stay separate "
	      "ranges; equal ones are merged",
     .rows = "S2-31 L-04", .identity = true, .needs = NEED_RANGE)
{
	struct parts p;

	if (!parts_get(t, &p, 1, "host"))
		return;
	if (layout.block_bytes / layout.subsection_bytes < 6) {
		test_skip(t, "a block has fewer than six sub-sections");
		return;
	}
	p.r.node = 0;
	parts_add(t, &p, 0, 1);
	parts_add(t, &p, 1, 1);
	p.r.node = 1;
	parts_add(t, &p, 2, 1);
	parts_add(t, &p, 3, 1);
	p.r.opts.memmap = test_memmap(t, "block");
	parts_add(t, &p, 4, 1);
	p.r.opts.leaves = true;
	parts_add(t, &p, 5, 1);
	CHECK(t, is_range(&p, 0, 2, 0, "host", false));
	CHECK(t, is_range(&p, 2, 2, 1, "host", false));
	CHECK(t, is_range(&p, 4, 1, 1, "block", false));
	CHECK(t, is_range(&p, 5, 1, 1, "block", true));
	parts_reset(&p);
}

/* ---- refusals ---- */

struct subsection_refusal {
	struct test_run *t;
	struct parts p;
	struct why why;
};

static void subsections_refused(struct subsection_refusal *f, int got, int code, const char *what,
				const char *says)
{
	if (got != -code)
		test_fail(f->t, __FILE__, __LINE__, "%s: %s, wanted %s", what, err_name(got),
			  err_name(-code));
	else if (!strstr(f->why.text, says))
		test_fail(f->t, __FILE__, __LINE__, "%s: '%s' does not contain '%s'", what,
			  f->why.text, says);
}

static int add(struct subsection_refusal *f, paddr_t pa, u64 len)
{
	return subsection_add(pa, len, f->p.r.node, &f->p.r.opts, NULL, &f->why);
}

static int remove(struct subsection_refusal *f, paddr_t pa, u64 len)
{
	return subsection_remove(pa, len, &f->p.r.opts, NULL, &f->why);
}

/* No sub-section exists. */
static void refuse_ranges(struct subsection_refusal *f)
{
	paddr_t pa = f->p.r.pa, base;
	u64 unit = f->p.unit, span;

	layout_mappable(&base, &span);
	subsections_refused(f, add(f, pa + page_size(), unit), EINVAL, "misaligned",
			    "whole sub-sections");
	subsections_refused(f, add(f, pa, unit / 2), EINVAL, "half a sub-section",
			    "whole sub-sections");
	subsections_refused(f, add(f, pa, 0), EINVAL, "empty", "is empty");
	subsections_refused(f, add(f, -unit, 2 * unit), EINVAL, "wrapping", "wraps");
	subsections_refused(f, add(f, base + span, unit), ERANGE, "beyond the linear map",
			    layout.fmt->name);
	subsections_refused(f, add(f, base + span - unit, unit), ENXIO, "no memory there",
			    "no memory is withheld");
	subsections_refused(f, add(f, boot_ram(layout.block_bytes), unit), EEXIST, "boot memory",
			    "boot memory");
	subsections_refused(f, remove(f, boot_ram(layout.block_bytes), unit), EPERM,
			    "remove of boot memory", "boot memory");
	subsections_refused(f, remove(f, pa, unit), ENXIO, "remove of absent", "is not there");
}

/* Sub-sections 1 and 2 are present. */
static void refuse_present(struct subsection_refusal *f)
{
	paddr_t pa = part_pa(&f->p, 1);
	u64 unit = f->p.unit, block = layout.block_bytes;

	subsections_refused(f, add(f, pa, unit), EEXIST, "again", "overlaps the sub-sections");
	subsections_refused(f, add(f, pa - unit, 4 * unit), EEXIST, "over them",
			    "overlaps the sub-sections");
	subsections_refused(f,
			    hotplug_add(f->p.r.pa, block, f->p.r.node, &f->p.r.opts, NULL, &f->why),
			    EEXIST, "the block over them", "overlaps the sub-sections");
	subsections_refused(f, hotplug_online(f->p.r.pa, block, ZONE_MOVABLE, NULL, &f->why), ENXIO,
			    "online", "which have no state");
	subsections_refused(f, hotplug_remove(f->p.r.pa, block, NULL, NULL, &f->why), ENXIO,
			    "the block, which is not there", "only sub-sections");
	subsections_refused(f, remove(f, pa, 3 * unit), ENXIO, "more than is there",
			    "is not there");
	subsections_refused(f, remove(f, pa - unit, 2 * unit), ENXIO, "one before", "is not there");
	subsections_refused(f, hotplug_may_release(pa, unit, &f->why), EBUSY, "ejecting them",
			    "are there");
	if (strcmp(f->t->param, "device"))
		return;
	subsections_refused(f, remove(f, pa, unit), EBUSY, "the front of a device", "as a whole");
	subsections_refused(f, remove(f, pa + unit, unit), EBUSY, "the back of a device",
			    "as a whole");
}

/* The whole block is present. */
static void refuse_in_block(struct subsection_refusal *f)
{
	paddr_t pa = part_pa(&f->p, 1);

	subsections_refused(f, add(f, pa, f->p.unit), EEXIST, "inside a block", "overlaps block");
	subsections_refused(f, remove(f, pa, f->p.unit), EINVAL, "part of a block",
			    "is removed as a whole");
}

TEST(hotplug, subsection_refusals,
     .claim = "misaligned, overlapping, absent or unreachable ranges, boot memory, a block over "
	      "sub-sections and sub-sections of a block are refused with a sentence; nothing "
	      "changes",
     .rows = "V-08 S1-45 S0-38 S2-31 B-04", .needs = NEED_RANGE, .params = memmap_names)
{
	struct subsection_refusal f = { .t = t };
	struct digest d[6];

	if (!parts_get(t, &f.p, 1, t->param))
		return;
	digest_take(&d[0]);
	refuse_ranges(&f);
	digest_take(&d[1]);
	if (!parts_add(t, &f.p, 1, 2))
		return;
	digest_take(&d[2]);
	refuse_present(&f);
	digest_take(&d[3]);
	parts_remove(t, &f.p, 1, 2);
	if (!range_add(t, &f.p.r))
		return;
	digest_take(&d[4]);
	refuse_in_block(&f);
	digest_take(&d[5]);
	for (unsigned i = 0; i < ARRAY_SIZE(d); i += 2)
		CHECK_OK(t, digest_compare(&d[i], &d[i + 1], &f.why), &f.why);
	range_remove(t, &f.p.r);
	range_reset(&f.p.r);
}

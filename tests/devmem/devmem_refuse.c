/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refused device ranges, and refused operations of other subsystems on a device range: each with
 * one sentence, and no state changes.
 */
#include <lib/string.h>
#include <mm/hotplug/subsection.h>
#include <mm/page/region.h>
#include <tests/harness/devmem_fixture.h>

static const char *const shapes[] = { "host", "device-min", NULL };

struct devmem_refusal {
	struct devrange d;
	struct why why;
};

static void devmem_refused(struct devmem_refusal *f, int got, int code, const char *what,
			   const char *says)
{
	if (got != -code)
		test_fail(f->d.t, __FILE__, __LINE__, "%s: %s, wanted %s (%s)", what, err_name(got),
			  err_name(-code), f->why.text);
	else if (!strstr(f->why.text, says))
		test_fail(f->d.t, __FILE__, __LINE__, "%s: '%s' does not contain '%s'", what,
			  f->why.text, says);
}

static int claim(struct devmem_refusal *f, paddr_t pa, u64 len, struct devmem_opts o)
{
	return devmem_claim(pa, len, f->d.r.node, &o, &f->why);
}

static int mode(struct devmem_refusal *f, paddr_t pa, u64 len, enum devmem_mode to)
{
	return devmem_set_mode(pa, len, to, NULL, &f->why);
}

/* No device range exists. */
static void refuse_shapes(struct devmem_refusal *f)
{
	u64 unit = layout.subsection_bytes, min = devmem_compound_min(), len = f->d.r.len;
	struct devmem_opts o = f->d.opts, c = o;
	paddr_t pa = f->d.r.pa, base;
	u64 span;

	layout_mappable(&base, &span);
	o.compound = 0;
	devmem_refused(f, claim(f, pa + page_size(), unit, o), EINVAL, "misaligned",
		       "sub-sections");
	devmem_refused(f, claim(f, pa, 0, o), EINVAL, "empty", "is empty");
	devmem_refused(f, claim(f, -unit, 2 * unit, o), EINVAL, "wrapping", "wraps");
	devmem_refused(f, claim(f, base + span, unit, o), ERANGE, "beyond reach", layout.fmt->name);
	devmem_refused(f, claim(f, base + span - unit, unit, o), ENXIO, "no memory there",
		       "is withheld");
	devmem_refused(f, claim(f, boot_ram(unit), unit, o), EEXIST, "boot memory", "boot memory");
	c.compound = min / 2;
	devmem_refused(f, claim(f, pa, len, c), EINVAL, "a small compound", "a power of two from");
	c.compound = 3 * min;
	devmem_refused(f, claim(f, pa, 3 * min, c), EINVAL, "an odd compound",
		       "a power of two from");
	c.compound = 2 * GiB;
	devmem_refused(f, claim(f, pa, len, c), EINVAL, "a large compound", "to 1G");
	c.compound = 2 * min;
	devmem_refused(f, claim(f, pa, min, c), EINVAL, "half a compound", "whole compounds");
	devmem_refused(f, mode(f, pa, len, DEVMEM_DAX), ENXIO, "nobody's", "no device range");
	devmem_refused(f, devmem_release(pa, len, &f->why), ENXIO, "nobody's", "no device range");
}

static void refuse_schemes(struct devmem_refusal *f)
{
	struct devmem_opts o = { .memmap = test_memmap(f->d.t, "block") };

	devmem_refused(f, claim(f, f->d.r.pa, f->d.r.len, o), EINVAL, "memmap=block",
		       "has no blocks");
	o = (struct devmem_opts) { .compound = devmem_compound_min() };
	devmem_refused(f, claim(f, f->d.r.pa, o.compound, o), EINVAL, "one compound",
		       "nothing would be left");
}

/* The range is present, raw and then dax. */
static void refuse_claimed(struct devmem_refusal *f)
{
	const struct devrange *d = &f->d;
	u64 unit = layout.subsection_bytes, len = d->r.len;
	paddr_t pa = d->r.pa;
	struct devmem_opts o = { .memmap = d->opts.memmap };
	struct devmem_cost c;

	devmem_refused(f, claim(f, pa, unit, o), EEXIST, "again", "overlaps the device range");
	devmem_refused(f, devmem_cost(pa, unit, d->r.node, &o, &c, &f->why), EEXIST, "its cost",
		       "overlaps the device range");
	devmem_refused(f, hotplug_add(pa, len, d->r.node, &d->r.opts, NULL, &f->why), EEXIST,
		       "a block", "overlaps the device range");
	devmem_refused(f, subsection_add(pa, unit, d->r.node, &d->r.opts, NULL, &f->why), EEXIST,
		       "a sub-section", "overlaps the device range");
	devmem_refused(f, hotplug_may_release(pa, unit, &f->why), EBUSY, "ejecting it", "is there");
	devmem_refused(f, mode(f, pa, len / 2, DEVMEM_RAW), ENXIO, "a part of it",
		       "no device range");
	devmem_refused(f, mode(f, pa, len, DEVMEM_MODES), EINVAL, "a mode that is none",
		       "there is raw");
	devmem_refused(f, hotplug_remove(pa, len, NULL, NULL, &f->why), ENXIO, "as a block",
		       "not there");
	devmem_refused(f, subsection_remove(pa, unit, NULL, NULL, &f->why), ENXIO,
		       "as a sub-section", "not there");
}

TEST(devmem, refusals,
     .claim = "ranges that are misaligned, absent or overlapping, bad compounds and wrong modes "
	      "are refused with a sentence; nothing changes",
     .rows = "S1-28 S1-40 S2-06 V-08 S1-45", .needs = NEED_RANGE, .params = shapes)
{
	struct devmem_refusal f = { 0 };
	struct digest d[6];
	paddr_t pa;
	u64 len;

	if (!devrange_get(t, &f.d))
		return;
	pa = f.d.r.pa;
	len = f.d.r.len;
	digest_take(&d[0]);
	refuse_shapes(&f);
	refuse_schemes(&f);
	digest_take(&d[1]);
	if (!devrange_claim(&f.d))
		return;
	digest_take(&d[2]);
	refuse_claimed(&f);
	devmem_refused(&f, mode(&f, pa, len, DEVMEM_RAW), EBUSY, "raw again", "is raw already");
	digest_take(&d[3]);
	if (!devrange_mode(&f.d, DEVMEM_DAX))
		return;
	digest_take(&d[4]);
	refuse_claimed(&f);
	devmem_refused(&f, mode(&f, pa, len, DEVMEM_DAX), EBUSY, "dax again", "is dax already");
	devmem_refused(&f, devmem_release(pa, len, &f.why), EBUSY, "in use", "is dax, not raw");
	digest_take(&d[5]);
	for (unsigned i = 0; i < ARRAY_SIZE(d); i += 2)
		CHECK_OK(t, digest_compare(&d[i], &d[i + 1], &f.why), &f.why);
	devrange_mode(&f.d, DEVMEM_RAW);
	devrange_release(&f.d);
	devrange_reset(&f.d);
}

TEST(devmem, kmem_blocks,
     .claim = "only whole blocks become RAM; a range of sub-sections stays dax",
     .rows = "S1-28 V-08", .needs = NEED_RANGE, .params = shapes)
{
	struct digest before, after;
	struct why why = { 0 };
	struct devrange d;

	if (!devrange_get(t, &d))
		return;
	d.r.len = max_u64(2 * layout.subsection_bytes, d.opts.compound);
	if (d.opts.memmap->where == MEMMAP_IN_FIRST_BLOCKS)
		d.r.len = max_u64(d.r.len, 2 * d.opts.compound);
	if (d.r.len % layout.block_bytes == 0) {
		test_skip(t, "two compounds are a block");
		return;
	}
	if (!devrange_up(&d))
		return;
	digest_take(&before);
	CHECK_REFUSED(t, devmem_set_mode(d.r.pa, d.r.len, DEVMEM_KMEM, NULL, &why), EINVAL, &why);
	CHECK(t, strstr(why.text, "whole blocks") != NULL);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S1-28: a device may have labels or a superblock at its front.  With a reserve the memmap begins
 * after them, and data after the memmap.
 */
#include <tests/harness/devmem_fixture.h>

static const char *const shapes[] = { "device", "device-min", NULL };

#define RESERVE (2 * MiB)
#define STEP (64 * KiB)

static u64 word_at(u64 at)
{
	return ~(at * 0x9e3779b97f4a7c15ul);
}

/* Write through a map whose memmap is in other memory. */
static bool write_labels(struct devrange *d)
{
	struct devmem_opts own = d->opts;
	bool up;

	d->opts = (struct devmem_opts) { .memmap = test_memmap(d->t, "host") };
	up = devrange_up(d);
	for (u64 at = 0; up && at < RESERVE; at += STEP)
		*(volatile u64 *)pa_ptr(d->r.pa + at) = word_at(at);
	d->opts = own;
	return up && devrange_mode(d, DEVMEM_RAW) && devrange_release(d);
}

static u64 count_lost(const struct devrange *d)
{
	u64 n = 0;

	for (u64 at = 0; at < RESERVE; at += STEP)
		n += *(volatile u64 *)pa_ptr(d->r.pa + at) != word_at(at);
	return n;
}

struct where {
	paddr_t lo, hi;
};

static int reserve_leaf(const struct pt_slot *s, void *arg)
{
	paddr_t pa = layout.fmt->pa(s->val, s->level, s->va);
	struct where *w = arg;

	w->lo = pa < w->lo ? pa : w->lo;
	w->hi = max_u64(w->hi, pa + pt_span(layout.fmt, s->level));
	return 0;
}

static void check_memmap(struct devrange *d)
{
	const struct devmem *m = devmem_find(devrange_pfn(d), 1);
	u64 bytes = memmap_bytes(d->r.len >> page_shift());
	struct where w = { .lo = ~0ul };

	pt_walk(&kpt, memmap_va(devrange_pfn(d)), bytes, PT_ON_LEAF, reserve_leaf, &w);
	CHECK_EQ(d->t, w.lo, d->r.pa + RESERVE);
	CHECK_EQ(d->t, page_provenance(pfn_to_page(w.lo >> page_shift())), PAGE_ALTMAP);
	CHECK(d->t, w.hi <= d->r.pa + m->data && m->data < d->r.len);
	CHECK_EQ(d->t, page_provenance(pfn_to_page((d->r.pa + m->data) >> page_shift())),
		 PAGE_DEVICE);
}

TEST(devmem, reserve_digest, .claim = "the digest differs if a struct page of the reserve differs",
     .rows = "S0-01 S1-28", .needs = NEED_RANGE, .params = shapes)
{
	struct digest before, after;
	struct why why = { 0 };
	struct devrange d;

	if (!devrange_get(t, &d))
		return;
	d.opts.reserve = RESERVE;
	if (!devrange_up(&d))
		return;
	digest_take(&before);
	for (u64 at = 0; at < RESERVE; at += RESERVE - page_size()) {
		struct page *p = pa_page(d.r.pa + at);

		if (at && d.opts.compound)
			break; /* tails share a read-only frame */
		p->refcount++;
		digest_take(&after);
		CHECK_EQ(t, digest_compare(&before, &after, &why), -EIO);
		p->refcount--;
	}
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

TEST(devmem, reserve,
     .claim = "if the memmap is in the range, its reserve is not written; without one the front is",
     .rows = "S1-28", .needs = NEED_RANGE, .params = shapes)
{
	struct digest before, after;
	struct why why = { 0 };
	struct devrange d;

	if (!devrange_get(t, &d) || !write_labels(&d))
		return;
	digest_take(&before);
	d.opts.reserve = page_size() / 2;
	CHECK_REFUSED(t, devmem_claim(d.r.pa, d.r.len, d.r.node, &d.opts, &why), EINVAL, &why);
	d.opts.reserve = d.r.len - page_size();
	CHECK_REFUSED(t, devmem_claim(d.r.pa, d.r.len, d.r.node, &d.opts, &why), EINVAL, &why);
	d.opts.reserve = RESERVE;
	if (!devrange_up(&d))
		return;
	CHECK_EQ(t, count_lost(&d), 0);
	check_memmap(&d);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	d.opts.reserve = 0;
	if (devrange_up(&d))
		CHECK(t, count_lost(&d) > 0);
	devrange_mode(&d, DEVMEM_RAW);
	devrange_release(&d);
	devrange_reset(&d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* ENGINE 6: memory of a bus is mapped non-cacheable, holds no kernel data, and is never RAM. */
#include <lib/string.h>
#include <mm/kernel/kpt.h>
#include <tests/harness/devmem_fixture.h>

static const char *const schemes[] = { "host", "host-min", NULL };

/* Count the pages of the range whose leaf lacks these attributes. */
static u64 others(const struct devrange *d, unsigned attributes)
{
	u64 n = 0;

	for (u64 at = 0; at < d->r.len; at += page_size()) {
		struct pt_slot slot;
		unsigned prot = 0;

		if (pt_lookup(&kpt, linear_va(d->r.pa + at), &slot) == PT_LEAF)
			prot = kpt.fmt->prot(slot.val, slot.level);
		n += !prot || (prot & (PT_NC | PT_DEVICE)) != attributes;
	}
	return n;
}

/* riscv64 without Svpbmt cannot encode the type in the entry; the platform's PMAs decide. */
static unsigned not_cacheable(void)
{
	return kpt.fmt->pbmt_prot & PT_NC && !(kpt.caps & PT_CAP_PBMT) ? 0 : PT_NC;
}

static void write_and_read(struct test_run *t, const struct devrange *d)
{
	volatile u64 *last = pa_ptr(d->r.pa + d->r.len - sizeof(u64));

	*last = d->r.pa;
	CHECK_EQ(t, *last, d->r.pa);
}

TEST(devmem, uncached,
     .claim = "all memory of a bus is mapped non-cacheable, with struct pages elsewhere; it cannot "
	      "become RAM; an add and a removal leave the digest equal",
     .rows = "S1-28 S2-06", .needs = NEED_RANGE, .params = schemes)
{
	struct digest before, after;
	struct why why = { 0 };
	struct devrange d;

	if (!devrange_get(t, &d))
		return;
	d.opts.uncached = true;
	digest_take(&before);
	if (devrange_up(&d)) {
		CHECK_EQ(t, others(&d, not_cacheable()), 0);
		CHECK_EQ(t, d.r.report.memmap_host_bytes > 0, true);
		write_and_read(t, &d);
		CHECK_REFUSED(t, devmem_set_mode(d.r.pa, d.r.len, DEVMEM_KMEM, NULL, &why), EPERM,
			      &why);
		CHECK_EQ(t, others(&d, not_cacheable()), 0);
		devrange_mode(&d, DEVMEM_RAW);
		CHECK_REFUSED(t, devmem_set_mode(d.r.pa, d.r.len, DEVMEM_KMEM, NULL, &why), EPERM,
			      &why);
		devrange_release(&d);
	}
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	d.opts.memmap = test_memmap(t, "device");
	CHECK_REFUSED(t, devmem_claim(d.r.pa, d.r.len, d.r.node, &d.opts, &why), EINVAL, &why);
	CHECK(t, strstr(why.text, "memmap=device") != NULL);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	d.opts.uncached = false;
	d.opts.memmap = test_memmap(t, "host");
	if (devrange_up(&d)) /* memory that is not of a bus is cacheable */
		CHECK_EQ(t, others(&d, 0), 0);
	devrange_reset(&d);
}

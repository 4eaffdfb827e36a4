/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * V-04, S1-26: unplugged memory is neither read nor written, whether the device requires that
 * (UNPLUGGED_INACCESSIBLE) or not; and after a resize that fails at any point the device and the
 * kernel agree on the plugged parts.
 */
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/inject/inject_runs.h>
#include <tests/virtio/fake_mem.h>

#define MARK 0x6e6f7420706c7567ul

/* Access the first word of each part through a separate mapping, since the linear map does not map
 * it yet. */
static u64 marks(struct test_run *t, const struct range *r, u64 first, bool write)
{
	vaddr_t va = vmalloc_va_alloc(1);
	u64 right = 0;

	for (u64 at = first * FAKE_MEM_PART; CHECK(t, va != 0) && at < r->len;
	     at += FAKE_MEM_PART) {
		paddr_t pa = r->pa + at;

		if (!CHECK_EQ(t, vmalloc_map(va, &pa, 1, PT_R | PT_W | PT_GLOBAL), 0))
			break;
		if (write)
			*(volatile u64 *)va_ptr(va) = MARK ^ at;
		right += *(volatile u64 *)va_ptr(va) == (MARK ^ at);
		vmalloc_unmap(va, 1);
	}
	if (va)
		vmalloc_va_free(va, 1);
	return right;
}

static const char *const kinds[] = { "demanded", "not-demanded", NULL };

TEST(virtio, inaccessible,
     .claim = "unplugged parts are not accessed while their block is added, filled and removed, "
	      "also if the device does not forbid it",
     .rows = "V-04 S1-26", .needs = NEED_RANGE, .params = kinds)
{
	struct why why = { 0 };
	struct fake_mem_stage s;
	struct test_hog h;
	u64 some = fake_mem_per_block() + 3, rest = fake_mem_per_block() - 3;

	if (!fake_mem_new(t, &s))
		return;
	if (!strcmp(t->param, "not-demanded"))
		fake_mem.features &= ~VIRTIO_MEM_INACCESSIBLE;
	marks(t, &s.r, some, true);
	CHECK_OK(t, fake_mem_start(&why), &why);
	fake_mem_resize(some);
	hog_init(&h);
	hog_orders(&h, ZONE_MOVABLE, 0);
	hog_drop(&h);
	fake_mem_resize(0);
	CHECK_EQ(t, marks(t, &s.r, some, false), rest);
	fake_mem_end(t, &s);
}

/* Make point n fail during a resize to `parts`.  Returns the number of points that failed. */
static u64 fail_at(u64 n, u64 parts)
{
	struct inject how = { .at = n,
			      .points = ~(u32)(BIT(FAIL_LOCK) | BIT(FAIL_RETRY) | BIT(FAIL_UNLOCK)),
			      .mine = inject_here };
	struct inject_count c;

	inject_begin(&how);
	fake_mem_resize(parts);
	inject_end(&c);
	return c.failed;
}

TEST(virtio, inject,
     .claim = "the next change of size repairs one that failed at any point: the maps of device "
	      "and kernel agree, and no state remains",
     .rows = "V-04 S0-38", .needs = NEED_RANGE, .slow = true, .timeout_s = 300)
{
	const u64 whole = fake_mem_per_block(),
		  sizes[] = { whole, whole + 1, whole + 2, whole + 1, 0 };
	void (*log)(const struct event_record *) = event_printer;
	struct why why = { 0 };
	u64 parts, points = 0;
	struct fake_mem_stage s;

	if (!fake_mem_begin(t, &s))
		return;
	event_printer = NULL; /* suppress hundreds of refusals */
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		for (u64 n = 1; !t->failed && !test_aborted(); n++) {
			u64 before = i ? sizes[i - 1] : 0, failed = fail_at(n, sizes[i]);

			points += failed;
			CHECK_OK(t, virtio_mem_audit(&parts, &why), &why);
			if (!failed)
				break;
			fake_mem_resize(before);
			CHECK_EQ(t, fake_mem_plugged(), before);
		}
	event_printer = log;
	test_key(t, "points=%lu", points);
	fake_mem_end(t, &s);
}

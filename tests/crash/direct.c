/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/crash/direct.c - a store to a page that its owner made read-only, and a free of such a
 * page, end in reports. */
#include <tests/direct/direct.h>

static const char *const shape[] = { "large", NULL };

TEST(crash, direct_store,
     .claim = "a store to a page that was made read-only ends in a report that describes the page",
     .rows = "S1-06", .needs = NEED_RANGE, .params = shape)
{
	struct direct d;
	struct why why = { 0 };

	if (direct_get(t, &d) && CHECK_OK(t, set_direct(d.page, DIRECT_READ, &why), &why))
		*(volatile u64 *)va_ptr(d.va) = 0;
}

TEST(crash, direct_free,
     .claim = "a page that is freed while its rights are changed ends in a report", .rows = "S1-06",
     .needs = NEED_RANGE, .params = shape)
{
	struct direct d;
	struct why why = { 0 };

	if (direct_get(t, &d) && CHECK_OK(t, set_direct(d.page, DIRECT_NONE, &why), &why))
		page_free(d.page, 0);
}

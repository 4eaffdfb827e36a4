/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/crash/tail.c - a stray store to shared struct pages ends in a report. */
#include <tests/harness/devmem_fixture.h>

static const char *const shape[] = { "host-min", NULL };

TEST(crash, write_tail,
     .claim = "a store through a shared tail of a compound ends in a report that describes it",
     .rows = "S1-40", .needs = NEED_RANGE, .params = shape)
{
	struct devrange d;

	if (devrange_get(t, &d) && devrange_up(&d))
		*(volatile u64 *)va_ptr(memmap_va(devrange_pfn(&d)) + page_size()) = 0;
}

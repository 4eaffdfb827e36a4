/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/crash/poison.c - a store to a freed page is detected when the page is allocated again. */
#include <lib/assert.h>
#include <tests/harness/util.h>

TEST(crash, write_after_free,
     .claim = "a page written after it was freed ends the run when it is allocated again",
     .rows = "S0-36")
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "crash");
	u64 *word = page_ptr(p);
	struct test_hog hog;

	(void)t;
	page_free(p, 0);
	word[100] = 0xdead;
	hog_init(&hog);
	hog_orders(&hog, ZONE_NORMAL, 0);
}

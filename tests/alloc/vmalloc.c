/* SPDX-License-Identifier: BSD-2-Clause */
/* vmalloc: zeroed pages, mapped one by one, followed by an unmapped page; vfree() makes them fault.
 */
#include <kern/probe.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

TEST(alloc, vmalloc_guard,
     .claim = "vmalloc returns zeroed pages followed by an unmapped page; freed, they fault")
{
	u64 n = 5, len = n * page_size(), value, wrong = 0,
	    before = buddy_free_total() + table_pages();
	u64 *word = vmalloc(n, 0, "vmalloc_guard");

	if (!CHECK(t, word != NULL))
		return;
	for (u64 i = 0; i < len / 8; i++)
		wrong += word[i] != 0;
	CHECK_EQ(t, wrong, 0);
	for (u64 i = 0; i < n; i++)
		word[i * page_size() / 8] = i;
	CHECK(t, probe_load64(ptr_va(word) + len, &value) != 0);
	CHECK(t, probe_exec(ptr_va(word)) != 0);
	vfree(word, n);
	vmalloc_purge(); /* vmalloc-lazy= */
	for (u64 i = 0; i < n; i++)
		CHECK(t, probe_load64(ptr_va(word) + i * page_size(), &value) != 0);
	CHECK_EQ(t, buddy_free_total() + table_pages(), before);
}

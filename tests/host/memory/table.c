/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memory/table.c - table pages: their origin, zeroing, counts, failures. */
#include "memory.h"
#include <string.h>

static void never_from_removable_memory(void **state)
{
	struct block *hot;
	paddr_t pa;
	u64 nr = 0;

	(void)state;
	machine_new();
	hot = machine_block(0);
	hot->boot = false;
	hot->zone = ZONE_NORMAL;
	buddy_give(hot->first_pfn, block_pages(), 0, ZONE_NORMAL);
	assert_int_equal(table_alloc(0), PA_NONE);
	buddy_give(hot->first_pfn + block_pages(), 8, 0, ZONE_NORMAL);
	while ((pa = table_alloc(0)) != PA_NONE) {
		assert_true(block_find(pa >> 12)->boot);
		nr++;
	}
	assert_int_equal(nr, 8);
	assert_int_equal(buddy_free_pages(0, ZONE_NORMAL), block_pages());
	assert_non_null(page_alloc(0, ZONE_NORMAL, 0, "test"));
}

static void zeroed_and_counted(void **state)
{
	u64 ctor, dtor, ctor2, dtor2, before;
	paddr_t pa;

	(void)state;
	machine_new();
	buddy_give(RAM_PFN, 1, 0, ZONE_NORMAL);
	table_counts(&ctor, &dtor);
	before = table_pages();
	memset(pa_ptr(RAM_PA), 0xff, 4096);
	pa = table_alloc(3); /* node 3 has no memory: the nearest node that has */
	assert_int_equal(pa, RAM_PA);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_equal(((char *)pa_ptr(pa))[i], 0);
	assert_int_equal(page_provenance(pa_page(pa)), PAGE_TABLE);
	assert_int_equal(table_pages(), before + 1);
	assert_int_equal(table_alloc(0), PA_NONE);
	table_free(pa);
	table_counts(&ctor2, &dtor2);
	assert_int_equal(ctor2 - ctor, 1);
	assert_int_equal(dtor2 - dtor, 1);
	assert_int_equal(buddy_free_total(), 1);
}

static void fails_when_told(void **state)
{
	(void)state;
	machine_new();
	buddy_give(RAM_PFN, 16, 0, ZONE_NORMAL);
	table_fail_at(3);
	assert_int_not_equal(table_alloc(0), PA_NONE);
	assert_int_not_equal(table_alloc(0), PA_NONE);
	assert_int_equal(table_alloc(0), PA_NONE);
	assert_int_not_equal(table_alloc(0), PA_NONE);
	table_fail_at(0);
	assert_int_not_equal(table_alloc(0), PA_NONE);
}

int run_table_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_from_removable_memory),
		cmocka_unit_test(zeroed_and_counted),
		cmocka_unit_test(fails_when_told),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}

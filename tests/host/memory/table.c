/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memory/table.c - table pages: their origin, zeroing, counts, failures. */
#include "memory.h"
#include <mm/page/buddy_zone.h>
#include <string.h>

#define NODES 4

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

/* ---- nodes ---- */

static void give_each_node_a_page(unsigned nodes)
{
	machine_new();
	for (unsigned i = 0; i < nodes; i++)
		buddy_give(RAM_PFN + 2 * i, 1, i, ZONE_NORMAL);
}

static unsigned distance(unsigned a, unsigned b)
{
	return a > b ? a - b : b - a;
}

/* One page on each node: they are allocated by distance, also for a node without memory. */
static void the_nearest_node_first(void **state)
{
	(void)state;
	for (unsigned node = 0; node < NODES + 2; node++) {
		unsigned last = 0, seen = 0;

		give_each_node_a_page(NODES);
		for (unsigned i = 0; i < NODES; i++) {
			paddr_t pa = table_alloc(node);
			unsigned from;

			assert_int_not_equal(pa, PA_NONE);
			from = (unsigned)(pa - RAM_PA) / 8192;
			assert_int_equal(page_node(pa_page(pa)), from);
			assert_true(distance(node, from) >= last);
			last = distance(node, from);
			seen |= 1u << from;
		}
		assert_int_equal(seen, (1u << NODES) - 1);
		assert_int_equal(table_alloc(node), PA_NONE);
	}
	give_each_node_a_page(NODES_MAX);
	for (unsigned i = 0; i < NODES_MAX; i++)
		assert_int_not_equal(table_alloc(NODES_MAX - 1), PA_NONE);
	assert_int_equal(table_alloc(NODES_MAX - 1), PA_NONE);
	assert_int_equal(table_alloc(0), PA_NONE);
}

/* ---- one page ---- */

static void what_a_struct_page_says(void **state)
{
	struct page *p;
	paddr_t pa;

	(void)state;
	machine_new();
	buddy_give(RAM_PFN, 1, 2, ZONE_NORMAL);
	p = pa_page(RAM_PA);
	p->table.next = (struct pt_link *)p;
	pa = table_alloc(2);
	assert_int_equal(pa, RAM_PA);
	assert_int_equal(p->flags, PAGE_FLAGS(PAGE_TABLE, PAGE_USED, 0, 2));
	assert_int_equal(p->refcount, 1);
	assert_string_equal(p->owner, "page table");
	assert_null(p->table.next);
	table_free(pa);
	assert_int_equal(page_provenance(p), PAGE_BUDDY);
	assert_int_equal(page_state(p), PAGE_FREE);
	expect_assert_failure(table_free(pa));
	assert_string_equal(global_last_failed_assert,
			    "table_free takes PAGE_TABLE, this page is PAGE_BUDDY");
	assert_int_equal(buddy_free_total(), 1);
}

/* A store to a free page is found when the page becomes a table. */
static void check_late_write(u64 word)
{
	paddr_t pa;

	machine_new();
	buddy_give(RAM_PFN, 1, 0, ZONE_NORMAL);
	buddy_poison = true;
	pa = table_alloc(0);
	table_free(pa);
	assert_int_equal(((u64 *)pa_ptr(pa))[511], BUDDY_POISON);
	((u64 *)pa_ptr(pa))[511] = word;
	if (word == BUDDY_POISON) {
		assert_int_equal(table_alloc(0), pa);
	} else {
		expect_assert_failure(table_alloc(0));
	}
	machine_new();
}

static void a_late_write_is_found(void **state)
{
	(void)state;
	check_late_write(BUDDY_POISON);
	check_late_write(1);
}

/* The poison ends with the page: the next page is in use. */
static void poison_stays_in_its_page(void **state)
{
	u64 *words = pa_ptr(RAM_PA);

	(void)state;
	machine_new();
	buddy_give(RAM_PFN + 1, 1, 0, ZONE_NORMAL);
	assert_int_equal(table_alloc(0), RAM_PA + 4096);
	words[511] = words[1024] = 0x77;
	buddy_poison = true;
	table_free(RAM_PA + 4096);
	assert_int_equal(words[511], 0x77);
	assert_int_equal(words[512], BUDDY_POISON);
	assert_int_equal(words[1023], BUDDY_POISON);
	assert_int_equal(words[1024], 0x77);
	machine_new();
}

/* ---- calls of a tap ---- */

static struct pt_event heard[8];
static unsigned nr_heard;

static bool hear_table(struct pt_event *e)
{
	assert_true(nr_heard < ARRAY_SIZE(heard));
	heard[nr_heard++] = *e;
	return true;
}

static const struct pt_tap table_tap = { .name = "table", .before = hear_table };
PT_TAP(table, table_tap);

static void check_heard(unsigned i, unsigned kind, paddr_t pa)
{
	assert_int_equal(heard[i].kind, kind);
	assert_int_equal(heard[i].pa, pa);
	assert_int_equal(heard[i].provenance, PAGE_TABLE);
	assert_int_equal(heard[i].n, 1);
	assert_string_equal(heard[i].owner, "page table");
}

static void taps_hear_of_tables(void **state)
{
	struct page *pages[3];
	paddr_t pa;

	(void)state;
	give_each_node_a_page(3);
	nr_heard = 0;
	assert_int_equal(pt_tap_enable("table", true), 0);
	pa = table_alloc(1);
	table_free(pa);
	assert_int_equal(nr_heard, 2);
	check_heard(0, PT_EV_FRAME_ALLOC, pa);
	check_heard(1, PT_EV_FRAME_FREE, pa);
	for (unsigned i = 0; i < 3; i++)
		pages[i] = pa_page(table_alloc(i));
	nr_heard = 0;
	table_free_bulk(pages, 3);
	assert_int_equal(pt_tap_enable("table", false), 0);
	assert_int_equal(nr_heard, 3);
	for (unsigned i = 0; i < 3; i++)
		check_heard(i, PT_EV_FRAME_FREE, page_pa(pages[i]));
}

/* ---- many at once ---- */

/* By node, in the order of the list: `nodes` is one digit a page. */
static void free_bulk(const char *nodes)
{
	unsigned n = (unsigned)strlen(nodes), of_node[3] = { 0 };
	struct page *pages[17];
	u64 before;

	machine_new();
	for (unsigned i = 0; i < 3; i++)
		buddy_give(RAM_PFN + 64 * i, 16, i, ZONE_NORMAL);
	before = table_pages();
	for (unsigned i = 0; i < n; i++) {
		pages[i] = pa_page(table_alloc((unsigned)(nodes[i] - '0')));
		of_node[nodes[i] - '0']++;
	}
	pages[n] = NULL; /* no test reads it */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(buddy_free_pages(i, ZONE_NORMAL), 16 - of_node[i]);
	table_free_bulk(pages, n);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(buddy_free_pages(i, ZONE_NORMAL), 16);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(page_provenance(pages[i]), PAGE_BUDDY);
	assert_int_equal(table_pages(), before);
}

static void many_go_back_at_once(void **state)
{
	static const char *const rows[] = { "",    "0",     "00",      "01",       "001",
					    "011", "0110",  "2222222", "012012",   "100000001",
					    "2",   "12222", "0000111", "00001112", "0120" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		free_bulk(rows[i]);
}

/* A page that is freed twice is no longer a table, though none of the list is free yet. */
static void a_table_comes_back_once(void **state)
{
	struct page *twice[2];

	(void)state;
	give_each_node_a_page(2);
	twice[0] = twice[1] = pa_page(table_alloc(0));
	expect_assert_failure(table_free_bulk(twice, 2));
	assert_string_equal(global_last_failed_assert,
			    "table_free takes PAGE_TABLE, this page is PAGE_BUDDY");
	assert_int_equal(buddy_free_total(), 1); /* the other node's */
	machine_new();
}

int run_table_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_from_removable_memory),
		cmocka_unit_test(zeroed_and_counted),
		cmocka_unit_test(fails_when_told),
		cmocka_unit_test(the_nearest_node_first),
		cmocka_unit_test(what_a_struct_page_says),
		cmocka_unit_test(a_late_write_is_found),
		cmocka_unit_test(poison_stays_in_its_page),
		cmocka_unit_test(taps_hear_of_tables),
		cmocka_unit_test(many_go_back_at_once),
		cmocka_unit_test(a_table_comes_back_once),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}

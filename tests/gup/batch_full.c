/* SPDX-License-Identifier: BSD-2-Clause */
/* S3-21: batches of the test's own that have room for a few tables. */
#include <lib/string.h>
#include <mm/kernel/table_free.h>
#include <tests/harness/test.h>

#define ROOM 3
#define BATCHES 4
#define TABLES (ROOM * 2 + 1)

static struct small_batch {
	struct table_batch b;
	paddr_t table[ROOM];
	paddr_t behind; /* what a batch that overflows would write */
} small_batch[BATCHES];
static unsigned taken, given;
static u64 back; /* bits of tables */

static struct table_batch *take_small(void)
{
	struct small_batch *s = &small_batch[taken];

	if (taken == BATCHES)
		return NULL;
	taken++;
	memset(s, 0, sizeof(*s));
	s->b.max = ROOM;
	return &s->b;
}

static void give_small(struct table_batch *b)
{
	(void)b;
	given++;
}

static void small_back(struct table_free *f, paddr_t table)
{
	(void)f;
	back |= BIT(table);
}

TEST(gup, batch_full,
     .claim = "a batch that is full goes on its way, and the next table opens another",
     .rows = "S3-21")
{
	struct why why = { 0 };
	struct table_free f;

	taken = given = 0;
	back = 0;
	table_free_begin(&f, tables_scheme_find("batch", &why), small_back);
	f.batch_take = take_small;
	f.batch_give = give_small;
	for (paddr_t n = 0; n < TABLES; n++) {
		table_free_one(&f, n);
		CHECK_EQ(t, taken, n / ROOM + 1);
	}
	table_free_end(&f);
	for (unsigned i = 0; i < BATCHES; i++)
		CHECK_EQ(t, small_batch[i].behind, 0);
	CHECK_EQ(t, given, taken);
	CHECK_EQ(t, f.callbacks, 3);
	CHECK_EQ(t, f.waits, 0);
	CHECK_EQ(t, back, BIT(TABLES) - 1);
}

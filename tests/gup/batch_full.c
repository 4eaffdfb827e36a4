/* SPDX-License-Identifier: BSD-2-Clause */
/* S3-21: the test's own batches, which have room for a few tables. */
#include <lib/string.h>
#include <mm/kernel/table_free.h>
#include <tests/harness/test.h>

#define ROOM 3
#define BATCHES 4
#define TABLES (ROOM * 2 + 1)

static struct small_batch {
	struct table_batch b;
	paddr_t table[ROOM];
	paddr_t canary; /* overwritten by a batch that overflows */
} small_batch[BATCHES];
static unsigned allocated, freed;
static u64 freed_tables; /* bits of tables */

static struct table_batch *alloc_small(void)
{
	struct small_batch *s = &small_batch[allocated];

	if (allocated == BATCHES)
		return NULL;
	allocated++;
	memset(s, 0, sizeof(*s));
	s->b.max = ROOM;
	return &s->b;
}

static void free_small(struct table_batch *b)
{
	(void)b;
	freed++;
}

static void small_freed(struct table_free *f, paddr_t table)
{
	(void)f;
	freed_tables |= BIT(table);
}

TEST(gup, batch_full,
     .claim = "a full batch is passed to the grace period, and the next table starts another",
     .rows = "S3-21")
{
	struct why why = { 0 };
	struct table_free f;

	allocated = freed = 0;
	freed_tables = 0;
	table_free_begin(&f, tables_scheme_find("batch", &why), small_freed);
	f.batch_take = alloc_small;
	f.batch_give = free_small;
	for (paddr_t n = 0; n < TABLES; n++) {
		table_free_one(&f, n);
		CHECK_EQ(t, allocated, n / ROOM + 1);
	}
	table_free_end(&f);
	for (unsigned i = 0; i < BATCHES; i++)
		CHECK_EQ(t, small_batch[i].canary, 0);
	CHECK_EQ(t, freed, allocated);
	CHECK_EQ(t, f.callbacks, 3);
	CHECK_EQ(t, f.waits, 0);
	CHECK_EQ(t, freed_tables, BIT(TABLES) - 1);
}

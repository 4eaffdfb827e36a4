/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/tables/main.c - mm/kernel/table_free.c and mm/kernel/kpt_tables.c: every table is
 * freed once, not before its grace period, and the counts agree; a table that is held is freed
 * after the lock's release.
 */
#include <asserts.h>
#include <kern/cpu.h>
#include <kern/lock.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/table_free.h>
#include <mm/page/buddy.h>
#include <mm/page/page.h>
#include <stdlib.h>

#define PAGE 4096ul
#define FRAMES 1200u /* the last of them are for batches */
#define BATCHES 8u

static _Alignas(4096) u8 ram[FRAMES * PAGE];
static struct page pages[FRAMES];

static struct {
	struct grace_head *first, **last; /* that are deferred */
	bool back[FRAMES];                /* tables */
	bool batch[BATCHES];              /* pages of them that are out */
	unsigned nr_back, batches_most, given, waits, barriers, runs;
	u16 locks;
	bool waited; /* a grace period has passed since the last table was given */
} now;

u16 locks_held(void)
{
	return now.locks;
}

/* ---- grace periods ---- */

bool grace_defer(struct grace_head *h, void (*fn)(struct grace_head *))
{
	if (h->next)
		return false;
	h->fn = fn;
	h->next = (struct grace_head *)1; /* the last */
	*now.last = h;
	now.last = &h->next;
	return true;
}

void grace_barrier(void)
{
	struct grace_head *h = now.first;

	now.barriers++;
	*now.last = NULL;
	now.first = NULL;
	now.last = &now.first;
	now.waited = true;
	while (h) {
		struct grace_head *next = h->next;

		h->next = NULL;
		now.runs++;
		h->fn(h);
		h = next;
	}
}

void grace_wait(void)
{
	WANT(!now.locks);
	now.waits++;
	now.waited = true;
}

/* ---- frames ---- */

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	WANT(!node && zone == ZONE_NORMAL && !order && !strcmp(owner, "tables to free"));
	for (unsigned i = 0; i < now.batches_most; i++) {
		struct page *p = &pages[FRAMES - BATCHES + i];

		if (now.batch[i])
			continue;
		now.batch[i] = true;
		memset(page_ptr(p), 0x5a, PAGE);
		return p;
	}
	return NULL;
}

void page_free(struct page *p, unsigned order)
{
	unsigned i = (unsigned)(p - pages) - (FRAMES - BATCHES);

	WANT(!order && i < BATCHES && now.batch[i]);
	now.batch[i] = false;
}

static void note_back(paddr_t table)
{
	u64 i = table / PAGE;

	WANT(table % PAGE == 0 && i < FRAMES - BATCHES && !now.back[i]);
	if (i >= FRAMES - BATCHES || now.back[i])
		exit(1);
	now.back[i] = true;
	now.nr_back++;
}

void table_free(paddr_t table)
{
	note_back(table);
}

static void begin(unsigned batches)
{
	memset(&now, 0, sizeof(now));
	now.last = &now.first;
	now.batches_most = batches;
	memset(pages, 0, sizeof(pages));
	for (unsigned i = 0; i < FRAMES; i++)
		list_init(&pages[i].lru);
}

/* ---- an owner ---- */

static struct table_free *owner;
static bool at_once;

static void release(struct table_free *f, paddr_t table)
{
	WANT(f == owner && (at_once || now.waited));
	WANT(f->released == now.nr_back); /* counted when it is over */
	note_back(table);
}

static unsigned finishes;

static void by_batch(struct table_free *f, paddr_t table)
{
	if (!table_batch_add(f, table)) {
		now.waits++;
		now.waited = true;
		table_release(f, table);
	}
}

static void finish(struct table_free *f)
{
	finishes++;
	table_batch_defer(f);
}

static const struct tables_scheme batch_scheme = { .free = by_batch, .finish = finish };
static const struct tables_scheme defer_scheme = { .free = table_defer };
static const struct tables_scheme once_scheme = { .free = table_release };

static unsigned batches_of(unsigned tables)
{
	unsigned max = (PAGE - sizeof(struct table_batch)) / sizeof(paddr_t);

	return (tables + max - 1) / max;
}

static bool no_batch_out(void)
{
	bool out = false;

	for (unsigned i = 0; i < BATCHES; i++)
		out |= now.batch[i];
	return !out;
}

/* `most` of each round: tables given and not yet freed. */
static void check_batches(unsigned tables)
{
	struct table_free f;

	begin(BATCHES);
	owner = &f;
	memset(&f, 0x5a, sizeof(f));
	table_free_begin(&f, &batch_scheme, release);
	WANT(!f.freed && !f.released && !f.most && !f.callbacks && !f.waits && !f.open);
	finishes = 0;
	for (unsigned i = 0; i < tables; i++) {
		table_free_one(&f, i * PAGE);
		WANT(f.freed == i + 1 && f.most == i + 1 && !now.nr_back);
	}
	table_free_finish(&f);
	WANT(finishes == 1 && !f.open && !now.nr_back);
	table_free_end(&f);
	WANT(finishes == 2 && now.nr_back == tables && f.released == tables);
	WANT(f.callbacks == batches_of(tables) && now.runs == batches_of(tables));
	WANT(no_batch_out() && !f.waits && !now.waits);
	now.waited = false;
	table_free_one(&f, tables * PAGE);
	WANT(f.most == (tables ? tables : 1) && f.open);
	table_free_end(&f);
	WANT(f.released == tables + 1 && now.nr_back == tables + 1 && no_batch_out());
}

/* No page for a batch, or one alone: the scheme does without. */
static void check_no_memory(void)
{
	struct table_free f;

	begin(0);
	owner = &f;
	table_free_begin(&f, &batch_scheme, release);
	table_free_one(&f, 0);
	WANT(now.nr_back == 1 && f.released == 1 && f.most == 1);
	table_free_one(&f, PAGE);
	WANT(now.nr_back == 2 && f.released == 2 && f.most == 1 && now.waits == 2);
	now.waited = false;
	table_defer_batch(&f, 2 * PAGE); /* after a wait */
	WANT(f.waits == 1 && now.waits == 3 && now.nr_back == 3);
	now.batches_most = 1;
	now.waited = false;
	table_defer_batch(&f, 3 * PAGE);
	WANT(now.nr_back == 3 && f.waits == 1);
	grace_barrier();
	WANT(now.nr_back == 4 && now.back[3] && f.callbacks == 1 && no_batch_out());
	f.freed += 2; /* which table_defer_batch() does not count */
	table_free_end(&f);
}

/* ---- batches of the owner's ---- */

static u64 store[16];
static bool store_out;

static struct table_batch *take_own(void)
{
	struct table_batch *b = (struct table_batch *)store;

	if (store_out)
		return NULL;
	memset(store, 0, sizeof(store));
	b->max = 3;
	store_out = true;
	return b;
}

static void give_own(struct table_batch *b)
{
	WANT(store_out && b == (struct table_batch *)store);
	store_out = false;
	now.given++;
}

static void check_own(void)
{
	struct table_free f;

	begin(0);
	owner = &f;
	table_free_begin(&f, &batch_scheme, release);
	f.batch_take = take_own;
	f.batch_give = give_own;
	for (unsigned i = 0; i < 3; i++) {
		WANT(!now.first);
		table_free_one(&f, i * PAGE);
	}
	WANT(now.first && !f.open && store_out && !now.nr_back); /* full: on its way */
	table_free_one(&f, 3 * PAGE);                            /* there is no other */
	WANT(now.nr_back == 1 && now.waits == 1);
	now.waited = false;
	grace_barrier();
	WANT(now.nr_back == 4 && now.given == 1 && !store_out && f.callbacks == 1);
	table_free_one(&f, 4 * PAGE);
	WANT(store_out && f.open);
	table_free_end(&f);
	WANT(now.nr_back == 5 && now.given == 2 && !store_out && f.most == 4);
}

/* ---- a callback of its own for each, and at once ---- */

static void check_defer(void)
{
	struct table_free f;

	begin(0);
	owner = &f;
	table_free_begin(&f, &defer_scheme, release);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 5; i < 8; i++) {
			pages[i].defer =
				(struct grace_head) { (void *)&f, NULL }; /* a link before */
			now.back[i] = false;
			table_free_one(&f, i * PAGE);
		}
		WANT(now.nr_back == 3 * round && f.most == 3);
		now.waited = false;
		table_free_end(&f);
		WANT(now.nr_back == 3 * (round + 1) && f.callbacks == 3 * (round + 1));
		for (unsigned i = 5; i < 8; i++)
			WANT(list_empty(&pages[i].lru) && !pages[i].private && now.back[i]);
	}
	table_free_begin(&f, &once_scheme, release);
	now.nr_back = 0;
	at_once = true;
	table_free_one(&f, PAGE);
	WANT(now.nr_back == 1 && f.released == 1 && f.most == 1);
	table_free_finish(&f); /* the scheme has nothing to do */
	table_free_end(&f);
	at_once = false;
}

/* ---- the kernel's tree ---- */

static void scheme_free(struct table_free *f, paddr_t table)
{
	/* The link is in memory that a scheme may write. */
	pa_page(table)->table.next = (struct pt_link *)pages;
	table_release(f, table);
}

static const struct tables_scheme late_scheme = { .free = scheme_free };

static struct pt_link *list_of(unsigned from, unsigned to)
{
	struct pt_link *list = NULL;

	for (unsigned i = to; i-- > from;) {
		pages[i].table.next = list;
		list = &pages[i].table;
	}
	return list;
}

static void check_back(unsigned from, unsigned to)
{
	for (unsigned i = 0; i < 20; i++)
		WANT(now.back[i] == (i >= from && i < to));
	WANT(now.nr_back == to - from);
}

static void check_kernel(void)
{
	struct pt_link *list;

	begin(0);
	kpt_tables_select(&once_scheme);
	WANT(!kpt_tables_late && kpt_tables_selected() == &once_scheme);
	kpt_tables_select(&late_scheme);
	WANT(kpt_tables_late && kpt_tables_selected() == &late_scheme);
	WANT(!kpt_tables_held());
	kpt_tables_late(list_of(3, 7)); /* no lock: at once */
	check_back(3, 7);
	WANT(now.barriers == 1 && !kpt_tables_held());
	kpt_tables_free(NULL);
	check_back(3, 7);
	now.locks = 1u << LOCK_HOTPLUG; /* for reading */
	kpt_tables_late(list_of(7, 8));
	check_back(3, 8);
	now.locks = 1u << LOCK_HOTPLUG | 1u << (8 + LOCK_HOTPLUG);
	kpt_tables_late(list_of(8, 10));
	kpt_tables_late(list_of(10, 11));
	kpt_tables_late(list_of(11, 15));
	check_back(3, 8);
	list = kpt_tables_held();
	now.locks = 0;
	WANT(list && !kpt_tables_held());
	kpt_tables_free(list);
	check_back(3, 15);
	kpt_tables_select(&once_scheme);
	WANT(!kpt_tables_late);
}

int main(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12 };
	unsigned full = (PAGE - sizeof(struct table_batch)) / sizeof(paddr_t);
	const unsigned sizes[] = { 0, 1, 2, full - 1, full, full + 1, 2 * full };

	layout.fmt = &fmt;
	layout.r[REGION_LINEAR].va = ptr_va(ram);
	layout.r[REGION_VMEMMAP].va = ptr_va(pages);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		check_batches(sizes[i]);
	check_no_memory();
	check_own();
	check_defer();
	check_kernel();
	printf("tables: %u not so\n", want_failed);
	return want_failed != 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/kernel/table_free.c - see mm/kernel/table_free.h: the batch, the callbacks and their numbers.
 */
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/kernel/table_free.h>
#include <mm/page/buddy.h>
#include <mm/page/page.h>

void table_free_begin(struct table_free *f, const struct tables_scheme *how,
		      void (*release)(struct table_free *, paddr_t))
{
	*f = (struct table_free) { .how = how, .release = release };
}

/* Two callbacks may end at the same time only for different owners, so `most` has one writer. */
void table_free_one(struct table_free *f, paddr_t table)
{
	u64 on_the_way = atomic_add_fetch_relaxed(&f->freed, 1);

	on_the_way -= atomic_load_relaxed(&f->released);
	if (on_the_way > f->most)
		f->most = on_the_way;
	f->how->free(f, table);
}

void table_free_finish(struct table_free *f)
{
	if (f->how->finish)
		f->how->finish(f);
}

void table_free_end(struct table_free *f)
{
	table_free_finish(f);
	grace_barrier();
	ASSERT(!f->open);
	ASSERT_OP(atomic_load_relaxed(&f->released), ==, f->freed);
}

void table_release(struct table_free *f, paddr_t table)
{
	f->release(f, table);
	/* relaxed: grace_barrier() in table_free_end() orders the stores of callbacks */
	atomic_fetch_add_relaxed(&f->released, 1);
}

/* ---- batches ---- */

static struct table_batch *batch_of_page(void)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "tables to free");
	struct table_batch *b;

	if (!p)
		return NULL;
	b = page_ptr(p);
	*b = (struct table_batch) { .max = (u32)((page_size() - sizeof(*b)) / sizeof(paddr_t)) };
	return b;
}

static struct table_batch *batch_take(struct table_free *f)
{
	struct table_batch *b = f->batch_take ? f->batch_take() : batch_of_page();

	if (b)
		b->owner = f;
	return b;
}

static void batch_give(struct table_free *f, struct table_batch *b)
{
	if (f->batch_give)
		f->batch_give(b);
	else
		page_free(pa_page(linear_pa(ptr_va(b))), 0);
}

static void batch_over(struct grace_head *h)
{
	struct table_batch *b = container_of(h, struct table_batch, head);
	struct table_free *f = b->owner;

	/* The owner exists until table_free_end(), which waits until this function has returned. */
	atomic_fetch_add_relaxed(&f->callbacks, 1);
	for (u32 i = 0; i < b->nr; i++)
		table_release(f, b->table[i]);
	batch_give(f, b);
}

bool table_batch_add(struct table_free *f, paddr_t table)
{
	if (!f->open)
		f->open = batch_take(f);
	if (!f->open)
		return false;
	f->open->table[f->open->nr++] = table;
	if (f->open->nr == f->open->max)
		table_batch_defer(f);
	return true;
}

void table_batch_defer(struct table_free *f)
{
	struct table_batch *b = f->open;

	f->open = NULL;
	if (b)
		ASSERT(grace_defer(&b->head, batch_over));
}

void table_defer_batch(struct table_free *f, paddr_t table)
{
	struct table_batch *b = batch_take(f);

	if (!b) {
		atomic_fetch_add_relaxed(&f->waits, 1);
		grace_wait();
		table_release(f, table);
		return;
	}
	b->table[b->nr++] = table;
	ASSERT(grace_defer(&b->head, batch_over));
}

/* ---- one callback a table: the head takes the place of the list node in struct page ---- */

static void table_over(struct grace_head *h)
{
	struct page *p = container_of(h, struct page, defer);
	struct table_free *f = (void *)(uintptr_t)p->private;

	list_init(&p->lru);
	p->private = 0;
	atomic_fetch_add_relaxed(&f->callbacks, 1);
	table_release(f, page_pa(p));
}

void table_defer(struct table_free *f, paddr_t table)
{
	struct page *p = pa_page(table);

	p->private = (u64)(uintptr_t)f;
	p->defer = (struct grace_head) { 0 };
	ASSERT(grace_defer(&p->defer, table_over));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fragment/fake.c - see fake.h. */
#include "fake.h"
#include <asserts.h>
#include <mm/page/buddy.h>

#define RAM (FRAMES * 64 * KiB)
#define WAITS_MOST 512

struct fake fake;
struct page frames[FRAMES];
static _Alignas(65536) u8 ram[RAM];
static bool was_unused[FRAMES];

static struct {
	struct grace_head *head[WAITS_MOST];
	void (*fn[WAITS_MOST])(struct grace_head *);
	struct {
		struct table_free *to;
		paddr_t pa;
	} batch[WAITS_MOST];
	unsigned heads, batches;
} waits;

u64 fake_page_size(void)
{
	return page_size();
}

void fake_begin(unsigned shift)
{
	static struct pt_fmt fmt;

	memset(&fake, 0, sizeof(fake));
	memset(&waits, 0, sizeof(waits));
	memset(ram, 0x5a, sizeof(ram));
	memset(frames, 0x5a, sizeof(frames));
	fmt.page_shift = (u8)shift;
	layout.fmt = &fmt;
	layout.phys_base = GiB;
	layout.r[REGION_LINEAR].va = ptr_va(ram);
	layout.r[REGION_VMEMMAP].va = ptr_va(frames);
	fake.frames_most = FRAMES;
	for (unsigned i = 0; i < FRAMES; i++)
		frames[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 0, 0);
}

/* ---- the lock ---- */

static bool same_list(const struct list *a, const struct list *b)
{
	return a->next == b->next && a->prev == b->prev;
}

static void unchanged(void)
{
	const struct frag_space *s = fake.space, *k = &fake.kept;

	WANT(same_list(&s->room, &k->room) && same_list(&s->deposited, &k->deposited));
	WANT(s->allocs == k->allocs && s->defers == k->defers);
	WANT(s->scanned == k->scanned && s->skipped == k->skipped);
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	WANT(!fake.locked && fake.space && l == &fake.space->lock);
	WANT(l->class == LOCK_TREE && !fake.over);
	unchanged();
	fake.locked = true;
	return 0x77;
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	WANT(fake.locked && l == &fake.space->lock && flags == 0x77);
	fake.locked = false;
	fake.kept = *fake.space;
}

void fake_settled(void)
{
	WANT(!fake.locked);
	unchanged();
}

/* ---- frames ---- */

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	WANT(!fake.locked && !node && zone == ZONE_NORMAL && !order && owner);
	if (fake.frames_out == fake.frames_most)
		return NULL;
	for (unsigned i = 0; i < FRAMES; i += 2) /* the frame after a page is not used */
		if (page_state(&frames[i]) == PAGE_FREE) {
			memset(&frames[i], 0x5a, sizeof(frames[i]));
			memset(page_ptr(&frames[i]), 0x5a, page_size());
			frames[i].flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, 0);
			memset(fake.dtors[i], 0, sizeof(fake.dtors[i]));
			was_unused[i] = true;
			fake.frames_out++;
			return &frames[i];
		}
	return NULL;
}

/* A page is freed in the state of a new page: without bits, pointers to a space, or neighbours. */
void page_free(struct page *p, unsigned order)
{
	WANT(!fake.locked && !order && page_state(p) == PAGE_USED);
	WANT(!p->private && !p->frag.space && list_empty(&p->lru) && p->lru.prev == &p->lru);
	for (unsigned i = 0; i < waits.heads; i++)
		WANT(waits.head[i] != &p->defer);
	p->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 0, 0);
	fake.frames_out--;
}

/*
 * At every moment: a queued fragment has a callback that waits; a page on the list is not loose; a
 * fragment ends by its last moment and not before, so that no other callback finds the page unused.
 */
void bits_changed(const u64 *bits)
{
	struct page *p = container_of((u64 *)bits, struct page, private);
	struct frag_bits b = frag_bits_of(p);
	bool unused = frag_page_unused(b);
	static bool listed[FRAMES];

	WANT(p >= frames && p < frames + FRAMES && page_state(p) == PAGE_USED);
	WANT(!b.queued || b.link == FRAG_WAITS);
	WANT(!unused || was_unused[p - frames] || fake.dtor_ran || !p->frag.class->dtor);
	if (listed[p - frames] && b.link != FRAG_LISTED)
		WANT(list_empty(&p->lru));
	listed[p - frames] = b.link == FRAG_LISTED;
	was_unused[p - frames] = unused;
	fake.dtor_ran = false;
}

void fake_dtor(void *fragment)
{
	struct page *p = pa_page(linear_pa(ptr_va(fragment)));
	u64 bytes = p->frag.class->bytes, at = (ptr_va(fragment) & (page_size() - 1));

	WANT(page_state(p) == PAGE_USED && at % bytes == 0);
	WANT(frag_bits_of(p).pending >> at / bytes & 1);
	WANT(!(frag_bits_of(p).allocated >> at / bytes & 1));
	fake.dtors[p - frames][at / bytes]++;
	fake.dtor_ran = true;
}

/* ---- grace periods ---- */

bool grace_defer(struct grace_head *h, void (*fn)(struct grace_head *))
{
	WANT(fake.locked && waits.heads < WAITS_MOST);
	if (h->next)
		return false;
	h->next = h;
	h->fn = fn;
	waits.head[waits.heads] = h;
	waits.fn[waits.heads++] = fn;
	return true;
}

void table_defer_batch(struct table_free *f, paddr_t pa)
{
	WANT(!fake.locked && waits.batches < WAITS_MOST);
	waits.batch[waits.batches].to = f;
	waits.batch[waits.batches++].pa = pa;
}

unsigned fake_waiting(void)
{
	return waits.heads + waits.batches;
}

void fake_period(void)
{
	unsigned heads = waits.heads, batches = waits.batches;

	fake.callbacks += heads + batches;
	for (unsigned i = 0; i < heads; i++) {
		struct grace_head *h = waits.head[i];

		WANT(h->next == h);
		h->next = NULL;
		waits.head[i] = NULL;
		waits.fn[i](h);
	}
	for (unsigned i = 0; i < batches; i++)
		waits.batch[i].to->release(waits.batch[i].to, waits.batch[i].pa);
	waits.heads -= heads;
	waits.batches -= batches;
	memmove(waits.head, waits.head + heads, waits.heads * sizeof(waits.head[0]));
	memmove(waits.fn, waits.fn + heads, waits.heads * sizeof(waits.fn[0]));
	memmove(waits.batch, waits.batch + batches, waits.batches * sizeof(waits.batch[0]));
}

void grace_barrier(void)
{
	WANT(!fake.locked);
	fake.barriers++;
	fake_period();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* mm/study/fragment.c - see mm/study/fragment.h: states, list, callbacks. */
#include <arch/arch.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/page/buddy.h>
#include <mm/study/fragment.h>

enum { A_SHIFT = 0, P_SHIFT = 16, Q_SHIFT = 32, LINK_SHIFT = 48, FIELD = 0xffff };

static struct frag_stats frag_stats; /* atomic */

/* ---- bits ---- */

static struct frag_bits bits_in(u64 v)
{
	return (struct frag_bits) { .allocated = (u16)(v >> A_SHIFT),
				    .pending = (u16)(v >> P_SHIFT),
				    .queued = (u16)(v >> Q_SHIFT),
				    .link = (u8)(v >> LINK_SHIFT) };
}

struct frag_bits frag_bits_of(const struct page *p)
{
	return bits_in(atomic_load_relaxed(&p->private));
}

/*
 * Unshown (acquire release fence aq): every caller holds the lock of the space, whose acquire and
 * release are around it, or owns the page alone.
 */
static void bits_set(struct page *p, u64 bits, unsigned shift)
{
	atomic_fetch_or_seq_cst(&p->private, bits << shift);
}

/*
 * Returns the remaining bits.
 * Unshown (acquire aq): the CPU that clears the last bit frees the page under the lock of its
 * allocator: MODEL.md control. It loads only the class of the page, which has not changed since the
 * page was taken.
 * Unshown (fence): the owner's stores are before the release of bits_set(), which pend() calls
 * first. The later stores of the destructor (AMOs in these tests, gcc 12) may be late up to the
 * next release, of the space's lock or of the callbacks' list; meanwhile another CPU must clear the
 * page's last bit and free the page, and a third must store to it: MODEL.md rare.
 */
static struct frag_bits bits_clear(struct page *p, u64 bits, unsigned shift)
{
	return bits_in(atomic_and_fetch_seq_cst(&p->private, ~(bits << shift)));
}

static void link_is(struct page *p, enum frag_link from, enum frag_link to)
{
	ASSERT_OP(frag_bits_of(p).link, ==, from);
	bits_clear(p, FIELD, LINK_SHIFT);
	bits_set(p, to, LINK_SHIFT);
}

unsigned frag_per_page(const struct frag_class *c)
{
	return (unsigned)min_u64(FRAG_MOST, page_size() / c->bytes);
}

static u16 all_of(const struct frag_class *c)
{
	return (u16)(BIT(frag_per_page(c)) - 1);
}

void *frag_ptr(const struct page *p, unsigned i)
{
	return (u8 *)page_ptr(p) + (u64)i * p->frag.class->bytes;
}

static struct page *page_of(const void *fragment)
{
	return pa_page(linear_pa(ptr_va(fragment)));
}

static unsigned index_in(const struct page *p, const void *fragment)
{
	return (unsigned)((ptr_va(fragment) & (page_size() - 1)) / p->frag.class->bytes);
}

/* ---- pages ---- */

static struct page *frag_page_take(struct frag_space *s)
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "fragments of tables");

	if (!p)
		return NULL;
	p->private = 0;
	list_init(&p->lru);
	p->frag.space = s;
	p->frag.class = s->class;
	atomic_fetch_add_relaxed(&frag_stats.pages, 1);
	return p;
}

/* Free a page without fragments in use, which is on no list and in no callback. */
static void frag_page_give(struct page *p)
{
	ASSERT(frag_page_unused(frag_bits_of(p)));
	ASSERT_OP(frag_bits_of(p).link, ==, FRAG_LOOSE);
	p->private = 0;
	p->table = (struct pt_link) { 0 };
	list_init(&p->lru);
	atomic_fetch_sub_relaxed(&frag_stats.pages, 1);
	page_free(p, 0);
}

/* The end of a fragment: destructor and bits. */
static struct frag_bits frag_over(struct page *p, unsigned i, unsigned shift)
{
	if (p->frag.class->dtor)
		p->frag.class->dtor(frag_ptr(p, i));
	atomic_fetch_add_relaxed(&frag_stats.dtors, 1);
	return bits_clear(p, BIT(i), shift);
}

/* ---- the list of room; under the lock ---- */

static struct list *node_of(const struct page *p, unsigned i)
{
	return frag_ptr(p, i);
}

/* Every fragment of the page that is not allocated is a node (in_table). */
static void add_nodes(struct frag_space *s, struct page *p)
{
	u16 others = all_of(s->class) & (u16)~frag_bits_of(p).allocated;

	for (unsigned i = 0; i < frag_per_page(s->class); i++)
		if (others >> i & 1)
			list_add_tail(&s->room, node_of(p, i));
}

void frag_list(struct frag_space *s, struct page *p)
{
	if (s->how->in_table) {
		add_nodes(s, p);
		return;
	}
	link_is(p, FRAG_LOOSE, FRAG_LISTED);
	list_init(&p->lru);
	list_add_tail(&s->room, &p->lru);
}

void frag_unlist(struct frag_space *s, struct page *p)
{
	if (s->how->in_table || frag_bits_of(p).link != FRAG_LISTED)
		return;
	list_del(&p->lru);
	link_is(p, FRAG_LISTED, FRAG_LOOSE);
}

/* The first free fragment of a page that has one, or FRAG_MOST. */
static unsigned free_in(const struct frag_space *s, const struct page *p)
{
	struct frag_bits b = frag_bits_of(p);
	u32 not_free = (u32)b.allocated | b.pending;

	for (unsigned i = 0; i < frag_per_page(s->class); i++)
		if (!(not_free >> i & 1))
			return i;
	return FRAG_MOST;
}

/* Allocate from a listed page; a page without room for more is taken off the list. */
static void *take_listed(struct frag_space *s)
{
	list_for_each (&s->room, it) {
		struct page *p = list_entry(it, struct page, lru);
		unsigned i = free_in(s, p);

		s->scanned++;
		if (i == FRAG_MOST) {
			s->skipped++;
			continue;
		}
		bits_set(p, BIT(i), A_SHIFT);
		if (frag_bits_of(p).allocated == all_of(s->class))
			frag_unlist(s, p);
		return frag_ptr(p, i);
	}
	return NULL;
}

static void *take_node(struct frag_space *s)
{
	list_for_each (&s->room, it) {
		struct page *p = page_of(it);
		unsigned i = index_in(p, it);

		s->scanned++;
		if (frag_bits_of(p).pending >> i & 1) {
			s->skipped++;
			continue;
		}
		list_del(it);
		bits_set(p, BIT(i), A_SHIFT);
		return frag_ptr(p, i);
	}
	return NULL;
}

static void *frag_take(struct frag_space *s)
{
	void *f = s->how->in_table ? take_node(s) : take_listed(s);

	s->allocs += f != NULL;
	return f;
}

void *frag_alloc(struct frag_space *s)
{
	u64 flags = spin_lock_irqsave(&s->lock);
	void *f = frag_take(s);
	struct page *p;

	spin_unlock_irqrestore(&s->lock, flags);
	if (!f) {
		p = frag_page_take(s);
		if (!p)
			return NULL;
		flags = spin_lock_irqsave(&s->lock);
		bits_set(p, BIT(0), A_SHIFT); /* the caller's; the others are free */
		frag_list(s, p);
		s->allocs++;
		spin_unlock_irqrestore(&s->lock, flags);
		f = frag_ptr(p, 0);
	}
	arch_zero(f, s->class->bytes);
	atomic_fetch_add_relaxed(&frag_stats.ctors, 1);
	return f;
}

/* ---- freeing ---- */

/* One fragment of the page is no longer allocated: list the page if it has room.  With no fragment
 * allocated it must not be found any more, so it is taken off and freed. */
void frag_list_again(struct frag_space *s, struct page *p, unsigned i)
{
	struct frag_bits b = frag_bits_of(p);

	if (s->how->in_table) {
		if (b.allocated)
			list_add_tail(&s->room, node_of(p, i));
		else
			for (unsigned k = 0; k < frag_per_page(s->class); k++)
				if (k != i)
					list_del(node_of(p, k));
	} else if (!b.allocated) {
		frag_unlist(s, p);
	} else if (b.link == FRAG_LOOSE) {
		frag_list(s, p);
	}
}

/* ALLOCATED -> PENDING.  P is set first, so that the page is never unused in between: the callback
 * of another fragment would free it. */
static void pend(struct page *p, unsigned i)
{
	bits_set(p, BIT(i), P_SHIFT);
	bits_clear(p, BIT(i), A_SHIFT);
}

/* While other fragments are pending, the shared field of struct page is not a list node (except for
 * schemes that keep it so): the page is listed or freed with them. */
bool frag_free(struct frag_space *s, void *fragment)
{
	struct page *p = page_of(fragment);
	unsigned i = index_in(p, fragment);
	u64 flags = spin_lock_irqsave(&s->lock);
	struct frag_bits b = frag_bits_of(p);
	bool ok = b.allocated >> i & 1, unused = false;

	if (ok)
		pend(p, i);
	if (ok && b.pending && s->how->defer) {
		frag_over(p, i, P_SHIFT);
		s->how->defer(s, p, i);
	} else if (ok) {
		frag_list_again(s, p, i);
		unused = frag_page_unused(frag_over(p, i, P_SHIFT));
	}
	spin_unlock_irqrestore(&s->lock, flags);
	if (unused)
		frag_page_give(p);
	return ok;
}

/*
 * Unshown (acquire release): every caller has released the lock of the space before, and gone() of
 * the tests counts, or frees under the allocator's lock.
 * Unshown (fence aq): gone() of these tests counts, and frees nothing that another CPU may still
 * use.
 */
static void space_put(struct frag_space *s)
{
	if (atomic_fetch_sub_seq_cst(&s->refs, 1) == 1 && s->released)
		s->released(s);
}

/* Scheme `listed`: a batch's callback, or a wait, has ended for this fragment. */
static void listed_over(struct table_free *f, paddr_t pa)
{
	struct page *p = pa_page(pa);
	struct frag_bits b = frag_over(p, index_in(p, pa_ptr(pa)), P_SHIFT);

	(void)f;
	atomic_fetch_add_relaxed(&frag_stats.callbacks, 1);
	if (frag_page_unused(b))
		frag_page_give(p);
}

/* Batches of one fragment each; no space, so that a callback needs none. */
static struct table_free listed_tables = { .release = listed_over };

bool frag_defer(struct frag_space *s, void *fragment)
{
	struct page *p = page_of(fragment);
	unsigned i = index_in(p, fragment);
	u64 flags = spin_lock_irqsave(&s->lock);
	bool ok = frag_bits_of(p).allocated >> i & 1;

	if (ok) {
		s->defers++;
		pend(p, i);
		if (s->how->defer)
			s->how->defer(s, p, i);
		else
			frag_list_again(s, p, i);
	}
	spin_unlock_irqrestore(&s->lock, flags);
	if (ok && !s->how->defer)
		table_defer_batch(&listed_tables, linear_pa(ptr_va(fragment)));
	return ok;
}

/* ---- callbacks with the head in struct page ---- */

static void queue_pending(struct page *p)
{
	bits_set(p, frag_bits_of(p).pending, Q_SHIFT);
}

static void frag_called(struct grace_head *h);

static void defer_page(struct page *p)
{
	p->defer = (struct grace_head) { 0 };
	ASSERT(grace_defer(&p->defer, frag_called));
}

void frag_queue(struct frag_space *s, struct page *p)
{
	if (frag_bits_of(p).link == FRAG_WAITS)
		return; /* its callback finds fragments that become pending meanwhile */
	link_is(p, FRAG_LOOSE, FRAG_WAITS);
	queue_pending(p);
	if (s->how->keeps_space)
		atomic_fetch_add_relaxed(&s->refs, 1);
	defer_page(p);
}

/* Free the fragments whose grace period is over; true: others became pending meanwhile. */
static bool end_queued(struct page *p)
{
	u16 over = frag_bits_of(p).queued;

	for (unsigned i = 0; i < FRAG_MOST; i++)
		if (over >> i & 1)
			frag_over(p, i, P_SHIFT);
	bits_clear(p, over, Q_SHIFT);
	if (!frag_bits_of(p).pending)
		return false;
	queue_pending(p);
	return true;
}

/* A callback that uses the space: list the page again, or free it. */
static void called_with_space(struct page *p)
{
	struct frag_space *s = p->frag.space;
	u64 flags = spin_lock_irqsave(&s->lock);
	bool again = end_queued(p), unused;

	if (!again)
		link_is(p, FRAG_WAITS, FRAG_LOOSE);
	unused = !again && frag_page_unused(frag_bits_of(p));
	if (!again && !unused && !s->how->in_table)
		frag_list(s, p);
	if (again) /* under the lock: a CPU that finds the page waiting finds it deferred
		      (frag_barrier()) */
		defer_page(p);
	spin_unlock_irqrestore(&s->lock, flags);
	if (again)
		return;
	if (unused)
		frag_page_give(p);
	space_put(s);
}

/* A callback without the space: no fragment of the page is in use. */
static void called_alone(struct page *p)
{
	bool again = end_queued(p);

	ASSERT(!again);
	link_is(p, FRAG_WAITS, FRAG_LOOSE);
	frag_page_give(p);
}

static void frag_called(struct grace_head *h)
{
	struct page *p = container_of(h, struct page, defer);

	atomic_fetch_add_relaxed(&frag_stats.callbacks, 1);
	if (p->frag.space)
		called_with_space(p);
	else
		called_alone(p);
}

/* Fragments that became pending while a callback waited are freed by the next one. */
void frag_barrier(void)
{
	grace_barrier();
	grace_barrier();
}

/* ---- deposits ---- */

void frag_deposit(struct frag_space *s, void *fragment)
{
	struct page *p = page_of(fragment);
	u64 flags = spin_lock_irqsave(&s->lock);

	ASSERT(frag_bits_of(p).allocated >> index_in(p, fragment) & 1);
	list_add(&s->deposited, fragment);
	spin_unlock_irqrestore(&s->lock, flags);
}

void *frag_withdraw(struct frag_space *s)
{
	u64 flags = spin_lock_irqsave(&s->lock);
	struct list *node = list_empty(&s->deposited) ? NULL : s->deposited.next;

	if (node) {
		list_del(node);
		*node = (struct list) { 0 }; /* two cells, empty again before the table is hooked */
	}
	spin_unlock_irqrestore(&s->lock, flags);
	return node;
}

/* ---- spaces ---- */

void frag_space_begin(struct frag_space *s, const struct frag_class *class,
		      const struct frag_scheme *how, void (*released)(struct frag_space *))
{
	ASSERT(!(class->bytes % 64) && class->bytes <= page_size() / 2);
	*s = (struct frag_space) { .class = class,
				   .how = how,
				   .lock = SPINLOCK_INIT(LOCK_TREE, "fragments"),
				   .refs = 1,
				   .released = released };
	list_init(&s->room);
	list_init(&s->deposited);
}

void frag_space_end(struct frag_space *s)
{
	ASSERT(list_empty(&s->room));
	ASSERT(list_empty(&s->deposited));
	space_put(s);
}

void frag_stats_read(struct frag_stats *to)
{
	to->pages = atomic_load_relaxed(&frag_stats.pages);
	to->callbacks = atomic_load_relaxed(&frag_stats.callbacks);
	to->ctors = atomic_load_relaxed(&frag_stats.ctors);
	to->dtors = atomic_load_relaxed(&frag_stats.dtors);
}

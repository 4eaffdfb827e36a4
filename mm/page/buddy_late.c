/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_late.c - windows whose struct pages are written after the memory is in use
 * (mm/page/buddy_late.h).
 *
 * The state of a window is `private` of its head, while that is a free chunk of the largest order:
 * 0, LATE, or LATE_BUSY.  It leaves LATE under the pool's lock only.  LATE_BUSY belongs to the CPU
 * that writes; it ends by a release, which the acquire in late_settle() reads: the CPU that takes
 * the chunk then observes its struct pages (Arm ARM B2.3, RISC-V unprivileged RVWMO PPO rules 5 to
 * 7).
 */
#include <arch/arch.h>
#include <kern/trap.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/page/buddy_late.h>
#include <mm/page/buddy_zone.h>

#define LATE_RUNS_MAX 32

bool late_adds;

static struct { /* filled by late_begin() and late_run() */
	struct late_span {
		pfn_t pfn;
		u64 nr; /* windows */
	} run[LATE_RUNS_MAX];
	u32 nr_runs;
	u64 at; /* windows that late_next() handed out, over all runs; atomic */
	struct late_counts counts;
} late NOINIT;

/* ---- struct pages ---- */

static void write_from(struct page *p, u64 nr, u32 flags, u64 private)
{
	u64 words[8] = { flags, private };

	arch_store_template(p, nr, words);
}

/* All of a window but its head. */
static void write_behind(struct page *head)
{
	write_from(head + 1, BUDDY_WINDOW - 1,
		   PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, page_node(head)), 0);
}

/* ---- boot ---- */

INIT_CODE void late_begin(void)
{
	late.nr_runs = 0;
	late.at = 0;
	late.counts = (struct late_counts) { 0 };
}

INIT_CODE bool late_run(pfn_t pfn, u64 nr, unsigned node)
{
	u64 windows = nr / BUDDY_WINDOW;
	struct page *p = pfn_to_page(pfn);

	if (late.nr_runs == LATE_RUNS_MAX)
		return false;
	late.run[late.nr_runs++] = (struct late_span) { pfn, windows };
	late.counts.boot += windows;
	late.counts.left += windows;
	for (u64 i = 0; i < windows; i++)
		write_from(p + i * BUDDY_WINDOW, 1, PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, node),
			   LATE);
	return true;
}

/* ---- hot-added memory ---- */

/* Relaxed: windows are claimed and taken under the lock. */
void late_given(u64 windows)
{
	atomic_fetch_add_relaxed(&late.counts.added, windows);
	atomic_fetch_add_relaxed(&late.counts.left, windows);
}

/* ---- a window is taken ---- */

/*
 * The pool's lock is held.
 * Unshown (release): MODEL.md late-count.
 * Unshown (acquire): as in late_settle() (mm/page/buddy_zone.h).
 * Unshown (fence): acquire: later, under the lock, these struct pages are only stored to: MODEL.md
 * control. Release: it matters when `left` becomes 0, once in a boot, until the fence of the pool's
 * unlock, some thirty instructions, and for a CPU that reads meanwhile the node of a page of this
 * window (page_alloc_in()): MODEL.md rare.
 * Unshown (tso): MODEL.md tso-acquire.
 */
void late_taken(struct page *head)
{
	struct cpu_pause wait = { 0 };

	if (atomic_load_relaxed(&head->private) == LATE) {
		write_behind(head);
		head->private = 0;
		atomic_fetch_add_relaxed(&late.counts.taken, 1);
		atomic_fetch_sub_release(&late.counts.left, 1);
		return;
	}
	atomic_fetch_add_relaxed(&late.counts.awaited, 1);
	fail_lock(FAIL_LOCK, head); /* for a schedule the window is a lock of its writer */
	while (atomic_load_acquire(&head->private))
		do {
			cpu_serve();
			cpu_pause(&wait);
			ASSERT(!watchdog_expired(&wait));
		} while (fail_lock(FAIL_RETRY, head));
}

static bool is_whole(const struct page *head)
{
	return head->flags == PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, BUDDY_MAX_ORDER, page_node(head));
}

/* The head of the window of a run that holds pfn; NULL: boot wrote its struct pages. */
static struct page *late_head(pfn_t pfn)
{
	for (u32 i = 0; i < late.nr_runs; i++)
		if (pfn - late.run[i].pfn < late.run[i].nr * BUDDY_WINDOW)
			return pfn_to_page(align_down(pfn, BUDDY_WINDOW));
	return NULL;
}

/*
 * Unshown (acquire): MODEL.md late-count.
 * Unshown (fence): its callers call block_find() before they read a struct page: the acquires of
 * slot() (mm/hotplug/memory_block.c) are full fences of gcc 12.
 * Unshown (tso): MODEL.md tso-acquire.
 */
static bool none_left(void)
{
	/* acquire: with none left, the caller observes the struct pages that others wrote */
	return !atomic_load_acquire(&late.counts.left);
}

static void settle(struct pool *z, struct page *head)
{
	u64 flags = spin_lock_irqsave(&z->lock);

	if (is_whole(head))
		late_settle(head);
	spin_unlock_irqrestore(&z->lock, flags);
}

void late_settle_at(pfn_t pfn)
{
	struct page *head;

	if (!none_left() && (head = late_head(pfn)))
		settle(&pools[page_node(head)][POOL_BOOT], head);
}

/*
 * Window by window, because the lock is held while one is written.  None becomes late meanwhile:
 * that takes the hotplug lock.
 */
void late_settle_range(pfn_t pfn, u64 nr)
{
	pfn_t end = pfn + nr;
	struct pool *z;

	if (none_left())
		return;
	z = pool_of(pfn, block_find(pfn));
	for (pfn = align_up(pfn, BUDDY_WINDOW); pfn < end; pfn += BUDDY_WINDOW)
		settle(z, pfn_to_page(pfn));
}

/* ---- a window is written while it is free ---- */

/* Under the pool's lock, the window to write: a given one of boot memory, or the last of the list,
 * which moves to the front.  NULL: it is not late, or another CPU writes it. */
static struct page *late_chosen(struct pool *z, struct page *head)
{
	struct list *last = z->lists[BUDDY_MAX_ORDER].prev;

	if (!head && list_empty(last))
		return NULL;
	if (!head)
		head = list_entry(last, struct page, lru);
	/* the CPU that has claimed it stores there without the lock */
	if (!is_whole(head) || atomic_load_relaxed(&head->private) != LATE)
		return NULL;
	if (z->id != POOL_BOOT) {
		list_del(last);
		list_add(&z->lists[BUDDY_MAX_ORDER], last);
	}
	return head;
}

/* Set LATE_BUSY of such a window for this CPU. */
static struct page *late_claim(struct pool *z, struct page *head)
{
	u64 flags = spin_lock_irqsave(&z->lock);

	head = late_chosen(z, head);
	if (head)
		head->private = LATE_BUSY;
	spin_unlock_irqrestore(&z->lock, flags);
	return head;
}

/*
 * Interrupts stay off from the claim to the release: a handler on this CPU that takes the chunk
 * would wait for itself.
 * Unshown (release): for the count: MODEL.md late-count.
 * Unshown (fence): for the count: the release of `private` before it has ordered the struct pages
 * already.
 * Unshown (r-before): MODEL.md fence-release.
 */
static bool late_write(struct pool *z, struct page *head)
{
	u64 flags = arch_irq_save();

	head = late_claim(z, head);
	if (head) {
		write_behind(head);
		/* release: the struct pages before the word that publishes them */
		atomic_store_release(&head->private, 0);
		atomic_fetch_sub_release(&late.counts.left, 1);
		fail_lock(FAIL_UNLOCK, head);
	}
	arch_irq_restore(flags);
	return head;
}

static struct page *late_window(u64 n)
{
	u32 i = 0;

	for (; n >= late.run[i].nr; i++)
		n -= late.run[i].nr;
	return pfn_to_page(late.run[i].pfn + n * BUDDY_WINDOW);
}

/* Of hot-added memory.  A pool that has free pages has a list, once its lock is held. */
static bool next_added(void)
{
	for (unsigned node = 0; node < NODES_MAX && atomic_load_relaxed(&late.counts.left); node++)
		for (unsigned id = POOL_NORMAL; id <= POOL_MOVABLE; id++) {
			struct pool *z = &pools[node][id];

			if (atomic_load_relaxed(&z->free) && late_write(z, NULL))
				return true;
		}
	return false;
}

bool late_next(void)
{
	u64 all = late.counts.boot, n;
	struct page *head;

	if (atomic_load_relaxed(&late.at) >= all)
		return next_added();
	n = atomic_fetch_add_relaxed(&late.at, 1);
	if (n >= all)
		return next_added();
	head = late_window(n);
	late_write(&pools[page_node(head)][POOL_BOOT], head);
	return true;
}

/* ---- counts, tests ---- */

bool late_nth(unsigned n, pfn_t *pfn, u64 *nr)
{
	if (n >= late.nr_runs)
		return false;
	*pfn = late.run[n].pfn;
	*nr = late.run[n].nr * BUDDY_WINDOW;
	return true;
}

struct late_counts late_counts(void)
{
	return (struct late_counts) { .boot = late.counts.boot,
				      .added = atomic_load_relaxed(&late.counts.added),
				      .left = atomic_load_relaxed(&late.counts.left),
				      .taken = atomic_load_relaxed(&late.counts.taken),
				      .awaited = atomic_load_relaxed(&late.counts.awaited) };
}

static bool make_late(struct page *head)
{
	struct pool *z = &pools[page_node(head)][POOL_BOOT];
	u64 flags = spin_lock_irqsave(&z->lock);
	bool ok = is_whole(head) && !atomic_load_relaxed(&head->private);

	if (ok) {
		memset(head + 1, 0xff, (BUDDY_WINDOW - 1) * sizeof(*head));
		head->private = LATE;
	}
	spin_unlock_irqrestore(&z->lock, flags);
	return ok;
}

u64 late_again(u64 most)
{
	u64 all = late.counts.boot, got = 0;

	for (u64 n = 0; n < all && got < most; n++)
		got += make_late(late_window(n));
	late.counts.left += got;
	late.at = 0;
	return got;
}

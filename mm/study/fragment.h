/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/study/fragment.h - tables smaller than a page, several in one page (S3).
 *
 * A page has up to FRAG_MOST fragments of one size.  Each is in one of three states, by two bits:
 *
 *   FREE ----frag_alloc()----> ALLOCATED ----frag_defer()----> PENDING ---callback---> FREE
 *   A=0 P=0                    A=1 P=0                         A=0 P=1
 *                                  \--------frag_free(): no walker-----------------> FREE
 *
 * A PENDING fragment is unhooked and invalidated, but a walker without a lock may be inside it
 * (mm/study/gup.h): it is reused only after a grace period.  A page is freed when none of its
 * fragments is allocated or pending.  An ADDRESS SPACE has the list of its pages that have room.
 *
 * ONE FIELD OF STRUCT PAGE is the node of that list and the head of a callback (S3-03): a tag
 * distinguishes them, and asserts that the other use has ended.  The scheme of the axis `frag`
 * (struct frag_scheme) implements frag_defer(), where two fragments of a page can be pending at the
 * same time:
 *
 *   listed      page back on the list at once, P keeps the fragment; callbacks by batches elsewhere
 *   in-table    the list uses the first words of free fragments: UNSAFE, walkers read them
 *   whole-page  off the list; one callback, when no fragment of the page is in use
 *   relist      off the list; the callback puts it back, so it needs the address space
 *
 * CONTEXT: interrupts on, no lock held that is above LOCK_TREE.  Fragments of one space are
 * allocated and freed on any CPU.  Callbacks: kern/grace.h.
 */
#pragma once
#include <kern/lock.h>
#include <lib/list.h>
#include <mm/kernel/table_free.h>
#include <mm/page/page.h>

#define FRAG_MOST 16 /* fragments of a page; the rest of a larger page is unused */

struct frag_scheme {
	struct scheme s;
	/* The fragment is pending from now on; under the space's lock.  NULL: as `listed`. */
	void (*defer)(struct frag_space *, struct page *, unsigned i);
	bool in_table;    /* the list links free fragments, not struct pages */
	bool keeps_space; /* callbacks use the address space, so they hold a reference of it */
};
REG_DECLARE(frag, struct frag_scheme);
#define FRAG_SCHEME(id, object) REGISTER(frag, id, object)
const struct frag_scheme *frag_scheme_find(const char *name, struct why *);

/* Properties of fragments of one kind.  It outlives spaces, pages and callbacks. */
struct frag_class {
	u32 bytes; /* a multiple of 64, at most half a page */
	/* Called at the end of a fragment: no walker reaches it, its page still exists (S3-24). */
	void (*dtor)(void *fragment);
};

struct frag_space {
	const struct frag_class *class;
	const struct frag_scheme *how;
	struct spinlock lock;
	struct list room;      /* pages, or free fragments (in_table), that can be allocated from */
	struct list deposited; /* allocated tables that wait for a split; through their words */
	u32 refs;              /* atomic: the owner's, and those of callbacks */
	void (*released)(struct frag_space *); /* the last reference was dropped; NULL: nothing */
	/* Numbers, under the lock. */
	u64 allocs, defers, scanned, skipped;
};

void frag_space_begin(struct frag_space *, const struct frag_class *, const struct frag_scheme *,
		      void (*released)(struct frag_space *));
/* Every fragment was freed or deferred (asserted); callbacks may be pending.  If the scheme keeps
 * the space, released() runs with the last callback, else before this returns. */
void frag_space_end(struct frag_space *);

void *frag_alloc(struct frag_space *); /* zeroed; NULL: no memory */
/* No other CPU has ever reached it, or a lock excludes walkers.  False: it is not allocated. */
bool frag_free(struct frag_space *, void *);
/* Walkers may be inside.  False: it is not allocated, so pending already, or free (S3-01). */
bool frag_defer(struct frag_space *, void *);

/* Return when every fragment that was deferred before is free, as far as its scheme allows.
 * Context of grace_barrier(). */
void frag_barrier(void);

/* Keep an allocated table that is not hooked, for later; and return the one that was deposited
 * last, zeroed. NULL: there is none (S3-04). */
void frag_deposit(struct frag_space *, void *);
void *frag_withdraw(struct frag_space *);

/* ---- the bits of a page; atomic in page->private ---- */
enum frag_link { FRAG_LOOSE, FRAG_LISTED, FRAG_WAITS }; /* use of the shared field */
struct frag_bits {
	u16 allocated, pending, queued; /* queued: by the callback that waits now */
	u8 link;                        /* enum frag_link */
};
struct frag_bits frag_bits_of(const struct page *);
unsigned frag_per_page(const struct frag_class *);
/* A page with no fragment allocated or pending is freed. */
static inline bool frag_page_unused(struct frag_bits b)
{
	return !b.allocated && !b.pending;
}
/* Pages with fragments, callbacks that ran, since boot. */
struct frag_stats {
	u64 pages, callbacks, ctors, dtors;
};
void frag_stats_read(struct frag_stats *);

/* ---- for schemes, under the space's lock ---- */
void frag_list(struct frag_space *, struct page *);   /* LOOSE -> LISTED */
void frag_unlist(struct frag_space *, struct page *); /* LISTED or LOOSE -> LOOSE */
/* After fragment i was freed or deferred: list the page if it has room and is not listed; take it
 * off if no fragment of it is allocated, so that it is freed. */
void frag_list_again(struct frag_space *, struct page *, unsigned i);
/* LOOSE -> WAITS: one callback frees all pending fragments.  If one waits already, it defers itself
 * again for fragments that became pending meanwhile.  With page->frag.space NULL the callback uses
 * no space: then no fragment of the page is allocated. */
void frag_queue(struct frag_space *, struct page *);
/* Fragment i of the page. */
void *frag_ptr(const struct page *, unsigned i);

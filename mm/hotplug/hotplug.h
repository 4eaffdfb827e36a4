/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug.h - memory hotplug: the one owner of every transition of memory.
 *
 * add, online, offline, remove are range operations over whole blocks: all or none (less than a
 * block, without states: mm/hotplug/subsection.h).  Each takes the hotplug lock for write itself,
 * so its caller holds no lock and is not an interrupt handler.  Each returns 0 or a negative code
 * with a sentence, and then nothing has changed (the digest is equal; but pages that an offline
 * moved before it failed stay moved: the sentence counts them).
 *   -EINVAL  misaligned, empty or wrapping range; unknown option value; would split a leaf
 *   -EEXIST  overlaps memory that is present, be it by sub-sections
 *   -ENXIO   no memory there that can be added
 *   -ERANGE  beyond what the linear map can reach (S1-45): names the geometry and its limits
 *   -EPERM   boot memory (S0-38)
 *   -EBUSY   wrong state; unmovable page (named); memmap still needed by others (named); a veto;
 *            the hotplug lock cannot be taken (injected failures only)
 *   -ENOMEM  out of memory at some step, unwound
 *   -ECANCELED  Ctrl-C while migrating
 *   -EIO     a table of the memmap names a frame that has no struct page (S0-24)
 */
#pragma once
#include <mm/memmap/memmap.h>

struct hotplug_opts {
	const struct memmap_scheme *memmap; /* NULL = the default by argument */
	const struct remove_scheme *remove; /* NULL = the default by argument */
	int leaf;                           /* -1 = the largest legal, 0 = pages (leaf=page) */
	bool contig;                        /* contiguous runs where legal and the CPUs have them */
	bool memmap_now;                    /* the add writes every struct page (buddy_late.h) */
	bool device_refuse;                 /* device-remove=refuse instead of defer */
	const struct subblock_map
		*subblocks; /* only these sub-blocks are present; kept with the blocks */
	bool anywhere;      /* skip the "is there memory" check: host tests */
	const void *owner;  /* an event source, kept with the blocks; NULL: the operator */
	bool leaves;   /* removal ends its power or its ownership (ENGINE 6.2); kept with the blocks
			*/
	bool surprise; /* remove: a surprise removal has taken the memory, so cache lines are
			  dropped */
};

/* Result of an operation, for screens, events and benchmarks. */
struct hotplug_report {
	u64 blocks, pages, usable_pages, moved_pages;
	u64 memmap_pages, memmap_host_bytes, tables_new, tables_freed;
	u64 leaves, vmemmap_leaves, gathers, tlbi_ops, waits;
	u64 early;       /* frames freed before their invalidation: an unsafe scheme of remove= */
	u64 held_blocks; /* removed but still holding memmap of others */
	/* Cleaned and invalidated in the caches (ENGINE 6); dropped: invalidated without a
	 * write-back. */
	u64 cache_removed_bytes, cache_added_bytes, cache_dropped_bytes;
	/* cost_now() of the caller: its own share and its serial work.  Where all CPUs share one
	 * counter (-icount), the shares of helpers too. */
	u64 cost;
};

/* Set the options that NULL selects, from the boot arguments.  The schemes stay NULL: an operation
 * looks them up. */
void hotplug_opts_default(struct hotplug_opts *);

/*
 * The four operations.  Options, report and why may be NULL; a report is written on success, and is
 * undefined after a refusal.  add: the blocks are OFFLINE, and options with an owner, a map of
 * sub-blocks or a scheme are kept, so these must outlive the blocks.  online: zone Normal or
 * Movable, else -EINVAL.  offline: pages in use are migrated, which takes time.  remove: blocks
 * that hold memmap of others stay mapped (report.held_blocks), or -EBUSY with device_refuse
 * (ENGINE 7.3).
 */
int hotplug_add(paddr_t, u64 len, unsigned node, const struct hotplug_opts *,
		struct hotplug_report *, struct why *);
int hotplug_online(paddr_t, u64 len, enum zone_id, struct hotplug_report *, struct why *);
int hotplug_offline(paddr_t, u64 len, struct hotplug_report *, struct why *);
int hotplug_remove(paddr_t, u64 len, const struct hotplug_opts *, struct hotplug_report *,
		   struct why *);

/*
 * Check that the range, of blocks or of sub-sections, may be ejected: 0, or -EBUSY naming memory
 * that is present, or blocks whose memmap is still in the removed memory (S2-21).  Takes the
 * hotplug lock for read: the result is valid until the next add.
 */
int hotplug_may_release(paddr_t, u64 len, struct why *);

/* ---- notifiers: may veto the GOING_ and PREPARE_ steps; the others inform ---- */
enum hotplug_note {
	NOTE_PREPARE_ADD,
	NOTE_ADDED,
	NOTE_GOING_ONLINE,
	NOTE_ONLINE,
	NOTE_CANCEL_ONLINE,
	NOTE_GOING_OFFLINE,
	NOTE_OFFLINE,
	NOTE_CANCEL_OFFLINE,
	NOTE_PREPARE_REMOVE,
	NOTE_REMOVED,
};
/*
 * Called under the hotplug lock held for write, in link order, so it may not start an operation of
 * its own.  A negative result vetoes a GOING_ or PREPARE_ step; the first veto ends the round, and
 * the notifiers called before get the CANCEL_ note of that step, if it has one, in reverse order.
 * The other notes pass no `why` and ignore the result.
 */
struct hotplug_notifier {
	const char *name;
	int (*call)(enum hotplug_note, paddr_t, u64 len, struct why *);
};
REG_DECLARE(notifiers, struct hotplug_notifier);
#define HOTPLUG_NOTIFIER(id, object) REGISTER(notifiers, id, object)

/* ---- lock: readers (walkers, ptdump) and one writer; first in the order of kern/lock.h ---- */
void hotplug_read_lock(void);
void hotplug_read_unlock(void);
void hotplug_write_lock(void);
void hotplug_write_unlock(void);
bool hotplug_write_held(void);
/* pt_walk() of the kernel's tree.  Asserts that this CPU holds the lock, for reading or writing: no
 * table is freed while a walker is inside (S0-13, S1-18), not even by vmalloc (S0-27). */
int hotplug_walk(vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg);
/* Called between batches of a migration, the lock held; true ends it with -ECANCELED.  NULL: never
 * cancelled. */
extern bool (*hotplug_cancelled)(void);
unsigned hotplug_in_teardown(void); /* CPUs inside a teardown now: at most 1 (S0-17) */

/* ---- digest (ENGINE 7): equal before and after an identity ---- */
struct digest {
	u64 map; /* every live leaf: VA, PA (but of the shadow), size, attributes, by runs */
	u64 registry;
	u64 refs; /* altmap heads, block states, sub-sections */
	u64 free; /* free pages + engine table pages by node and zone */
	u32 word; /* of all, as printed on screens */
};
/* Reads every live leaf: slow.  Takes the lock for read, unless this CPU holds it for write. */
void digest_take(struct digest *);
/* Digest of one range of whole blocks: equal for equal states at any address and from any source.
 * Takes the lock for read; may not be called with it held for write. */
u32 digest_range(paddr_t, u64 len);
/* 0 when equal; otherwise -EIO, and `why` names the first part that differs. */
int digest_compare(const struct digest *before, const struct digest *after, struct why *);

void hotplug_init(void); /* once, at boot */

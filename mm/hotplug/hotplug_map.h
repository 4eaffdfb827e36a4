/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_map.h - the common part of adding and removing blocks, sub-sections and device
 * ranges: the linear map and the memmap of a span.
 *
 * No leaf and no run of entries crosses a unit of the span (a block, a sub-section) or the memmap
 * of one: a removal never splits (ENGINE 2, B-01, B-04).  For mm/hotplug/hotplug_*.c, devmem_*.c
 * and subsection_*.c, under the hotplug lock held for write.
 */
#pragma once
#include <kern/crew.h>
#include <mm/hotplug/hotplug_internal.h>

/*
 * ---- hot-add: lock, check, plan (may fail, changes nothing), act (cannot fail), unlock ----
 */
struct hot_add {
	struct block_span span;
	struct hotplug_opts opts;
	unsigned node;
	u64 users;                     /* see struct memmap_plan */
	enum pt_provenance provenance; /* of its pages */
	u64 whole;      /* bytes, naturally aligned, only removed together; 0: one unit */
	u64 compound;   /* pages, see struct memmap_plan */
	u64 reserve;    /* the same */
	bool late;      /* the same */
	u32 attributes; /* of the linear map: PT_NC, or 0 */
	unsigned level; /* bound of the leaves of the linear map */
	struct memmap_plan memmap;
	struct crew crew; /* the CPUs that share the work */
	struct crew maps; /* of the linear map: those of `crew` at the plan, or the caller alone */
	bool clean;       /* the caches, for the span (hotplug_cache_owed()) */
	bool linear_last; /* the caller maps it while helpers write struct pages */
	u64 cache_bytes;
	struct hotplug_meter meter;
	struct hotplug_report *report, unused; /* `unused` if the caller wants none */
};

/*
 * The caller has set the span and zeroed the rest: complete the options, check the node, take the
 * lock.  The report may be NULL.  After an error the lock is not held; after 0 the caller checks,
 * starts the meter, plans, acts, stops the meter, and calls hotplug_write_unlock(); it ends the
 * plan only where it does not act.
 */
int hot_add_lock(struct hot_add *, const struct hotplug_opts *, struct hotplug_report *,
		 struct why *);

/* Bytes that are only removed together: the bound of leaves and runs (ENGINE 2.3). */
u64 hot_add_unit(const struct hot_add *);
/* Bounds of the leaves of the linear map and of the memmap. */
unsigned hot_add_level(const struct hot_add *);
unsigned hot_add_memmap_level(const struct hot_add *);
int hot_add_plan(struct hot_add *, struct why *);
/* Map the span, write every struct page, free reservations that were not used, fill in the report
 * except for its costs.  Idle CPUs take part (mm/hotplug/hotplug_shares.c); they have finished when
 * it returns. */
void hot_add_act(struct hot_add *);
/* Instead of hot_add_act(): free the reservations (mm/hotplug/hotplug_shares.c). */
void hot_add_end(struct hot_add *);

/*
 * ---- caches (mm/hotplug/hotplug_caches.c) ----
 * owed: true if maintenance is required (cache-leave=, ENGINE 6); `leaves`: as in hotplug_opts.
 */
bool hotplug_cache_owed(bool leaves);
typedef void hotplug_cache_fn(vaddr_t, u64 len); /* of arch_dcache_*() */
/* Call fn for the range, in pieces, on this CPU, which reports progress after each. */
void hotplug_cache_pieces(hotplug_cache_fn *fn, vaddr_t va, u64 len);
/*
 * The same by the caller and all idle CPUs.  On return it is complete: a DSB completes only what
 * its own CPU has executed (Arm ARM D7.5.9; the same for FENCE, RISC-V CMO 2.5), so fn ends with
 * one on each CPU, and the caller waits for all shares.
 */
void hotplug_cache_wide(hotplug_cache_fn *fn, vaddr_t va, u64 len);

/*
 * ---- the shares of a hot-add, for hotplug_map.c, each with a plan of its own ----
 * The caller plans and maps the memmap, too.  plan: -ENOMEM or an error of pt_plan() or
 * hot_add_plan_memmap(), of the first share that failed; then nothing is reserved.
 */
int shares_plan(struct hot_add *, struct why *);
int hot_add_plan_memmap(struct hot_add *, struct why *);
/* Linear map and memmap; caches, if required.  Each share frees the tables that it did not need. */
void shares_map(struct hot_add *);
void shares_write(struct hot_add *); /* struct pages */

/*
 * ---- hot-remove, in runs [pfn, pfn + nr) ----
 * Begin; plan every run (nothing changes; after an error abort); memmap of every run; linear map of
 * every run; flush what no run flushed; then, without the lock, end: frames and tables are freed.
 */
/* hotplug_opts.leaves of the add of pfn; *end: the first pfn for which it may differ. */
typedef bool leaves_fn(pfn_t, pfn_t *end);
struct hot_remove {
	struct block_span span;
	struct hotplug_opts opts;
	leaves_fn *leaves;
	struct memmap_removal memmap;
	struct pt_gather linear;
	u64 cache_bytes;
	struct why *why;
	struct hotplug_meter meter;
	struct hotplug_report *report, unused; /* `unused` if the caller wants none */
};

/*
 * The caller has set span and `leaves`: complete the options, take the lock, start the meter.  The
 * report may be NULL.  After an error the lock is not held.
 */
int hot_remove_lock(struct hot_remove *, const struct hotplug_opts *, struct hotplug_report *,
		    struct why *);
/*
 * Release the lock; after 0, hot_remove_end() without it (ENGINE 5.2) and the costs.  After an
 * error of a check or a plan there is nothing to end.  Returns err.
 */
int hot_remove_unlock(struct hot_remove *, int err);

void hot_remove_begin(struct hot_remove *, memmap_scheme_fn *);
/* The steps with a `void *` fit removal_set_each(); all but the plan return 0. */
int hot_remove_plan(pfn_t, u64 nr, void *hot_remove);
void hot_remove_abort(struct hot_remove *);
int hot_remove_memmap(pfn_t, u64 nr, void *hot_remove);
void hot_remove_linear_begin(struct hot_remove *);
int hot_remove_linear(pfn_t, u64 nr, void *hot_remove);
void hot_remove_report(const struct hot_remove *);
void hot_remove_end(struct hot_remove *);
/* The span as one run: begin and plan; then, with no step in between that may fail, everything up
 * to the report. */
int hot_remove_plan_whole(struct hot_remove *, memmap_scheme_fn *, u64 compound);
void hot_remove_whole(struct hot_remove *);

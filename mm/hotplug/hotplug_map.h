/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_map.h - the part that adding and removing blocks, sub-sections and device
 * ranges have in common: the linear map and the memmap of a span.
 *
 * No leaf and no run of entries crosses a unit of the span (a block, a sub-section), nor what
 * describes one: a removal never splits (ENGINE 2, B-01, B-04).  For mm/hotplug/hotplug_*.c and
 * mm/subsection_*.c, under the hotplug lock held for write.
 */
#pragma once
#include <kern/crew.h>
#include <mm/hotplug/hotplug_internal.h>

/*
 * ---- arrival: lock, check, plan (may fail, leaves nothing), act (cannot fail), unlock ----
 */
struct arrival {
	struct block_span span;
	struct hotplug_opts opts;
	unsigned node;
	u64 users;                     /* see struct memmap_plan */
	enum pt_provenance provenance; /* of its pages */
	u64 whole;      /* bytes, naturally aligned, only removed together; 0: one unit */
	u64 compound;   /* pages, see struct memmap_plan */
	u64 reserve;    /* the same */
	u32 attributes; /* of the linear map: PT_NC, or 0 */
	unsigned level; /* bound of the leaves of the linear map */
	struct memmap_plan memmap;
	struct crew crew; /* the CPUs that share the work */
	struct crew maps; /* of the linear map: the same, or the caller alone */
	u64 cache_bytes;
	struct hotplug_meter meter;
	struct hotplug_report *report, unused; /* `unused` if the caller wants none */
};

/*
 * The caller has set the span and zeroed the rest: complete the options, check the node, take the
 * lock.  The report may be NULL.  After an error the lock is not held; after 0 the caller checks,
 * starts the meter, plans, acts, ends, stops the meter, and calls hotplug_write_unlock().
 */
int arrival_lock(struct arrival *, const struct hotplug_opts *, struct hotplug_report *,
		 struct why *);

/* Bytes that are only removed together: the bound of leaves and runs (ENGINE 2.3). */
u64 arrival_together(const struct arrival *);
/* Bounds of the leaves of the linear map and of the memmap. */
unsigned arrival_level(const struct arrival *);
unsigned arrival_memmap_level(const struct arrival *);
int arrival_plan(struct arrival *, struct why *);
/* Map the span, write every struct page, fill the report but for its costs.  Idle CPUs take part
 * (mm/hotplug/arrival_shares.c); they have finished when it returns. */
void arrival_act(struct arrival *);
/* Return what was planned and not used: after arrival_act(), or instead of it. */
void arrival_end(struct arrival *);

/*
 * ---- caches (mm/hotplug/hotplug_caches.c) ----
 * owed: is maintenance owed (cache-leave=, ENGINE 6) for memory that `leaves`?
 */
bool hotplug_cache_owed(bool leaves);
typedef void hotplug_cache_fn(vaddr_t, u64 len); /* arch_dcache_clean_inval() and its like */
/* fn for the range, in pieces, by this CPU, which tells the watchdog after each of them. */
void hotplug_cache_pieces(hotplug_cache_fn *fn, vaddr_t va, u64 len);
/*
 * The same by the caller and all idle CPUs.  On return it is complete: a DSB completes only what
 * its own CPU has executed (Arm ARM D7.5.9; the same for FENCE, RISC-V CMO 2.5), so fn ends with
 * one on each CPU, and the caller waits for all shares.
 */
void hotplug_cache_wide(hotplug_cache_fn *fn, vaddr_t va, u64 len);

/*
 * ---- the shares of an arrival, for hotplug_map.c: whole units, each with a plan of its own ----
 * plan: -ENOMEM or what pt_plan() says, the first share's that failed; nothing is left.
 */
int shares_plan(struct arrival *, struct why *);
void shares_map(struct arrival *);   /* leaves of the linear map; caches, if owed */
void shares_write(struct arrival *); /* struct pages, once the memmap is mapped */
void shares_end(const struct arrival *);

/*
 * ---- departure, in runs [pfn, pfn + nr) ----
 * Begin; plan every run (nothing changes; after an error abort); memmap of every run; linear map of
 * every run; flush what no run flushed; then, without the lock, end: frames and tables are freed.
 */
/* hotplug_opts.leaves of the add that brought pfn; *end: the first pfn for which it may differ. */
typedef bool leaves_fn(pfn_t, pfn_t *end);
struct departure {
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
int departure_lock(struct departure *, const struct hotplug_opts *, struct hotplug_report *,
		   struct why *);
/*
 * Release the lock; after 0, departure_end() without it (ENGINE 5.2) and the costs.  After an error
 * of a check or a plan nothing is left to end.  Returns err.
 */
int departure_unlock(struct departure *, int err);

void departure_begin(struct departure *, memmap_scheme_fn *);
/* The steps with a `void *` fit departing_each(); all but the plan return 0. */
int departure_plan(pfn_t, u64 nr, void *departure);
void departure_abort(struct departure *);
int departure_memmap(pfn_t, u64 nr, void *departure);
void departure_linear_begin(struct departure *);
int departure_linear(pfn_t, u64 nr, void *departure);
void departure_report(const struct departure *);
void departure_end(struct departure *);
/* The span as one run: begin and plan; then, with nothing that may fail between, all up to the
 * report. */
int departure_plan_whole(struct departure *, memmap_scheme_fn *, u64 compound);
void departure_whole(struct departure *);

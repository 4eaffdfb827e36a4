/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug_map.h - what is alike when blocks and when sub-sections come and go: the linear map
 * and the memmap of a span.
 *
 * No leaf and no run of entries crosses a unit of the span (a block, a sub-section), nor what
 * describes one: a removal never splits (ENGINE 2, B-01, B-04).  For mm/hotplug_*.c and
 * mm/subsection_*.c, under the hotplug lock held for write.
 */
#pragma once
#include <mm/hotplug_internal.h>

/*
 * ---- memory that arrives: plan (may fail, leaves nothing), then act (cannot) or not,
 * then end: what was planned and not used goes back ----
 */
struct arrival {
	struct block_span span;
	struct hotplug_opts opts;
	unsigned node;
	u64 users;                     /* see struct memmap_plan */
	enum pt_provenance provenance; /* of its pages */
	u64 whole;      /* bytes, aligned to themselves, that never go in parts; 0: one unit */
	u64 compound;   /* pages, see struct memmap_plan */
	u64 reserve;    /* the same */
	u32 attributes; /* of the linear map: PT_NC, or 0 */
	unsigned level; /* bound of the leaves of the linear map */
	struct memmap_plan memmap;
	struct pt_plan linear;
};

/* An add around its own steps, with the span set: options, node and lock, then `locked`, which
 * checks, plans and acts; the lock is given back. */
typedef int arrival_fn(struct arrival *, struct hotplug_report *, struct why *);
int arrival_run(struct arrival *, const struct hotplug_opts *, arrival_fn *locked,
		struct hotplug_report *, struct why *);

/* Bounds of the leaves of the linear map and of the memmap. */
unsigned arrival_level(const struct arrival *);
unsigned arrival_memmap_level(const struct arrival *);
int arrival_plan(struct arrival *, struct why *);
/* Maps, writes every struct page; the pages used for themselves are known from here on. */
void arrival_act(struct arrival *, struct hotplug_report *);
void arrival_end(struct arrival *);
/* The three at once, and what they cost: nothing that may fail comes between. */
int arrival_whole(struct arrival *, struct hotplug_report *, struct why *);

/*
 * ---- memory that leaves, in runs [pfn, pfn + nr) ----
 * Begin; plan every run (nothing changes; after an error abort); memmap of every run; linear map of
 * every run; flush what no run flushed; then, without the lock, end: frames and tables are freed.
 */
typedef bool leaves_fn(pfn_t, pfn_t *end); /* as hotplug_opts said when it came */
struct departure {
	struct block_span span;
	struct hotplug_opts opts;
	leaves_fn *leaves;
	struct memmap_removal memmap;
	struct pt_gather linear;
	u64 cache_bytes;
	struct why *why;
};

/* A removal around its own steps, with the span set: options, lock, `locked` (all but the end), the
 * end without the lock, what it cost. */
typedef int departure_fn(struct departure *, struct hotplug_report *);
int departure_run(struct departure *, const struct hotplug_opts *, departure_fn *locked,
		  struct hotplug_report *, struct why *);

void departure_begin(struct departure *, memmap_scheme_fn *);
int departure_plan(pfn_t, u64 nr, void *departure);
void departure_abort(struct departure *);
int departure_memmap(pfn_t, u64 nr, void *departure);
void departure_linear_begin(struct departure *);
int departure_linear(pfn_t, u64 nr, void *departure);
void departure_report(const struct departure *, struct hotplug_report *);
void departure_end(struct departure *);
/* The span as one run: begin and plan; then, with nothing that may fail between, all up to the
 * report. */
int departure_plan_whole(struct departure *, memmap_scheme_fn *, u64 compound);
void departure_whole(struct departure *, struct hotplug_report *);

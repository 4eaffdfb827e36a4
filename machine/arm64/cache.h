/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/cache.h - one coherent data cache in front of memory, that all CPUs share.
 *
 * A byte of RAM has two values: cacheable accesses use that of the frame (memory.h); accesses that
 * bypass the cache use that at the point of coherency.  They differ only in the lines that cache.c
 * tracks, so ordinary accesses cost nothing.  A tracked line is
 *   dirty  a cacheable store changed it: the whole line is written to memory when it is cleaned or
 *          evicted
 *   stale  an access that bypasses the cache changed memory: cacheable loads read the old bytes
 *          until it is invalidated or evicted; a cacheable store makes it dirty, with these bytes
 *
 * Random behaviour (ADV_CACHES), by the Arm ARM (DDI 0487):
 *   - a line is allocated at any time, also speculatively; firmware maps all of RAM cacheable, as
 *     a hypervisor does, so any line may be allocated (B2.7.5, D7.5.1); the model decides whether
 *     it was when memory changes, since that is not observable before
 *   - a line is evicted at any time; a dirty one is written back, also over newer bytes (B2.11,
 *     mismatched attributes: "the loss of coherency" and of "uniprocessor semantics")
 *   - accesses bypass it with the MMU off (D8.2.12), with SCTLR_EL1.C 0, and with attributes that
 *     are not write-back; so do walks with TCR_EL1.IRGN or ORGN not write-back
 *   - DC CVAU reaches the point of unification, not that of coherency; DC IVAC of a dirty line
 *     loses it or writes it back (D7.5.9)
 *   - a DC is complete only at a DSB of its CPU (D7.5.9, "Ordering and completion").  It is
 *     performed in program order with the CPU's write-back accesses to its line, so an effect that
 *     its loads observe is performed at once; with other accesses it has no order without a DMB or
 *     DSB for loads and stores
 *   - with flash= there is neither firmware nor a hypervisor below, and the caches are invalid at
 *     reset (the manual also permits a CPU whose caches need a routine of its own then, D7.5.6,
 * which firmware for all CPUs cannot have): no line is allocated until a CPU uses its caches
 *   - at power-on lines of earlier software, dirty or not, may hold the RAM that the image needs
 *     beyond its file, whose lines are clean (Linux boot protocol)
 */
#pragma once
#include <lib/types.h>

#define CACHE_LINE_LEAST 16ul
#define CACHE_LINE_MOST 2048ul /* CTR_EL0.CWG has no larger one */

/* Bytes of a line: the range of a DC of any CPU. */
extern u64 cache_line;
/* Change the line: `bytes` is now the shortest line of the CPUs whose caches may hold lines.  A DC
 * of any CPU affects only that many bytes, though CTR_EL0 of its CPU may report a longer line
 * (D7.5.9: a DC is for the caches of all CPUs that share the memory). */
void cache_set_line(u64 bytes);

extern bool cache_cold; /* no CPU has used its caches since the reset */

enum cache_op { CACHE_CLEAN, CACHE_FLUSH, CACHE_INVALIDATE };

/* order_hooks.hides: a store is performed.  True: it changes memory only; a stale line hides it. */
bool cache_hides(unsigned cpu, u64 word, u64 value, u64 mask, bool bypass);

/* The line at pa is tracked: memory and the cache may differ. */
bool cache_tracks(u64 pa);
/* The CPU has read memory at the line: it reads nothing older when the line is discarded. */
void cache_read(unsigned cpu, u64 pa);
/* A load that bypasses the caches where no line is tracked returns nothing older than of this time:
 * a store that a line hid was in memory before the line was discarded, though a cacheable load may
 * observe it later.  Lines of one slot have one time, which is stricter than the manual. */
u64 cache_memory_view(u64 pa);
/* n aligned bytes of memory. */
u64 cache_memory(u64 pa, unsigned n);
/* The bytes of a frame in memory; false: none of its lines is tracked. */
bool cache_memory_frame(u64 frame, u8 *bytes);

/* A DC of the line at pa; `bypass`: by an address that is not write-back. */
void cache_issue(unsigned cpu, u64 pa, enum cache_op op, bool bypass);
/* A DC of a set and a way.  Level 0 is of the CPU alone, level 1 of all.  It affects no line that
 * is in another CPU's cache, and moves data to the next level, not to the point of coherency
 * (D7.5.9).  While CPUs use their caches, hardware may move a line from one to another, so only the
 * CPU that alone uses them reaches all lines.  Those of a CPU are in program order with each other,
 * which is stricter than the manual. */
struct cache_place {
	unsigned cpu;
	u64 holders; /* mask of the CPUs whose first level may hold lines, with `cpu` */
	u64 level, set, way, sets, ways, line;
};
void cache_issue_place(const struct cache_place *p, enum cache_op op);
/* Perform all DCs of the CPU. */
void cache_complete(unsigned cpu);
bool cache_pending(unsigned cpu); /* a DC of the CPU is not complete */
/* Between slices: random evictions, and DCs that are performed. */
void cache_between(void);

/* Allocate lines of earlier software in [from, to); `dirty`: some of them are. */
void cache_power_on(u64 from, u64 to, bool dirty);
void cache_reset(void);
/* A reset: each dirty line is written back or lost (D7.5.6: the contents of a cache are UNKNOWN
 * then). */
void cache_lose_lines(void);

/* unplug.c: a dirty line is written back. */
void unplug_written_back(u64 pa);

/* Counts, for tests. */
struct cache_counts {
	u64 dirty, stale;     /* lines that began to differ from memory */
	u64 written, dropped; /* lines that were evicted */
	u64 hidden, old;      /* stores that a stale line hides; reads under a line that differs */
};
extern struct cache_counts cache_counts;

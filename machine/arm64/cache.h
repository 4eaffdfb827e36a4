/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/cache.h - one coherent data cache in front of memory, that all CPUs share.
 *
 * Two views of a byte of RAM.  Cacheable accesses have what a frame holds (memory.h); accesses that
 * go around the cache have what is at the point of coherency.  They differ only in lines that this
 * file keeps, so ordinary accesses cost nothing.  A line kept here is
 *   dirty  a cacheable store changed it: memory gets the whole line when it is cleaned or leaves
 *   stale  memory was changed around it: it answers cacheable loads until it is invalidated or
 *          leaves; a cacheable store makes it dirty, with its old bytes
 *
 * Freedoms, each by chance (ADV_CACHES), by the Arm ARM (DDI 0487):
 *   - a line is allocated at any time, also speculatively; firmware maps all of RAM cacheable, as
 *     a hypervisor does, so no line is safe (B2.7.5, D7.5.1); whether it was there is decided
 *     when memory changes around it, since nobody can tell before
 *   - a line leaves at any time, a dirty one by a write-back over newer bytes (B2.11, mismatched
 *     attributes: "the loss of coherency" and of "uniprocessor semantics")
 *   - accesses go around it with the MMU off (D8.2.12), SCTLR_EL1.C 0, and attributes that are not
 *     write-back; so do walks with TCR_EL1.IRGN or ORGN not write-back
 *   - DC CVAU reaches the point of unification, not that of coherency; DC IVAC of a dirty line
 *     loses it or writes it back (D7.5.9)
 *   - a DC is complete only at a DSB of its CPU (D7.5.9, "Ordering and completion").  Before, it
 *     is in program order with accesses of its line to write-back memory, so what a load may see
 *     is done at once; with others it has no order without a DMB or DSB for loads and stores
 *   - at power-on the RAM that the image asks for, but not the file, which is clean, may be in
 *     lines of earlier software, dirty or not (Linux boot protocol)
 */
#pragma once
#include <lib/types.h>

#define CACHE_LINE_LEAST 16ul
#define CACHE_LINE_MOST 2048ul /* CTR_EL0.CWG has no larger one */

/* Bytes of a line, which a DC of any CPU reaches and no more. */
extern u64 cache_line;
/* The shortest line of all CPUs whose caches may hold lines is another one.  A DC of any CPU
 * reaches such a line alone, though CTR_EL0 of that CPU may have a longer one (D7.5.9: it is of the
 * caches of all CPUs that share the memory). */
void cache_reaches(u64 bytes);

enum cache_op { CACHE_CLEAN, CACHE_FLUSH, CACHE_INVALIDATE };

/* ordering.caught: a store becomes visible.  True: in memory alone, hidden by a line that is stale.
 */
bool cache_catches(unsigned cpu, u64 word, u64 value, u64 mask, bool around);

/* Memory and the cache differ, or a line of memory could be written over. */
bool cache_holds(u64 pa);
/* The CPU has read the line around the cache: it reads nothing older when the line has gone. */
void cache_read(unsigned cpu, u64 pa);
/* Of memory, aligned. */
u64 cache_memory(u64 pa, unsigned n);
/* A frame as memory has it; false: no line of it is kept. */
bool cache_memory_frame(u64 frame, u8 *bytes);

/* A DC of the line at pa; `around`: by an address that is not write-back. */
void cache_issue(unsigned cpu, u64 pa, enum cache_op op, bool around);
/* ... all of this CPU's. */
void cache_complete(unsigned cpu);
bool cache_owes(unsigned cpu); /* a DC of the CPU is not complete */
/* What happens on its own. */
void cache_between(void);

/* Earlier software's lines in [from, to). */
void cache_power_on(u64 from, u64 to);
void cache_reset(void);
/* A reset: what was not cleaned is written back or lost, a line alone (D7.5.6: a cache's contents
 * are UNKNOWN then). */
void cache_lose(void);

/* gone.c: a dirty line is written back. */
void gone_written_back(u64 pa);

/* What was done, for tests. */
struct cache_counts {
	u64 dirty, stale;     /* lines that differed */
	u64 written, dropped; /* that left on their own */
	u64 hidden, old;      /* stores that a stale line hides; reads around a dirty one */
};
extern struct cache_counts cache_counts;

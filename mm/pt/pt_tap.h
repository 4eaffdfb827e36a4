/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_tap.h - watch, count, trace or change (bend) the engine's accesses to the machine
 * (ENGINE 5).
 *
 * Taps register by PT_TAP and see every event, one for each run of cells; pt_tap_enable() switches
 * one on.  With no tap enabled an event costs one branch.  Only a tap that declares `.bends` may
 * return false from `before` (swallow the operation) or edit it; a lint allows that to inject
 * alone.
 *
 * A tap must not order the accesses that it observes.  The call of a tap, and the taps count, trace
 * and record, contain no barrier and no acquire or release: on a weakly ordered machine these would
 * order two accesses of the code around them, and hide that nothing else orders them
 * (tools/hotplate lint taps). `seq` is taken from one relaxed counter: it is exact for the events
 * of one CPU, and for several CPUs only as exact as their stores are ordered.  A tap that delays
 * CPUs (inject, sanitize, the explorer's) orders their accesses; that is its purpose.
 */
#pragma once
#include <lib/atomic.h>
#include <lib/reg.h>
#include <mm/pt/pt.h>

enum pt_event_kind {
	PT_EV_SET,          /* n cells from `va` at `level`: first old/new, duty */
	PT_EV_PUBLISH,      /* barrier before a table pointer */
	PT_EV_PUBLISH_DATA, /* barrier before the leaves of [va, va + len) */
	PT_EV_FILL,         /* this CPU has filled [pa, pa + len), which will be mapped */
	PT_EV_VISIBLE,      /* barrier after empty -> leaf */
	PT_EV_SYNC,         /* barrier before an invalidation */
	PT_EV_TLBI, /* va, len, levels, walk, asid/global, cpus, ops = instructions or requests */
	PT_EV_WAIT, /* completion on all of `cpus` */
	PT_EV_CTX,  /* context synchronisation (ISB) */
	PT_EV_ROOT_LOAD, /* cpu, pa = root, asid */
	PT_EV_WALK_BEGIN,
	PT_EV_WALK_END,
	PT_EV_LOCK,       /* a lock that orders changes of tables was taken, ops = its class, ... */
	PT_EV_UNLOCK,     /* ... or is about to be released; global: it is a reader/writer lock */
	PT_EV_PAGE_ALLOC, /* the engine takes or frees: pa, n, provenance */
	PT_EV_PAGE_FREE,
	PT_EV_FRAME_ALLOC, /* left the allocator: pa, n, order, provenance, owner */
	PT_EV_FRAME_FREE,  /* about to return to it */
	PT_EV_KINDS,
};

/*
 * Which actor stores to tables.  Before its first store an actor sets the writer of the CPU that it
 * runs on, and restores it after its last store (mm/kernel/writer.h).  Tests and the TLB lab set
 * none.
 */
enum pt_writer {
	PT_WRITER_NONE,
	PT_WRITER_BOOT,
	PT_WRITER_HOTPLUG,  /* linear map and vmemmap of memory that is added or removed */
	PT_WRITER_MIGRATE,  /* a mapping of vmalloc that gets another frame */
	PT_WRITER_VMALLOC,  /* vmalloc(), vmap() and their unmap */
	PT_WRITER_DEVICE,   /* registers of devices */
	PT_WRITER_APPLY,    /* a caller's function for each entry of a range */
	PT_WRITER_DIRECT,   /* rights of pages of the linear map */
	PT_WRITER_OPTIMISE, /* the vmemmap of struct pages that share frames */
	PT_WRITER_SHADOW,   /* the shadow region */
	PT_WRITERS,
};

struct pt_event {
	u8 kind, level, levels, provenance, order;
	u8 writer; /* enum pt_writer */
	u16 locks; /* locks_held() (kern/lock.h), with those of the CPU on whose behalf it runs: bit
		      c: one of class c; bit 8 + c: for writing */
	bool walk, global, local; /* local: the invalidation reaches this CPU only */
	bool unlinked;            /* SET in a table that no CPU can walk yet */
	bool plain;               /* set by a bending tap: install without compare-and-exchange */
	u32 duty, asid, cpu, ops;
	u64 n;
	vaddr_t va;
	u64 len;
	pte_t old, new;
	paddr_t pa;
	cpumask_t cpus;
	const struct pt *pt; /* NULL for frames: the allocator knows no tree */
	const char *owner;   /* of a frame; name of a lock */
	u64 seq;             /* filled by the dispatcher, like cpu, writer and locks */
};

/*
 * Hooks run on the CPU of the event, in the middle of the operation: with any lock of mm/ held,
 * possibly with interrupts off, and on several CPUs at once.
 */
struct pt_tap {
	const char *name;
	bool bends;
	bool (*before)(struct pt_event *);      /* NULL: not interested */
	void (*after)(const struct pt_event *); /* not called for a swallowed event */
	void (*reset)(void);                    /* NULL, or called when the tap is switched on */
};

REG_DECLARE(taps, struct pt_tap);
#define PT_TAP(id, object) REGISTER(taps, id, object)

extern u32 pt_taps_on; /* non-zero while any tap is enabled */
/*
 * Switch one tap on (after its reset) or off.  -ENOENT: no such tap.  The caller serialises calls,
 * and lets the CPUs whose events matter begin afterwards: every CPU reads the switch with a relaxed
 * load only.
 */
int pt_tap_enable(const char *name, bool on);
/* Fill in cpu, writer, locks and seq, and call every enabled tap; false: a bending tap swallowed
 * the event, so the caller skips the operation and pt_tap_run_after(). */
bool pt_tap_run_before(struct pt_event *);
void pt_tap_run_after(const struct pt_event *);
#define PT_TAP_CPUS 64
/* Fills in cpu, writer and locks of the running CPU.  mm/kernel/kpt_build.c sets it; NULL: all 0.
 */
extern void (*pt_tap_who)(struct pt_event *);

static inline bool pt_tapped(void)
{
	return atomic_load_relaxed(&pt_taps_on) != 0;
}

static inline bool pt_tap_before(struct pt_event *e)
{
	return !pt_tapped() || pt_tap_run_before(e);
}

static inline void pt_tap_after(const struct pt_event *e)
{
	if (pt_tapped())
		pt_tap_run_after(e);
}

/* Report that this CPU has filled frames that it will map, for taps that check
 * PT_DUTY_PUBLISH_DATA. */
void pt_tap_run_fill(paddr_t, u64 len);

static inline void pt_tap_fill(paddr_t pa, u64 len)
{
	if (pt_tapped())
		pt_tap_run_fill(pa, len);
}

/* ---- tap `count` (mm/pt/taps/count.c): totals since the last reset ---- */
struct pt_counts {
	u64 events[PT_EV_KINDS];
	u64 cells; /* cells stored by SET */
	u64 runs;  /* SET events */
	u64 leaves_set, leaves_cleared, tables_set, tables_cleared;
	u64 tlbi_ops, tlbi_walk, waits;
	u64 tables_alloc, tables_free;
};
void pt_count_reset(void); /* no CPU counts meanwhile: the stores are plain */
void pt_count_read(struct pt_counts *);

/* ---- tap `trace` (mm/pt/taps/trace.c): the last events of each CPU ---- */
void pt_trace_reset(void);
#define PT_TRACE_LAST 64 /* events kept for each CPU */
/* Copy the last events of all CPUs in the order of `seq`, oldest first, at most `max`; returns how
 * many.  CPUs may continue: an entry that is being written is left out. */
size_t pt_trace_copy(struct pt_event *out, size_t max);
const char *pt_event_name(unsigned kind);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/policy/policy.h - the axes along which schemes plug in (docs/schemes.md).  One file a scheme,
 * registered here; the values of `tlb=`, `memmap=`, `remove=`, `vmalloc=`, `tables=`, `frag=`,
 * `newmap=` are entries of these tables.
 */
#pragma once
#include <kern/args.h>
#include <lib/err.h>
#include <lib/reg.h>

/* mm/pt/pt.h, mm/pt/pt_fmt.h */
struct pt;
struct pt_fmt;
struct pt_gather;
struct pt_inval;
struct pt_plan;

/*
 * Promises of a scheme.  tests/harness/promises.c names the tests of each, and `make scheme
 * S=AXIS/NAME` runs them: a scheme that fails a test of its promises is refused.
 */
enum scheme_promise {
	/* tlb: on return ... */
	PROMISE_ALL_CPUS = 1 << 0, /* no CPU of the set uses the named entries */
	PROMISE_RANGE = 1 << 1,    /* first page to last, for any length */
	PROMISE_COMPLETE = 1 << 2, /* it is complete: no step follows later */
	PROMISE_WALK = 1 << 3,     /* pointers to unhooked tables are invalidated too */
	/* memmap */
	PROMISE_IDENTITY = 1 << 4,  /* add and remove leave no trace */
	PROMISE_SET_APART = 1 << 5, /* frames with struct pages have no other user */
	PROMISE_ALONE = 1 << 6,     /* each block can be removed without the others */
	PROMISE_NO_OLD = 1 << 7,    /* no page of old memory except for tables */
	PROMISE_USABLE = 1 << 8,    /* every page that was added is usable */
	/* remove */
	PROMISE_FAULTS = 1 << 9,         /* no CPU reads removed memory */
	PROMISE_TABLES = 1 << 10,        /* every table that an add allocated is freed */
	PROMISE_LEAVES_FIRST = 1 << 11,  /* the last leaf is cleared before a table is unhooked */
	PROMISE_FLUSH_BETWEEN = 1 << 12, /* ... and was invalidated and waited for */
	PROMISE_FRAMES = 1 << 22,        /* no frame is freed that a CPU can still translate to */
	/* vmalloc */
	PROMISE_NEIGHBOURS = 1 << 13, /* no table that another region may use is freed */
	PROMISE_FREES = 1 << 14,      /* tables that only one region uses are freed */
	PROMISE_WALKERS = 1 << 15,    /* no table that vmalloc walks is freed */
	/* tables: no table is released while a walker without a lock is inside ... */
	PROMISE_IRQS_OFF = 1 << 16, /* ... that has interrupts off */
	PROMISE_SECTIONS = 1 << 17, /* ... that is in a read section */
	/* frag */
	PROMISE_ENTRIES = 1 << 18, /* walkers find only entries in a pending table */
	/* newmap: a page is mapped where a CPU has just faulted ... */
	PROMISE_USED = 1 << 19,   /* ... and every CPU can use it, after retries at most */
	PROMISE_OWN = 1 << 20,    /* ... the CPU that maps it without a fault */
	PROMISE_OTHERS = 1 << 21, /* ... and the others, too */
	PROMISE_NR = 23,
};

struct scheme {
	const char *name;       /* as typed: `tlb=bcast` */
	const char *claim;      /* one sentence that a test can refute */
	const char *linux_peer; /* the corresponding code in Linux, or NULL */
	const char *unsafe;     /* why it is deliberately wrong, or NULL */
	u32 promises;           /* enum scheme_promise, of its axis */
};

/* ---- axis tlb: how an invalidation reaches the CPUs.  Back ends: arch/ARCH/tlb_NAME.c ---- */
struct tlb_scheme {
	struct scheme s;
	bool (*usable)(char *reason, size_t size); /* false: `reason` is filled in; NULL = always */
	/*
	 * Issue the invalidation for req on every CPU of `cpus`; mm/kernel/tlb.c calls sync before
	 * and wait and ctx after it.  Returns the operations issued (TLBIs by VA, ranges or
	 * requests).
	 */
	u32 (*issue)(const struct pt_inval *req, const struct pt_fmt *fmt, cpumask_t cpus,
		     u32 max_ops);
	void (*sync)(void); /* earlier table stores before the invalidation */
	void (*wait)(void); /* completion on all CPUs */
	void (*ctx)(void);  /* context synchronisation of this CPU */
};
REG_DECLARE(tlb, struct tlb_scheme);
#define TLB_SCHEME(id, object) REGISTER(tlb, id, object)

/*
 * ---- axis vmalloc: why hot-remove never frees a table that vmalloc is walking (S0-06..09) ----
 *
 * Either the two exclude each other (enter, remove_enter), or hot-remove leaves the tables alone
 * that they could share (may_free), or they share none (usable).
 */
struct vmalloc_scheme {
	struct scheme s;
	/* false: not with this layout, and `reason` is filled in; NULL = always.  Called when the
	 * layout is known. */
	bool (*usable)(char *reason, size_t size);
	/* Around each change of vmalloc's mappings, from the walk that plans it to its last store.
	 * Any CPU, at most under LOCK_MOVABLE and the hotplug lock.  Calls nest.  NULL: nothing. */
	void (*enter)(void);
	void (*leave)(void);
	/* enter() takes the hotplug lock.  It is the first of the lock order, so a caller that
	 * takes another lock enters before it does (vmalloc_enter_first()). */
	bool first;
	/* Around the passes of a removal, hotplug lock held for write.  NULL: nothing. */
	void (*remove_enter)(void);
	void (*remove_leave)(void);
	/* True if a hot-remove in [floor, ceiling) may free a table that spans [va, va + span).
	 * Called with the hotplug lock held for write, while other CPUs may walk and map. */
	bool (*may_free)(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling);
};
REG_DECLARE(vmalloc, struct vmalloc_scheme);
#define VMALLOC_SCHEME(id, object) REGISTER(vmalloc, id, object)

/* The size of each scheme of this axis in lines, for `compare` (S0): lines with code, neither blank
 * nor only comment.  Counted by the build (tools/hotplate code-lines). */
struct code_lines {
	const char *scheme; /* NULL: the end */
	u32 lines;
};
extern const struct code_lines vmalloc_code_lines[];

/* ---- axis remove: the order of the passes of a removal ---- */
struct remove_job {
	struct pt *pt;
	struct pt_plan *plan; /* PT_OP_UNMAP of the range */
	vaddr_t floor, ceiling;
	struct pt_gather
		*gather; /* begun, spans recorded; the scheme flushes, the caller releases */
};
struct remove_scheme {
	struct scheme s;
	/* Unmap and unhook one range, under the hotplug lock held for write; has flushed the gather
	 * when it returns.  Called once for each run of blocks, with the same gather. */
	void (*run)(struct remove_job *);
};
REG_DECLARE(remove, struct remove_scheme);
#define REMOVE_SCHEME(id, object) REGISTER(remove, id, object)

/* ---- axis memmap: the place of struct pages of hot-added memory; ops in mm/memmap/memmap.h ----
 */
struct memmap_scheme;
REG_DECLARE(memmap, struct memmap_scheme);
#define MEMMAP_SCHEME(id, object) REGISTER(memmap, id, object)

/*
 * ---- axis tables: when a table that lockless walkers may be inside is released (S3-20) ----
 * mm/kernel/table_free.h has the functions for schemes.
 */
struct table_free;
struct tables_scheme {
	struct scheme s;
	/* One table that was unhooked and invalidated.  Interrupts on, no lock held. */
	void (*free)(struct table_free *, paddr_t table);
	void (*finish)(struct table_free *); /* the end of one removal; NULL: nothing */
};
REG_DECLARE(tables, struct tables_scheme);
#define TABLES_SCHEME(id, object) REGISTER(tables, id, object)

/*
 * ---- axis newmap: how CPUs get to observe a new leaf of the kernel's tree (ENGINE 4.4) ----
 * A CPU may have cached the failed walk, or, without a barrier, its walk may be performed before
 * the store.  A scheme that omits a duty leaves it to the CPU that faults.
 */
struct newmap_scheme {
	struct scheme s;
	bool (*usable)(char *reason, size_t size); /* NULL = always; `caps` is known */
	bool broadcast; /* every CPU invalidates, and is waited for, before the map returns */
	bool unfenced;  /* the CPU that maps executes no barrier: it may fault like any other */
	bool bounded;   /* a CPU that faults retries without an invalidation (PT_CAP_NEW_BOUNDED) */
};
REG_DECLARE(newmap, struct newmap_scheme);
#define NEWMAP_SCHEME(id, object) REGISTER(newmap, id, object)

/* The schemes of one axis: a registration section holds `const void *` (lib/reg.h). */
typedef const void *const *scheme_entries;

/* A may_free that allows every table, for schemes that exclude vmalloc otherwise. */
bool vmalloc_may_free_any(vaddr_t va, u64 span, vaddr_t floor, vaddr_t ceiling);
/* True if the layout allows the scheme; else `reason` is filled in. */
bool vmalloc_scheme_usable(const struct vmalloc_scheme *, char *reason, size_t size);
/* True if this machine can use the back end; else `reason` is filled in. */
bool tlb_scheme_usable(const struct tlb_scheme *, char *reason, size_t size);
/* True if the CPUs allow the scheme; else `reason` is filled in. */
bool newmap_scheme_usable(const struct newmap_scheme *, char *reason, size_t size);
/* The scheme of that name in [from, to).  NULL with -EINVAL and a sentence that lists the names. */
const void *scheme_find(const char *axis, scheme_entries from, scheme_entries to, const char *name,
			struct why *);
/* The scheme of that name; NULL or "": the first registered one, for tlb= the first that is usable
 * on this machine.  NULL with -EINVAL and a sentence that lists the names. */
const struct tlb_scheme *tlb_scheme_find(const char *name, struct why *);
const struct vmalloc_scheme *vmalloc_scheme_find(const char *name, struct why *);
const struct remove_scheme *remove_scheme_find(const char *name, struct why *);
const struct memmap_scheme *memmap_scheme_find(const char *name, struct why *);
const struct tables_scheme *tables_scheme_find(const char *name, struct why *);
/* ... or with the reason why this machine cannot use it, as for tlb=. */
const struct newmap_scheme *newmap_scheme_find(const char *name, struct why *);
/* -EINVAL unless `name` is a scheme of memmap=, remove=, vmalloc=, tables= or frag=; 0 for every
 * other argument, tlb= and newmap= included.  For args_scheme. */
int scheme_check(enum arg_id, const char *name, struct why *);

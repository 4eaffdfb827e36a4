/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/util.h - shared by several tests: a removable range that is added and removed,
 * probes primed on every CPU, and a recorder of choke-point events.
 */
#pragma once
#include <boot/boot.h>
#include <lib/init.h>
#include <mm/kernel/kpt.h>
#include <mm/pt/pt_tap.h>
#include <tests/harness/test.h>

/* ---- one range ---- */
struct range {
	paddr_t pa;
	u64 len;
	unsigned node;
	struct hotplug_opts opts;
	struct hotplug_report report; /* of the last operation */
};

/* Is this the selected back end?  And the number of operations of one gather of `leaves` leaves:
 * exact, or an upper bound if it works by ranges. */
bool flush_is(const char *name);
u64 flush_ops(u64 leaves);

extern const char *const memmap_names[]; /* .params: "host", "block", "device" */

/* A withheld range of `blocks` blocks with memmap scheme `memmap` (NULL = "block"), or skip the
 * test. */
bool range_get(struct test_run *, struct range *, u64 blocks, const char *memmap);
/* Each checks success and prints the sentence of a refusal; false = the test already failed. */
bool range_add(struct test_run *, struct range *);
bool range_online(struct test_run *, struct range *, enum zone_id);
bool range_offline(struct test_run *, struct range *);
bool range_remove(struct test_run *, struct range *);
/* Bring the range back to ABSENT from any state, without checks: a failed test must not make the
 * next one fail. */
void range_reset(struct range *);

/* Remove withheld memory from the registry, as if no device had added it yet; or add it again. */
int range_known(const struct range *, bool there);

/* An address that is boot RAM on every machine: the image's own. */
static inline paddr_t boot_ram(u64 aligned)
{
	return align_down(image_pa_of(image_start), aligned);
}

static inline struct block *range_block(const struct range *r, u64 i)
{
	return block_find((r->pa >> page_shift()) + i * block_pages());
}

static inline u64 range_blocks(const struct range *r)
{
	return r->len / layout.block_bytes;
}

/* Add and online, and the reverse: false = the test already failed. */
bool range_up(struct test_run *, struct range *, enum zone_id);
bool range_down(struct test_run *, struct range *);
/* A range of one block, up, with a movable page in it that is pinned. */
struct movable;
bool range_pinned(struct test_run *, struct range *, struct movable *, const char *owner);

/* Pages of old memory that its shadow will take, tables too; 0 without shadow=on.  Call it while
 * the range is offline. */
u64 range_shadow_pages(const struct range *);

/* Does the scheme of vmalloc= keep empty tables of the vmemmap (S0-08, L-01)? */
bool vmalloc_keeps_tables(void);
/* For a test that counts freed tables: false, and the test is skipped, if vmalloc= keeps them. */
bool needs_tables_freed(struct test_run *);
/* Free the empty tables of the vmemmap that such a scheme kept. */
void kept_tables_free(void);
/* Free empty tables of the kernel that are wholly inside a part of vmalloc without other
 * mappings. */
void tables_free_empty(vaddr_t, u64 len);

/* ---- test_hog: pages that a test allocates so that no other user gets them ---- */
struct test_hog {
	struct list pages; /* linked by lru, the last allocated first */
	u64 nr;            /* chunks */
};
void hog_init(struct test_hog *);
void hog_keep(struct test_hog *, struct page *); /* one that the test allocated */
bool hog_one(struct test_hog *, unsigned node, enum zone_id, unsigned order);
/* Allocate every chunk of `order` and above of that zone, on every node. */
void hog_orders(struct test_hog *, enum zone_id, unsigned order);
void hog_drop_one(struct test_hog *); /* free the last one allocated */
void hog_drop(struct test_hog *);     /* free all, without poisoning */
/* Free pages of a zone on all nodes; in zone Movable devices may have added any number. */
u64 free_of_zone(enum zone_id);

/* ---- waits for another CPU ---- */
/*
 * `while (!condition && await_step(&w)) ;`: each step serves calls and pauses, as every wait loop
 * has to (cpu_pause() in kern/cpu.h).  A wait with a limit ends at the limit, and if the run is
 * aborted: await_step() is then false.  A wait without one is for what the other CPU does in any
 * case.
 */
struct await {
	u64 most_ns; /* 0: no limit */
	bool deaf;   /* this CPU serves no calls, as with interrupts off */
	u64 since;
	struct cpu_pause pause;
};
bool await_step(struct await *);
/* Wait until *word is at least `least`, an acquire; most_ns as in struct await.  False: it is
 * less. */
bool await_word(const u32 *word, u32 least, u64 most_ns);
/* Serve calls for so long. */
void await_ns(u64 ns);
/* Wait until a CPU that got work by cpu_post() has changed its counter, at most HANG_NS: if CPUs
 * share a core of the host, the waiting one may be done before another has begun. */
void await_work(u64 (*sum)(void));

/* ---- probes: each CPU loads each address ---- */
#define PROBES_MAX 16
struct probes {
	vaddr_t va[PROBES_MAX];
	unsigned nr;
	u8 kind[CPUS_MAX][PROBES_MAX]; /* enum trap_kind of the last round; 0: no fault */
	u64 value[CPUS_MAX][PROBES_MAX];
};

void probes_add(struct probes *, vaddr_t);
/* Spread `n` addresses over [va, va + len): first, last and between, distinct modulo 64 pages. */
void probes_spread(struct probes *, vaddr_t, u64 len, unsigned n);
/* Every CPU of the mask loads every address; results in kind and value. */
void probes_run(struct probes *, cpumask_t);
/* Runs the probes twice: a CPU that has to fence first (kern/probe.h) thereby drops its earlier
 * translations.  Afterwards each address has been translated without a later fence. */
void probes_prime(struct probes *, cpumask_t);
/* How many (CPU, address) pairs of the last round were read, or faulted. */
unsigned probes_hits(const struct probes *, cpumask_t);
unsigned probes_faults(const struct probes *, cpumask_t);

/* After the last round: did every CPU of the mask fault at every address, respectively read it?  If
 * not, the failure names the first CPU and address that did not.  (tests/harness/probe_check.c) */
bool probes_want_faults(struct test_run *, const char *file, int line, const struct probes *,
			cpumask_t);
bool probes_want_reads(struct test_run *, const char *file, int line, const struct probes *,
		       cpumask_t);
#define CHECK_FAULTS(t, p, cpus) probes_want_faults(t, __FILE__, __LINE__, p, cpus)
#define CHECK_READS(t, p, cpus) probes_want_reads(t, __FILE__, __LINE__, p, cpus)
/* One round on every CPU, and that check; PRIMED: the same after probes_prime(). */
#define PROBES_ALL_FAULT(t, p) (probes_run(p, cpus_online()), CHECK_FAULTS(t, p, cpus_online()))
#define PROBES_ALL_READ(t, p) (probes_run(p, cpus_online()), CHECK_READS(t, p, cpus_online()))
#define PROBES_ALL_PRIMED(t, p) (probes_prime(p, cpus_online()), CHECK_READS(t, p, cpus_online()))

/* ---- omit: a twin of a test leaves invalidations out, to show that they are needed ---- */
enum omit {
	OMIT_NONE,   /* the control: tables are kept as well */
	OMIT_ALL,    /* every invalidation */
	OMIT_REMOTE, /* on all CPUs but the one that makes the change */
};

/*
 * Invalidations are left out between omit_begin() and omit_end(); omit_flush() executes all of
 * them.  Walk caches keep entries as well: a CPU may walk an unhooked table and interpret the later
 * contents of its page as entries.  So tables stay out of the allocator until omit_flush().  One
 * test at a time; the kernel's tree.
 */
void omit_begin(enum omit);
void omit_end(void);
unsigned omit_flush(void); /* how many tables were kept */
/* No manual promises that a stale entry survives: a CPU may drop an entry at any time.  If none of
 * `of` survived the result is could=no; test_suite.py::test_twins requires could=yes of QEMU. */
void omit_stale(struct test_run *, unsigned stale, unsigned of);

/* ---- recorder: the tap `record` keeps what the filter accepts ---- */
#define RECORD_MAX 4096 /* 2 GiB of page leaves: about 3100 */
struct record {
	struct pt_event ev[RECORD_MAX];
	u32 nr, lost;
};
extern struct record recorded; /* one for all tests: it is large */
/* One recording at a time.  `filter` NULL keeps everything. */
void record_begin(struct record *, bool (*filter)(const struct pt_event *));
void record_end(void);

static inline bool in_region(vaddr_t va, enum region_id id)
{
	return va - layout.r[id].va < layout.r[id].len;
}

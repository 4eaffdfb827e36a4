/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/harness/util.h - what several tests need: a removable range brought up and down, probes primed on
 * every CPU, and a recorder of choke-point events.
 */
#pragma once
#include <boot/boot.h>
#include <lib/init.h>
#include <mm/kpt.h>
#include <mm/pt/pt_tap.h>
#include <tests/harness/test.h>

/* ---- one range through its life ---- */
struct range {
	paddr_t pa;
	u64 len;
	unsigned node;
	struct hotplug_opts opts;
	struct hotplug_report report; /* of the last operation */
};

/* Is this the back end in force?  And what may one gather of that many leaves cost by it: exactly,
 * or at most where it goes by ranges. */
bool flush_is(const char *name);
u64 flush_ops(u64 leaves);

/* A withheld range of `blocks` blocks with memmap scheme `memmap` (NULL = "block"), or skip. */
bool range_get(struct test_run *, struct range *, u64 blocks, const char *memmap);
/* Each checks success and says the sentence when refused; false = the test already failed. */
bool range_add(struct test_run *, struct range *);
bool range_online(struct test_run *, struct range *, enum zone_id);
bool range_offline(struct test_run *, struct range *);
bool range_remove(struct test_run *, struct range *);
/* Bring the range back to ABSENT from wherever it is, quietly: a test that failed half way must not
 * fail the next one too. */
void range_reset(struct range *);

/* Withheld memory that the registry forgets, as if a device had not brought it yet; and back. */
int range_known(const struct range *, bool there);

/* What is RAM since boot wherever the machine has it: where the image lies. */
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

/* add and online, and back: false = the test already failed. */
bool range_up(struct test_run *, struct range *, enum zone_id);
bool range_down(struct test_run *, struct range *);
/* A range of one block, up, with a movable page in it that is pinned. */
struct movable;
bool range_pinned(struct test_run *, struct range *, struct movable *, const char *owner);

/* Frees the kernel's empty tables that lie wholly inside a part of vmalloc where nobody else maps.
 */
void tables_free_empty(vaddr_t, u64 len);

/* ---- hoard: pages held by a test so that nobody else gets them ---- */
struct hoard {
	struct list pages; /* by lru, last taken first */
	u64 nr;            /* chunks */
};
void hoard_init(struct hoard *);
bool hoard_one(struct hoard *, unsigned node, enum zone_id, unsigned order);
/* Every chunk of `order` and above of that zone, from every node. */
void hoard_orders(struct hoard *, enum zone_id, unsigned order);
void hoard_drop_one(struct hoard *); /* the last one taken */
void hoard_drop(struct hoard *);     /* all; contents that a test left are not poisoned */
/* Free pages of all nodes; of zone Movable devices may have brought any number. */
u64 free_of_zone(enum zone_id);

/* Serve until the counters of the CPUs that cpu_post() set to work moved, at most 10 s: where they
 * share a core of the host, the one that waits may be done before another has begun. */
void await_work(u64 (*sum)(void));

/* ---- probes: each CPU loads each address ---- */
#define PROBES_MAX 16
struct probes {
	vaddr_t va[PROBES_MAX];
	unsigned nr;
	u8 kind[CPUS_MAX][PROBES_MAX]; /* enum trap_kind of the last round; 0 = it read */
	u64 value[CPUS_MAX][PROBES_MAX];
};

void probes_add(struct probes *, vaddr_t);
/* Spread `n` addresses over [va, va + len): first, last and between, distinct modulo 64 pages. */
void probes_spread(struct probes *, vaddr_t, u64 len, unsigned n);
/* Every CPU of the mask loads every address; results in kind and value. */
void probes_run(struct probes *, cpumask_t);
/* The same twice: where a CPU had to fence first (kern/probe.h), that dropped what it had loaded
 * before.  Afterwards each address has been translated, and no fence came since. */
void probes_prime(struct probes *, cpumask_t);
/* How many (CPU, address) pairs of the last round read, respectively faulted. */
unsigned probes_hits(const struct probes *, cpumask_t);
unsigned probes_faults(const struct probes *, cpumask_t);

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

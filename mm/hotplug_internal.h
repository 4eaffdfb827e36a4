/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug_internal.h - what the files of the hotplug core share; nobody else includes this.
 *
 * A span of blocks, or of sub-sections, is checked once (hotplug_span_init) and then carried around
 * in all its units.
 */
#pragma once
#include <kern/trap.h>
#include <lib/assert.h>
#include <mm/hotplug.h>
#include <mm/kpt.h>
#include <mm/region.h>

struct block_span {
	paddr_t pa;
	u64 len;
	pfn_t pfn;
	u64 nr;     /* pages */
	u64 unit;   /* bytes of one block, or of one sub-section: comes and goes alone */
	u64 blocks; /* 0 for sub-sections */
};

struct hotplug_range_text {
	char text[48];
};

/* "0x88000000+128M" */
struct hotplug_range_text hotplug_range_text(paddr_t, u64 len);

/* -EINVAL for an empty, wrapping or misaligned range; -ERANGE beyond the linear map. */
int hotplug_span_init(struct block_span *, paddr_t, u64 len, struct why *);
int hotplug_span_init_subsections(struct block_span *, paddr_t, u64 len, struct why *);
/* Every block is there and in this state; -ENXIO, -EPERM (boot memory), -EBUSY. */
int hotplug_span_is(const struct block_span *, enum block_state, bool boot_ok, struct why *);
/* Nothing of the range is present or kept: -EEXIST, -EBUSY. */
int hotplug_span_absent(const struct block_span *, struct why *);
/* The range is withheld memory, each unit of one node: else -ENXIO. */
int hotplug_span_withheld(const struct block_span *, struct why *);

static inline bool span_has(const struct block_span *s, const struct block *b)
{
	return b->first_pfn - s->pfn < s->nr;
}

/* The options as given, or by argument; -EINVAL for what cannot be. */
int hotplug_opts_resolve(const struct hotplug_opts *, struct hotplug_opts *out, struct why *);
int hotplug_node_check(unsigned node, struct why *);
/* The largest leaf that fits `bytes`, which is what one unit of a span takes (ENGINE 2). */
unsigned hotplug_leaf_level(u64 bytes, int leaf);

/* Veto: those asked before the one that says no are told `cancel`. */
#define NOTE_NONE ((enum hotplug_note) - 1)
int hotplug_ask(enum hotplug_note, enum hotplug_note cancel, const struct block_span *,
		struct why *);
void hotplug_tell(enum hotplug_note, const struct block_span *);

/* Registry: withheld memory becomes memory and back.  A claim may fail and has then changed
 * nothing; drops are sure to succeed if there was room for their runs of blocks. */
int hotplug_registry_claim(const struct block_span *, unsigned node, struct why *);
void hotplug_registry_drop(const struct block *);
int hotplug_registry_room(unsigned runs, struct why *);

/* ---- what an operation cost ---- */
struct hotplug_meter {
	u64 cost, tables, tlbi_ops;
};
void hotplug_meter_start(struct hotplug_meter *);
void hotplug_meter_stop(const struct hotplug_meter *, struct hotplug_report *);

/* Users of the memmap that lives in `b`, in words: "blocks 17-23". */
void hotplug_users_text(const struct block *b, char *buf, size_t size);

/* The hotplug lock for write, or a refusal without it. */
int hotplug_enter(struct why *);

void hotplug_teardown_begin(void);
void hotplug_teardown_end(void);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_internal.h - shared by the files of the hotplug core; no other file includes
 * it.
 *
 * A span of blocks, or of sub-sections, is checked once (hotplug_span_init) and then passed on in
 * all its units.
 */
#pragma once
#include <kern/trap.h>
#include <lib/assert.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/page/region.h>

struct block_span {
	paddr_t pa;
	u64 len;
	pfn_t pfn;
	u64 nr;     /* pages */
	u64 unit;   /* bytes of one block or one sub-section: added and removed alone */
	u64 blocks; /* 0 for sub-sections */
};

/* -EINVAL for an empty, wrapping or misaligned range; -ERANGE beyond the linear map. */
int hotplug_span_init(struct block_span *, paddr_t, u64 len, struct why *);
int hotplug_span_init_subsections(struct block_span *, paddr_t, u64 len, struct why *);
/* 0 if every block is present and in this state; -ENXIO, -EPERM (boot memory), -EBUSY. */
int hotplug_span_is(const struct block_span *, enum block_state, bool boot_ok, struct why *);
/* 0 if no part of the range is present, as blocks, sub-sections, a device range or RAM; else
 * -EEXIST, or -EBUSY for a held block. */
int hotplug_span_absent(const struct block_span *, struct why *);
/* 0 if every unit of the range is within one withheld range, hence on one node; else -ENXIO. */
int hotplug_span_withheld(const struct block_span *, struct why *);

/* The blocks of a span, up to the first that does not exist. */
#define span_for_each_block(s, b)                                                                  \
	for (struct block *b = block_find((s)->pfn); b && span_has(s, b); b = block_after(b))

static inline bool span_has(const struct block_span *s, const struct block *b)
{
	return b->first_pfn - s->pfn < s->nr;
}

/* Complete the options of an add or a removal: as given, or from the boot arguments.  The scheme
 * that it uses, `memmap` or `remove`, is not NULL then.  -EINVAL for a value that is unknown. */
int hotplug_opts_add(const struct hotplug_opts *, struct hotplug_opts *out, struct why *);
int hotplug_opts_remove(const struct hotplug_opts *, struct hotplug_opts *out, struct why *);
int hotplug_node_check(unsigned node, struct why *);
/* The largest leaf that fits `bytes`, which is what one unit of a span takes (ENGINE 2). */
unsigned hotplug_leaf_level(u64 bytes, int leaf);

/*
 * Call every notifier before the step: 0, or the code of the first veto.  The notifiers called
 * before it get the note `cancel` in reverse order, or none with NOTE_NONE.
 */
#define NOTE_NONE ((enum hotplug_note) - 1)
int hotplug_notify_prepare(enum hotplug_note, enum hotplug_note cancel, const struct block_span *,
			   struct why *);
void hotplug_notify(enum hotplug_note, const struct block_span *); /* inform all; no veto */

/*
 * Move blocks in the region registry: withheld to hot-added (claim) and back (drop).  A claim that
 * fails has changed no range.  A drop cannot fail after hotplug_registry_room() has returned 0 for
 * the number of runs of adjacent blocks to drop (else -ENOMEM).
 */
int hotplug_registry_claim(const struct block_span *, unsigned node, struct why *);
void hotplug_registry_drop(const struct block *);
int hotplug_registry_room(unsigned runs, struct why *);

/* ---- what an operation cost ---- */
struct hotplug_meter {
	u64 cost, tables, tlbi_ops;
};
void hotplug_meter_start(struct hotplug_meter *);
void hotplug_meter_stop(const struct hotplug_meter *, struct hotplug_report *);

/* Users of the memmap that is stored in `b`, in words: "blocks 17-23". */
void hotplug_users_text(const struct block *b, char *buf, size_t size);

/* Take the hotplug lock for write.  -EBUSY, without the lock, only by fault injection. */
int hotplug_enter(struct why *);

/* Around a teardown, under the lock held for write.  Asserts that it is the only one (S0-17). */
void hotplug_teardown_begin(void);
void hotplug_teardown_end(void);

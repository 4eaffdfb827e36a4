/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/step.h - the four operations for the user: each is executed, measured and
 * reported.
 *
 * Used by the walk-through and by the commands add, online, offline, remove; each is noted in the
 * history of events (`events`) with its outcome, refused or not.  A range that is not whole blocks
 * is added as sub-sections and removed as such (mm/hotplug/subsection.h).
 *
 * All return what the operation returned, 0 or a code of mm/hotplug/hotplug.h, with its sentence in
 * `why`, which must not be NULL.  A success is printed here, a refusal is the caller's to print.
 * Boot CPU, at the prompt, without the hotplug lock: each takes it for write.
 */
#pragma once
#include <mm/hotplug/subsection.h>

/* A range and how to treat it: the caller fills in `pa` to `opts`, the four functions the rest. */
struct step {
	paddr_t pa;
	u64 len;
	unsigned node;
	enum zone_id zone;
	struct hotplug_opts opts;
	struct hotplug_report report; /* of the last operation */
	u64 cost;                     /* of the last operation, in cost_unit() */
};

/* Linear map, memmap and, of whole blocks, blocks in state OFFLINE.  Uses pa, len, node and
 * opts. */
int step_add(struct step *, struct why *);
/* Blocks from OFFLINE to ONLINE, in `zone`. */
int step_online(struct step *, struct why *);
/* Blocks from ONLINE to OFFLINE; pages in use migrate first, until Ctrl-C. */
int step_offline(struct step *, struct why *);
/* Blocks that are OFFLINE, or sub-sections; prints a line if blocks stay mapped because they hold
 * others' memmap. */
int step_remove(struct step *, struct why *);

/* Print one line of a screen: label, text, and a green "ok" that ends in column 77 if `ok`.  Text
 * of more than 65 columns moves the "ok" to the right: the caller keeps it short. */
void step_line(const char *label, const char *text, bool ok);
/* "512 x 2 MiB", "4 x 1 GiB + 3 x 64 KiB", "no leaf": the leaves that map a range of the kernel's
 * tree, largest first.  Walks the tree under the hotplug lock, which it takes for read.  Writes and
 * returns `buf`, cut at `size`. */
const char *leaves_text(vaddr_t va, u64 len, char *buf, size_t size);
/* The place of a block's struct pages: "in block 16", "in each block", "in old memory".  Writes and
 * returns `buf`, cut at `size`. */
const char *memmap_place_text(const struct block *, char *buf, size_t size);
/* The same of sub-sections: "in old memory", "in each sub-section", "at the front of the range".
 * The text is constant. */
const char *subsection_place_text(const struct subsection_range *);

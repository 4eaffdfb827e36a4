/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/walk_steps.h - the four operations for the user: each is executed, measured and
 * reported.
 *
 * Used by the walk-through and by the commands add, online, offline, remove; each is noted in the
 * history of events.  A range that is not whole blocks is added as sub-sections and removed as such
 * (mm/hotplug/subsection.h).  All return what the operation returned, with its sentence in `why`.
 */
#pragma once
#include <mm/hotplug/subsection.h>

struct step {
	paddr_t pa;
	u64 len;
	unsigned node;
	enum zone_id zone;
	struct hotplug_opts opts;
	struct hotplug_report report; /* of the last operation */
	u64 cost;                     /* of the last operation, in cost_unit() */
};

int step_add(struct step *, struct why *);
int step_online(struct step *, struct why *);
int step_offline(struct step *, struct why *);
int step_remove(struct step *, struct why *);

/* One line of a screen: label, text, and "ok" at the right edge if it is complete. */
void step_line(const char *label, const char *text, bool ok);
/* "512 x 2 MiB", "4 x 1 GiB + 3 x 64 KiB": the leaves that map a range of the kernel's tree. */
const char *leaves_text(vaddr_t va, u64 len, char *buf, size_t size);
/* The place of a block's struct pages: "in block 16", "in each block", "in old memory". */
const char *memmap_place_text(const struct block *, char *buf, size_t size);
const char *subsection_place_text(const struct subsection_range *);

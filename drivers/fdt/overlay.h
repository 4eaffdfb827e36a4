/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/overlay.h - what memory an overlay would add to a device tree, on top of others.
 *
 * Blobs are untrusted.  They are applied by libfdt to a copy of the tree, one after the other; each
 * result is checked as the tree of the boot was, and only then looked at; neither the tree nor a
 * blob changes.  Not reentrant: the copies are static.
 */
#pragma once
#include <drivers/fdt/fdt.h>

#define OVERLAY_BYTES (16 * KiB) /* the largest blob that is accepted */
/* Check what libfdt assumes about an overlay.  The blob has passed fdt_check(). */
int fdt_overlay_check(const void *overlay, struct why *);

#define OVERLAY_RANGES 4

struct overlay_memory {
	unsigned nr;
	struct fdt_memory_range range[OVERLAY_RANGES];
};

/* One of several that are applied, lowest first. */
struct overlay_layer {
	const void *blob; /* aligned to 8 bytes, and nobody else's */
	u64 size;
	struct overlay_memory memory; /* that it added when it was applied */
};

/*
 * The ranges that only `top` adds, on top of the tree and `nr` layers: into top->memory.  Refused
 * with one sentence: a blob or result that is malformed, no new memory or more than OVERLAY_RANGES,
 * a range that cannot be memory, RAM and pmem-region at once, and an overlay that takes away or
 * changes memory that is there.
 */
int fdt_overlay_memory(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       struct overlay_layer *top, struct why *);

/* May layer `which` be taken out?  The index of one above that could not be applied without it, or
 * would add other memory then; -1: it may. */
int fdt_overlay_refers(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       unsigned which);

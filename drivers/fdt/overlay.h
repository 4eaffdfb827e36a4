/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/overlay.h - what memory an overlay would add to a device tree.
 *
 * The blob is untrusted.  It is applied by libfdt to a copy of the tree, the result is checked as
 * the tree of the boot was, and only then looked at; neither the tree nor the blob changes.  Not
 * reentrant: the copies are static.
 */
#pragma once
#include <drivers/fdt/fdt.h>

#define OVERLAY_BYTES (16 * KiB) /* the largest blob that is accepted */
/* Of a blob that passed fdt_check(): what libfdt takes for granted of an overlay. */
int fdt_overlay_check(const void *overlay, struct why *);

#define OVERLAY_RANGES 4

struct overlay_memory {
	unsigned nr;
	struct fdt_memory_range range[OVERLAY_RANGES];
};

/*
 * The ranges that `tree` has only with the overlay.  Refused with one sentence: a blob or result
 * that is malformed, no new memory or more than OVERLAY_RANGES, a range that cannot be memory, and
 * an overlay that takes away or changes memory that the tree has.
 */
int fdt_overlay_memory(const void *tree, const void *blob, u64 size, struct overlay_memory *,
		       struct why *);

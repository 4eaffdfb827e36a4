/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/overlay.h - the memory that an overlay would add to a device tree, on top of
 * others.
 *
 * Blobs are untrusted.  libfdt applies them to a copy of the tree, one after the other; each
 * result is validated like the boot's tree before it is used.  Neither the tree nor a blob is
 * changed.  Not reentrant: the copies are static.  Boot CPU.
 */
#pragma once
#include <drivers/fdt/fdt.h>

#define OVERLAY_BYTES (16 * KiB) /* the largest blob that is accepted */
/* Check libfdt's assumptions about an overlay, after fdt_check().  -EINVAL: one is violated. */
int fdt_overlay_check(const void *overlay, struct why *);

#define OVERLAY_RANGES 4

/* The ranges that one overlay adds: all RAM, or all pmem-regions. */
struct overlay_memory {
	unsigned nr;
	struct fdt_memory_range range[OVERLAY_RANGES];
};

/* One applied overlay. */
struct overlay_layer {
	const void *blob; /* aligned to 8 bytes; no other code modifies it */
	u64 size;
	struct overlay_memory memory; /* the memory that it added when it was applied */
};

/*
 * Validate `top` and find the ranges that it adds on top of the tree and `nr` layers:
 * top->memory.  Changes nothing else.  -EINVAL: blob or result malformed, no new memory, more
 * than OVERLAY_RANGES, a range that cannot be memory, or RAM and pmem-regions in one overlay;
 * -EPERM: it removes or changes existing memory; -ENOMEM: the tree is too large to copy.
 */
int fdt_overlay_memory(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       struct overlay_layer *top, struct why *);

/* May layer `which` be removed?  -1: yes; otherwise the index of a layer above it that cannot be
 * applied without it, or would add other memory. */
int fdt_overlay_refers(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       unsigned which);

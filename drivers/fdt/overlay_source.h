/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/overlay_source.h - overlays of the device tree at run time: the memory that an
 * overlay describes is added with it and removed with it; a pmem-region becomes device memory.
 *
 * An overlay may describe memory that was withheld at boot; other memory is refused, because there
 * is no evidence for it but the blob.  Each overlay is applied on top of the applied ones, one at a
 * time; it may be removed unless an overlay above refers to it.  Only the worker of the boot CPU
 * calls these functions.
 */
#pragma once
#include <mm/hotplug/event.h>

#define OVERLAYS 8

/* Called once when the add or removal of an overlay has ended; `code`: 0 or negative, with one
 * sentence. */
typedef void overlay_done(unsigned id, int code, const char *why);

/* Check the blob and post its add.  Returns the overlay's number, from 1, or a negative code; then
 * `done` is not called.  The blob is copied.  -ENODEV: no device tree; -EBUSY: another
 * overlay is being added or removed; -ENOMEM: OVERLAYS are present; else the fault of the blob. */
int overlay_apply(const void *blob, u64 size, overlay_done *, struct why *);
/* Post the removal of overlay `id`.  -ENOENT: no such overlay; -EBUSY: one above refers to it,
 * or another is being added or removed.  0: `done` will be called with the result. */
int overlay_remove(unsigned id, overlay_done *, struct why *);

/* The event of overlay `id`, for lists of its ranges; NULL: no such overlay. */
const struct event *overlay_event(unsigned id);

void overlay_remark(const char *sentence); /* record a refusal for which no event was posted */

/* The channel (drivers/fdt/channel_source.c) in the banner: "channel at 0xbfff0000", or the
 * argument that sets it up. */
void channel_describe(char *buf, size_t size);
/* Set up channel=ADDR+SIZE, at boot.  -ENODEV: no such argument; -EINVAL: not withheld or no-map
 * memory, or not whole pages; -ENOMEM: it cannot be mapped. */
int channel_init(struct why *);
/* Serve one request from the channel, if there is one; called every EVENT_POLL_MS. */
void channel_poll(void);

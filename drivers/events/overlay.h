/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/events/overlay.h - overlays of the device tree at run time: memory that one describes is
 * added, and asked back when it is removed; that of a pmem-region as memory of a device.
 *
 * An overlay may describe memory that this machine withheld at boot; what nobody withheld is
 * refused, because only the blob says that anything is there.  Each is applied on top of those that
 * are there, one at a time; one may be removed unless another one on top refers to it.  Worker of
 * the boot CPU only.
 */
#pragma once
#include <mm/hotplug/event.h>

#define OVERLAYS 8

/* The end of an overlay's add or removal: 0, or a code; one sentence. */
typedef void overlay_done(unsigned id, int code, const char *why);

/* Check the blob and post its event.  Its number, from 1, or a refusal; then `done` is not called.
 * Nothing of the blob is used after the return. */
int overlay_apply(const void *blob, u64 size, overlay_done *, struct why *);
int overlay_remove(unsigned id, overlay_done *, struct why *);

/* For lists: the ranges of overlay `id`, NULL when there is none. */
const struct event *overlay_event(unsigned id);

void overlay_remark(const char *sentence); /* of what did not become an event */

/* drivers/fdt/channel_source.c: "channel at 0xbfff0000", or what to add to the command line. */
void channel_describe(char *buf, size_t size);
int channel_init(struct why *);
void channel_poll(void);

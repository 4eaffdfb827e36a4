/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem_source_internal.h - one device, shared by its start and stop
 * (mem_source.c) and the resizing (mem_source_resize.c).  Worker of the boot CPU.
 */
#pragma once
#include <drivers/virtio/bars.h>
#include <drivers/virtio/mem.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/parts.h>

#define VIRTIO_MEM_NO_PART (~0ul)
#define VIRTIO_MEM_BACK_OFF_MAX_MS 32000

/* One device, in a static array; `used` from its start to its stop. */
struct device_mem {
	struct virtio v;
	struct virtio_bars bars; /* PCI devices only */
	struct event event;
	struct work look, retry;  /* both take a step; an interrupt does not wait for a retry */
	struct block_parts parts; /* a bit for each part that is plugged and in use */
	struct virtio_mem_config config;
	unsigned node;
	u64 map_pages;       /* pages of parts.bits */
	u64 have;            /* parts plugged and in use */
	u64 run_at;          /* first part of the event */
	u64 below;           /* shrinking: blocks at and above this part were tried */
	u64 wanted;          /* requested parts at the last step */
	u64 unplug_at;       /* first part of a removed block with parts plugged, or NO_PART */
	u64 spare_at, spare; /* a run of parts that are plugged but have no bit */
	u32 back_off;
	u64 answers[VIRTIO_MEM_ANSWERS];
	bool used, fresh; /* fresh: no part from before this boot is plugged */
	bool reported;    /* a failed request was reported */
	bool bad_config;  /* a bad configuration was reported */
	bool stuck;       /* an add failed: do not grow until the size changes */
};

extern const struct event_source virtio_mem_source;

/* Parts of one memory block: at least 1, because virtio_mem_check() refuses larger parts. */
static inline u64 parts_of_block(const struct device_mem *d)
{
	return block_pages() / d->parts.each;
}

/* The physical address of a part; part 0 is at the beginning of the device's region. */
static inline paddr_t part_pa(const struct device_mem *d, u64 part)
{
	return d->config.pa + part * d->config.part_bytes;
}

/* The block that contains the part, if this device added it; else NULL. */
static inline const struct block *block_of(const struct device_mem *d, u64 part)
{
	const struct block *b = block_find(part_pa(d, part) >> page_shift());

	return b && b->parts == &d->parts ? b : NULL;
}

/* Take one step towards the size that the device requests; further steps are posted. */
void virtio_mem_step(struct device_mem *);
/* Slot `answer` for an event of this device: unplug the parts that are not in use. */
int virtio_mem_answered(struct event *, const struct event_answer *);
/* Send one request.  Returns an enum virtio_mem_answer; negative: the device is no longer
 * used, which is reported once. */
int virtio_mem_send(struct device_mem *, enum virtio_mem_type, u64 part, u64 nr,
		    struct virtio_mem_response *);

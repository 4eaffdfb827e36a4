/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem_source_internal.h - one device, shared by its start and stop
 * (mem_source.c) and the resizing (mem_source_resize.c).  Worker of the boot CPU.
 */
#pragma once
#include <drivers/virtio/bars.h>
#include <drivers/virtio/mem.h>
#include <mm/hotplug/event.h>
#include <mm/hotplug/subblock.h>

#define VIRTIO_MEM_NO_PART (~0ul)
#define VIRTIO_MEM_BACK_OFF_MAX_MS 32000

/* One device, in a static array; `used` from its start to its stop. */
struct device_mem {
	struct virtio v;
	struct virtio_bars bars; /* PCI devices only */
	struct event event;
	struct work look, retry; /* both take a step; an interrupt does not wait for a retry */
	struct subblock_map subblocks; /* a bit for each sub-block that is plugged and in use */
	struct virtio_mem_config config;
	unsigned node;
	u64 map_pages; /* pages of subblocks.bits */
	u64 have;      /* sub-blocks plugged and in use */
	u64 run_at;    /* first sub-block of the event */
	u64 below;     /* shrinking: blocks at and above this sub-block were tried */
	u64 wanted;    /* requested sub-blocks at the last step */
	u64 unplug_at; /* first sub-block of a removed block with sub-blocks plugged, or NO_SUBBLOCK
			*/
	u64 spare_at, spare; /* a run of sub-blocks that are plugged but have no bit */
	u32 back_off;
	u64 answers[VIRTIO_MEM_ANSWERS];
	bool used, fresh; /* fresh: no sub-block from before this boot is plugged */
	bool reported;    /* a failed request was reported */
	bool bad_config;  /* a bad configuration was reported */
	bool stuck;       /* an add failed: do not grow until the size changes */
};

extern const struct event_source virtio_mem_source;

/* Sub-blocks of one memory block: at least 1, because virtio_mem_check() refuses larger sub-blocks.
 */
static inline u64 subblocks_of_block(const struct device_mem *d)
{
	return block_pages() / d->subblocks.each;
}

/* The physical address of a sub-block; sub-block 0 is at the beginning of the device's region. */
static inline paddr_t subblock_pa(const struct device_mem *d, u64 sb)
{
	return d->config.pa + sb * d->config.subblock_bytes;
}

/* The block that contains the sub-block, if this device added it; else NULL. */
static inline const struct block *block_of(const struct device_mem *d, u64 sb)
{
	const struct block *b = block_find(subblock_pa(d, sb) >> page_shift());

	return b && b->subblocks == &d->subblocks ? b : NULL;
}

/* Take one step towards the size that the device requests; further steps are posted. */
void virtio_mem_step(struct device_mem *);
/* Slot `answer` for an event of this device: unplug the sub-blocks that are not in use. */
int virtio_mem_answered(struct event *, const struct event_answer *);
/* Send one request.  Returns an enum virtio_mem_answer; negative: the device is no longer
 * used, which is reported once. */
int virtio_mem_send(struct device_mem *, enum virtio_mem_type, u64 sb, u64 nr,
		    struct virtio_mem_response *);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem_source_internal.h - one device between what it is and lives through
 * (virtio_mem.c) and how it follows a size (virtio_mem_resize.c).  Worker of the boot CPU.
 */
#pragma once
#include <mm/hotplug/event.h>
#include <drivers/virtio/bars.h>
#include <drivers/virtio/mem.h>
#include <mm/hotplug/parts.h>

#define VIRTIO_MEM_NO_PART (~0ull)
#define VIRTIO_MEM_BACK_OFF_MAX_MS 32000

struct device_mem {
	struct virtio v;
	struct virtio_bars bars; /* of one on the PCI bus */
	struct event event;
	struct event_work look, retry; /* the same; an interrupt does not wait for a retry */
	struct block_parts parts;      /* bits: what is plugged and meant to be used */
	struct virtio_mem_config config;
	unsigned node;
	u64 map_pages;       /* of its bits */
	u64 have;            /* parts */
	u64 run_at;          /* first part that the event is about */
	u64 below;           /* shrinking: blocks from this part on were tried */
	u64 wanted;          /* requested, when it was looked at last */
	u64 leaving;         /* first part of a block that went and has parts plugged; or NO_PART */
	u64 spare_at, spare; /* parts that are plugged and have no bit */
	u32 back_off;
	u64 answers[VIRTIO_MEM_ANSWERS];
	bool used, fresh; /* fresh: nothing of a life before is plugged any more */
	bool told, odd;   /* it was said: of a request, of the configuration */
	bool stuck;       /* what was plugged could not be added: until the size changes */
};

extern const struct event_source virtio_mem_source;

static inline u64 parts_of_block(const struct device_mem *d)
{
	return block_pages() / d->parts.each;
}

static inline paddr_t part_pa(const struct device_mem *d, u64 part)
{
	return d->config.pa + part * d->config.part_bytes;
}

static inline const struct block *block_of(const struct device_mem *d, u64 part)
{
	const struct block *b = block_find(part_pa(d, part) >> page_shift());

	return b && b->parts == &d->parts ? b : NULL;
}

/* One step towards what the device wants, which is asked for; more steps are posted. */
void virtio_mem_step(struct device_mem *);
/* Was an event of this device's: the parts that it was about are settled. */
int virtio_mem_answered(struct event *, const struct event_answer *);
/* An enum virtio_mem_answer; negative: the device was given up, which is said once. */
int virtio_mem_ask(struct device_mem *, enum virtio_mem_type, u64 part, u64 nr,
		   struct virtio_mem_response *);

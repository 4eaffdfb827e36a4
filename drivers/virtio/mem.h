/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem.h - the protocol of virtio-mem (Virtio 1.2, 5.15): configuration, requests,
 * responses, and their checks.  No dependencies on the kernel.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

#define VIRTIO_MEM_NODE BIT(0)         /* feature: the configuration has a valid node */
#define VIRTIO_MEM_INACCESSIBLE BIT(1) /* feature: unplugged memory must not even be read */

enum virtio_mem_type {
	VIRTIO_MEM_PLUG,
	VIRTIO_MEM_UNPLUG,
	VIRTIO_MEM_UNPLUG_ALL,
	VIRTIO_MEM_STATE,
	VIRTIO_MEM_TYPES
};

enum virtio_mem_answer {
	VIRTIO_MEM_ACK,
	VIRTIO_MEM_NACK,
	VIRTIO_MEM_BUSY,
	VIRTIO_MEM_ERROR,
	VIRTIO_MEM_ANSWERS
};
extern const char *const virtio_mem_answer_names[VIRTIO_MEM_ANSWERS];

enum { VIRTIO_MEM_PLUGGED, VIRTIO_MEM_UNPLUGGED, VIRTIO_MEM_MIXED };

#define VIRTIO_MEM_RUN_MAX 0xffffu /* maximum of sub-blocks in one request */

/* Device configuration, little endian; sizes in bytes. */
struct virtio_mem_config {
	u64 subblock_bytes;
	u16 node;
	u8 unused[6];
	u64 pa, region, usable, plugged, requested;
};
#define VIRTIO_MEM_HALVES BIT(2) /* for virtio_config(): node */

/* A request; `pa` and `nr` (sub-blocks) are unused for UNPLUG_ALL. */
struct virtio_mem_request {
	u16 type, unused[3];
	u64 pa;
	u16 nr, unused2[3];
};

#define VIRTIO_MEM_RESPONSE 10 /* bytes; the struct has two more */
struct virtio_mem_response {
	u16 type, unused[3], state, unused2;
};

/* 0: the size of sub-blocks is a power of two between a page and a block, and the region consists
 * of whole blocks and does not wrap.  Else -EINVAL. */
int virtio_mem_check(const struct virtio_mem_config *, u64 page_bytes, u64 block_bytes,
		     struct why *);
/* Compare the configuration with the first one: only plugged, usable and requested may change;
 * else -EIO. */
int virtio_mem_check_again(const struct virtio_mem_config *first,
			   const struct virtio_mem_config *now, struct why *);
/* Check a response of `got` bytes to a request of type `request`: an enum virtio_mem_answer, or
 * -EIO. */
int virtio_mem_answer(const struct virtio_mem_response *, int got, enum virtio_mem_type request,
		      struct why *);

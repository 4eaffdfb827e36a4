/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem.c - checks of virtio-mem's configuration and responses; see mem.h.
 *
 * The device is not trusted.  Each sentence has the device's values, so that a fault of the
 * hypervisor can be distinguished from a fault of this driver.  A device that fails a check after
 * its start is no longer used; the state of its memory does not change.
 */
#include <drivers/virtio/mem.h>
#include <lib/printf.h>

/* By enum virtio_mem_answer, for messages and statistics. */
const char *const virtio_mem_answer_names[VIRTIO_MEM_ANSWERS] = { "ack", "nack", "busy", "error" };

/* A sub-block must not be larger than a memory block, because a block has one state; the sentence
 * names the argument for larger blocks. */
int virtio_mem_check(const struct virtio_mem_config *c, u64 page, u64 block, struct why *why)
{
	if (!is_pow2(c->subblock_bytes) || c->subblock_bytes < page || c->subblock_bytes > block)
		return refuse(
			why, EINVAL,
			"virtio-mem: sub-blocks of 0x%lx bytes do not divide a memory block of "
			"%lu MiB (block=1G, 2G)",
			c->subblock_bytes, block / MiB);
	if (!c->region || c->pa + c->region < c->pa || !is_aligned(c->pa | c->region, block))
		return refuse(why, EINVAL, "virtio-mem: %s is not made of whole memory blocks",
			      range_text(c->pa, c->region).text);
	return 0;
}

/* Only the sizes may change (5.15.4): addresses were computed from the other fields at boot. */
int virtio_mem_check_again(const struct virtio_mem_config *first,
			   const struct virtio_mem_config *now, struct why *why)
{
	if (now->subblock_bytes == first->subblock_bytes && now->node == first->node &&
	    now->pa == first->pa && now->region == first->region)
		return 0;
	return refuse(why, EIO,
		      "virtio-mem: %s in sub-blocks of 0x%lx became %s in sub-blocks "
		      "of 0x%lx: it is not used any more",
		      range_text(first->pa, first->region).text, first->subblock_bytes,
		      range_text(now->pa, now->region).text, now->subblock_bytes);
}

/* `got`: number of bytes that the device wrote, by its own report.  The state is valid only in the
 * response to a STATE request. */
int virtio_mem_answer(const struct virtio_mem_response *a, int got, enum virtio_mem_type request,
		      struct why *why)
{
	if (got < VIRTIO_MEM_RESPONSE)
		return refuse(
			why, EIO,
			"virtio-mem: a response of %d bytes, %d are needed: the device is not "
			"used any more",
			got, VIRTIO_MEM_RESPONSE);
	if (a->type >= VIRTIO_MEM_ANSWERS ||
	    (request == VIRTIO_MEM_STATE && a->type == VIRTIO_MEM_ACK &&
	     a->state > VIRTIO_MEM_MIXED))
		return refuse(why, EIO,
			      "virtio-mem: unknown response %u, state %u: the device is not used "
			      "any more",
			      a->type, a->state);
	return a->type;
}

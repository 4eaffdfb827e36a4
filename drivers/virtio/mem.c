// SPDX-License-Identifier: BSD-2-Clause
/* drivers/virtio/mem.c - checks of virtio-mem's configuration and responses; see mem.h. */
#include <drivers/virtio/mem.h>

typedef unsigned long long ull;

const char *const virtio_mem_answer_names[VIRTIO_MEM_ANSWERS] = { "ack", "nack", "busy", "error" };

int virtio_mem_check(const struct virtio_mem_config *c, u64 page, u64 block, struct why *why)
{
	if (!is_pow2(c->part_bytes) || c->part_bytes < page || c->part_bytes > block)
		return refuse(why, EINVAL,
			      "virtio-mem: parts of 0x%llx bytes do not divide a memory block of "
			      "%llu MiB (block=1G, 2G)",
			      (ull)c->part_bytes, (ull)(block / MiB));
	if (!c->region || c->pa + c->region < c->pa || !is_aligned(c->pa | c->region, block))
		return refuse(why, EINVAL,
			      "virtio-mem: 0x%llx+0x%llx is not made of whole memory blocks",
			      (ull)c->pa, (ull)c->region);
	return 0;
}

int virtio_mem_check_again(const struct virtio_mem_config *first,
			   const struct virtio_mem_config *now, struct why *why)
{
	if (now->part_bytes == first->part_bytes && now->node == first->node &&
	    now->pa == first->pa && now->region == first->region)
		return 0;
	return refuse(why, EIO,
		      "virtio-mem: 0x%llx+0x%llx in parts of 0x%llx became 0x%llx+0x%llx in parts "
		      "of 0x%llx: it is not used any more",
		      (ull)first->pa, (ull)first->region, (ull)first->part_bytes, (ull)now->pa,
		      (ull)now->region, (ull)now->part_bytes);
}

int virtio_mem_answer(const struct virtio_mem_response *a, int got, enum virtio_mem_type asked,
		      struct why *why)
{
	if (got < VIRTIO_MEM_RESPONSE)
		return refuse(why, EIO,
			      "virtio-mem: an answer of %d bytes, %d are needed: the device is not "
			      "used any more",
			      got, VIRTIO_MEM_RESPONSE);
	if (a->type >= VIRTIO_MEM_ANSWERS ||
	    (asked == VIRTIO_MEM_STATE && a->type == VIRTIO_MEM_ACK && a->state > VIRTIO_MEM_MIXED))
		return refuse(why, EIO,
			      "virtio-mem: there is no answer %u, state %u: the device is not used "
			      "any more",
			      a->type, a->state);
	return a->type;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/events/virtio_mem.h - what a test asks of the virtio-mem devices, and a device that a
 * test plays.  In the worker of the boot CPU, while no event is outstanding.
 */
#pragma once
#include <drivers/virtio/mem.h>

struct virtio_transport;

/*
 * Ask every device for the state of each part of its usable region and compare with our own map.
 * *parts counts them; 0: there is no device.  -EIO names the first that differs.
 */
int virtio_mem_audit(u64 *parts, struct why *);

/* A device behind this transport, as one on the PCI bus: the first look is posted.  Refused,
 * nothing of it is left. */
int virtio_mem_start(const struct virtio_transport *, struct why *);
/* Forget it, whatever it has plugged: -EBUSY while a block of its is there; -ETIMEDOUT: it does not
 * reset, so a page that it may write to is lost. */
int virtio_mem_stop(const struct virtio_transport *, struct why *);

struct virtio_mem_state {
	u64 have;                        /* parts in use */
	u64 answers[VIRTIO_MEM_ANSWERS]; /* of each kind that it gave */
	u32 back_off_ms;                 /* it is looked at again by itself; 0: it is not */
	bool dead;                       /* given up */
};
bool virtio_mem_state(const struct virtio_transport *, struct virtio_mem_state *);

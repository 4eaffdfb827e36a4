/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem_source.h - all virtio-mem devices: their reset for a restart, and functions
 * for tests: an audit, and devices that a test emulates.  Worker of the boot CPU, while no event is
 * outstanding.
 */
#pragma once
#include <drivers/virtio/mem.h>

struct virtio_transport;

/* Reset every device, so that it no longer accesses memory (kern_hooks.devices_stop).  NULL, or the
 * reason for a failure.  Any context. */
const char *virtio_mem_abandon(void);

/*
 * Request the state of each sub-block of its usable region from every device, and compare it with
 * the driver's bitmap.  *nr: number of sub-blocks compared; 0: there is no device.  -EIO with the
 * first sub-block that differs.
 */
int virtio_mem_audit(u64 *nr, struct why *);

/* Start the device of this transport, like that of a PCI function: the first step is posted.  The
 * transport must stay valid until virtio_mem_stop().  After an error nothing is allocated. -ENOMEM,
 * -ERANGE, or the error of virtio_start() or of the configuration. */
int virtio_mem_start(const struct virtio_transport *, struct why *);
/* Stop a device without unplugging anything.  -ENODEV: not started; -EBUSY: one of its blocks is
 * added; -ETIMEDOUT: it does not reset, so the page that it may write to is leaked.  Runs the
 * consumer. */
int virtio_mem_stop(const struct virtio_transport *, struct why *);

/* Number of devices.  *live: number of devices that were not in reset when they were found. */
unsigned virtio_mem_found(unsigned *live);

/* Statistics of one device, for tests. */
struct virtio_mem_state {
	u64 have;                        /* sub-blocks plugged and in use */
	u64 answers[VIRTIO_MEM_ANSWERS]; /* number of responses of each kind */
	u32 back_off_ms;                 /* delay of the scheduled retry; 0: none is scheduled */
	bool dead;                       /* given up */
};
/* False: no such device. */
bool virtio_mem_state(const struct virtio_transport *, struct virtio_mem_state *);

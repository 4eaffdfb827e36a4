/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/virtio.h - a modern virtio device with one request queue (Virtio 1.2, 2 and
 * 4.1).
 *
 * Requests are sent one at a time; the wait for each has a deadline.  A device that does not
 * respond, or responds wrongly, is no longer used; it may still write to the buffers, so they are
 * not freed until it is reset.  Consumer of events only (mm/hotplug/event.h), no lock held.
 *
 * Every access uses the transport: BARs of a PCI function (bars.c), MMIO registers (virtio_mmio.c),
 * a device that a test emulates (tests/virtio/), or bytes of a fuzzer (tests/host/fuzz/virtio.c).
 */
#pragma once
#include <drivers/virtio/caps.h>
#include <kern/cpu.h>
#include <mm/page/page.h>

#define VIRTIO_F_VERSION_1 BIT(32)
#define VIRTIO_REQUEST_MAX 256

/* Access to one device.  The owner keeps it as long as the device is started. */
struct virtio_transport {
	/* Access 1, 2 or 4 bytes at a multiple of their size, inside the structure. */
	u32 (*read)(const struct virtio_transport *, enum virtio_structure, u32 at, unsigned bytes);
	void (*write)(const struct virtio_transport *, enum virtio_structure, u32 at,
		      unsigned bytes, u32 value);
	/* One step of a wait for the device, as cpu_pause_within(): false when `us` have passed. */
	bool (*wait)(const struct virtio_transport *, struct cpu_pause *, u64 us);
	/* Install a handler for the device's interrupt, which returns true if the device raised
	 * it. */
	int (*listen)(const struct virtio_transport *, bool (*handler)(void *), void *arg);
	u32 device_len, notify_len; /* length of these structures, bytes */
	u32 notify_multiplier;
};

/* State of one device; embedded in its driver's. */
struct virtio {
	const struct virtio_transport *t;
	u32 doorbell;
	struct page *page; /* queue and buffers, NULL: not started */
	u16 posted;        /* the avail index */
	u8 found;  /* status before the first reset; not 0: firmware or an earlier boot used it */
	bool dead; /* no longer used */
};

/*
 * Reset the device, negotiate features and start queue 0.  The device must offer the features
 * `must` and may offer those of `may`; *got: the negotiated features.  -ETIMEDOUT: no reset;
 * -EINVAL: features or queue; -ENOMEM.  After an error no memory is allocated and the device is
 * marked failed.
 */
int virtio_start(struct virtio *, const struct virtio_transport *, u64 must, u64 may, u64 *got,
		 struct why *);
/* Reset the device and free its queue.  -ETIMEDOUT: it does not reset, so the queue, to which it
 * may still write, is leaked. */
int virtio_stop(struct virtio *, struct why *);
/* Reset the device for a restart, which frees nothing: the next boot reinitialises all memory.
 * Every further request returns -ENODEV.  False: it does not reset. */
bool virtio_abandon(struct virtio *);
/* Stop using the device: it is marked failed, and every further request returns -ENODEV. */
void virtio_fail(struct virtio *);
/* Send a request and wait for the response, at most 5 s.  Returns the number of bytes that the
 * device wrote.  Both lengths are at most VIRTIO_REQUEST_MAX.  -ENODEV: the device is no longer
 * used; -ETIMEDOUT, -EIO: and is not used after this request. */
int virtio_request(struct virtio *, const void *request, u32 len, void *answer, u32 answer_len,
		   struct why *);
/* Copy `len` bytes (a multiple of 4) of device configuration, of one generation.  Bit n of halves:
 * the word at 4 * n is two fields of 16 bits, and a field is read by its own width (4.1.3.1).
 * -EINVAL: the device has fewer bytes; -EIO: it changes all the time. */
int virtio_config(const struct virtio *, void *copy, u32 len, u64 halves, struct why *);
/* Select the MSI-X vector for configuration changes; without one the device raises no interrupt.
 * False: the device does not accept it (4.1.5.1.2). */
bool virtio_config_vector(const struct virtio_transport *, u16 entry);
/* Read the interrupt status, which clears it: bit 0 queue, bit 1 configuration.  Any context. */
u8 virtio_isr(const struct virtio *);

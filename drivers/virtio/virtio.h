/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/virtio.h - a modern virtio-pci device with one request queue (Virtio 1.2, 4.1).
 *
 * Requests go one at a time, and are waited for with a deadline: one that is never answered ends
 * the use of the device, because it may still write into the buffers.  The consumer of events only.
 */
#pragma once
#include <drivers/pci/pci.h>
#include <drivers/virtio/caps.h>
#include <mm/page.h>

#define VIRTIO_F_VERSION_1 BIT(32)
#define VIRTIO_REQUEST_MAX 256

struct virtio {
	struct pci_function *f;
	volatile u8 *at[VIRTIO_STRUCTURES];
	u32 device_len;
	volatile u8 *doorbell;
	struct page *page; /* queue and buffers */
	u16 size, posted;
	bool dead;
};

/* Reset, negotiate, and start queue 0.  `must` or nothing; *got: of `must` and `may`. */
int virtio_start(struct virtio *, struct pci_function *, u64 must, u64 may, u64 *got, struct why *);
/* Send, wait, receive.  -ETIMEDOUT ends the use of the device; -EIO: the answer is no answer. */
int virtio_request(struct virtio *, const void *request, u32 len, void *answer, u32 answer_len,
		   struct why *);
/* Device configuration as of one moment (its generation); -EIO when it changes all the time. */
int virtio_config(const struct virtio *, void *copy, u32 len, struct why *);
/* Reading acknowledges: bit 0 queue, bit 1 configuration. */
u8 virtio_isr(const struct virtio *);

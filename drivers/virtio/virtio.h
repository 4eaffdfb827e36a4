/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/virtio.h - a modern virtio device with one request queue (Virtio 1.2, 2 and 4.1).
 *
 * Requests go one at a time, and are waited for with a deadline.  A device that does not answer, or
 * answers what was not asked, is given up: it may still write into the buffers, so they stay where
 * they are until it was reset.  The consumer of events only.
 *
 * Every access goes through the transport: BARs of a PCI function (bars.c), a device that a test
 * plays (tests/virtio/), bytes of a fuzzer (tests/host/fuzz/virtio.c).
 */
#pragma once
#include <drivers/virtio/caps.h>
#include <kern/cpu.h>
#include <mm/page.h>

#define VIRTIO_F_VERSION_1 BIT(32)
#define VIRTIO_REQUEST_MAX 256

struct virtio_transport {
	/* 1, 2 or 4 bytes at a multiple of their size, inside the structure. */
	u32 (*read)(const struct virtio_transport *, enum virtio_structure, u32 at, unsigned bytes);
	void (*write)(const struct virtio_transport *, enum virtio_structure, u32 at,
		      unsigned bytes, u32 value);
	/* One step of a wait for the device: cpu_pause_within(). */
	bool (*wait)(const struct virtio_transport *, struct cpu_pause *, u64 us);
	/* Call the handler when the device raises its interrupt; true: it was meant. */
	int (*listen)(const struct virtio_transport *, bool (*handler)(void *), void *arg);
	u32 device_len, notify_len; /* of these structures */
	u32 notify_multiplier;
};

struct virtio {
	const struct virtio_transport *t;
	u32 doorbell;
	struct page *page; /* queue and buffers */
	u16 posted;
	bool dead;
};

/* Reset, negotiate, and start queue 0.  `must` or nothing, and nothing is left then; *got: of
 * `must` and `may`. */
int virtio_start(struct virtio *, const struct virtio_transport *, u64 must, u64 may, u64 *got,
		 struct why *);
/* Reset it and free its memory; -ETIMEDOUT: it does not reset, so what it may write to stays. */
int virtio_stop(struct virtio *, struct why *);
/* Not used any more: it is told so, and every further request is -ENODEV. */
void virtio_give_up(struct virtio *);
/* Send, wait, receive: how many bytes were answered.  -ETIMEDOUT and -EIO give the device up. */
int virtio_request(struct virtio *, const void *request, u32 len, void *answer, u32 answer_len,
		   struct why *);
/* Device configuration as of one moment (its generation); -EIO when it changes all the time. */
int virtio_config(const struct virtio *, void *copy, u32 len, struct why *);
/* A device with MSI-X says nothing before it is told by which entry; false: it does not take it
 * (4.1.5.1.2). */
bool virtio_config_vector(const struct virtio_transport *, u16 entry);
/* Reading acknowledges: bit 0 queue, bit 1 configuration. */
u8 virtio_isr(const struct virtio *);

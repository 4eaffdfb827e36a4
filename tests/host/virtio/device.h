/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio/device.h - a virtio device by Virtio 1.2, 2 and 4.1, for
 * drivers/virtio/virtio.c.
 *
 * It observes only stores that an arch_io_mb() or a write of a register follows, and its own
 * writes, except that of the used index, are observed only after an arch_io_mb() or a load-acquire:
 * nothing else orders a device's accesses.
 */
#pragma once
#include <drivers/virtio/virtio.h>

#define PAGE 4096
#define PAGE_PA 0x12345678000ul /* above 4 GiB: both words of an address count */
#define NEVER 0xffffu
#define DOORBELL 24u

struct device_fake {
	/* its properties */
	u64 features;
	u16 queue_size, queue_notify;
	u8 stays; /* bits of the status that a reset leaves, for `resets` looks */
	unsigned resets;
	bool refuses; /* FEATURES_OK does not stay */
	u8 config[40];
	u64 halves;     /* words of it that are two fields */
	unsigned stirs; /* pairs of reads of the generation between which it moves */
	u8 isr;
	u16 vector, vector_bits; /* what reads as ones in it */
	/* how it answers */
	unsigned waits; /* looks before the answer; NEVER */
	u16 step, id;   /* of the used index, and the id in its entry */
	u32 len;        /* in the entry, as much of `answer` is written */
	u8 answer[VIRTIO_REQUEST_MAX];
	/* written by the driver */
	u8 status;
	u32 select[2], generation, looks;
	u16 queue;
	u64 accepted;
	u32 address[6]; /* desc, avail, used: low and high */
	bool enabled;
	unsigned bells;
	u16 used_idx, avail_idx;
	u8 request[VIRTIO_REQUEST_MAX];
	u32 request_len, answer_room;
	char log[400]; /* writes and barriers */
	u64 wait_us;
	u8 zeroed; /* at enable: 1 if the queue was zeroed, except the flag that disables interrupts
		    */
};
extern struct device_fake dev;
extern const struct virtio_transport transport;
extern bool page_taken, page_refused;

void device_begin(void); /* one that works */
void device_log_clear(void);

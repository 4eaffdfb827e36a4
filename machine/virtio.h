/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio.h - a virtio device with one split queue (Virtio 1.2, 2 and 3): what is the same
 * by every transport.  virtio_pci.c and virtio_mmio.c are transports, virtio_mem.c is the device.
 *
 * The device is an observer of the memory model (ORDER_DEVICE in order.h): its loads may read older
 * values, as far as coherence and what it has read before allow, and its stores leave late.
 *   - It reads the available index, then the ring, then descriptors, then the buffer: none older
 *     than what the read before it has observed (2.7.13.2: it needs barriers of its own).  So it is
 *     given a new index with old descriptors exactly where the driver has not ordered the two.
 *   - What it reads for a notification is not older than the notification.  It looks once, unless
 *     it polls: it may look at the index at any time after DRIVER_OK.
 *   - Stores to a buffer and to the used ring are visible in any order, the used index after all
 *     of them (2.7.8.2; PCI: posted writes).  A read of a register finds all of them (pci.h).
 *   - VIRTIO_F_ORDER_PLATFORM is not offered: the device orders as a CPU of the machine does (6.1),
 *     and the barriers of the CPUs' own domain suffice.
 * `device=N` (ADV_DEVICE) says how late it acts; with 0 it acts at once, and does not poll.
 *
 * What no driver may do ends its use: the reason goes to stderr, and DEVICE_NEEDS_RESET is set
 * (2.1).
 */
#pragma once
#include <lib/types.h>

#define VIRTIO_QUEUE_MOST 256u
#define VIRTIO_DATA_MOST 256u /* bytes of a request or an answer */

struct virtio_device {
	const char *name;
	u64 offers;       /* feature bits */
	u64 needs;        /* ... without which it does not work */
	u32 config_bytes; /* device configuration */
	const u8 *config;
	u64 halves; /* words of the configuration, by number, that begin with a field of 16 bits */
	/* A request; the bytes of the answer, at most `room`. */
	u32 (*request)(const u8 *in, u32 bytes, u8 *out, u32 room);
	void (*ready)(void); /* DRIVER_OK */

	/* ---- of the transport ---- */
	bool (*may_access)(void); /* memory */
	void (*interrupt)(bool high);

	/* ---- registers ---- */
	u64 accepted;
	u8 status, generation, isr;
	struct virtio_queue {
		u64 desc, avail, used; /* addresses */
		u16 size;
		bool enabled;
	} queue;

	/* ---- its work ---- */
	u16 next, used; /* in the available and the used ring */
	u64 view;       /* of what it has observed */
	bool polls;
	u64 look;       /* the step at which it looks at the index; ~0: when it is notified */
	u64 answers;    /* ... at which what it has taken is done */
	u64 interrupts; /* ... at which the wire follows isr */
	u64 resets;     /* ... at which a reset is complete */
	struct virtio_chain {
		u16 head;
		u32 in_bytes, room; /* of both parts */
		u8 in[VIRTIO_DATA_MOST];
		struct virtio_piece {
			u64 pa;
			u32 bytes;
		} out[8];
		unsigned outs;
	} chain;
};

void virtio_power_on(struct virtio_device *d);
/* The one device that this machine has acts, if its time has come. */
void virtio_act(struct virtio_device *d);

/* ---- registers, as a transport gives them ---- */
u8 virtio_status(struct virtio_device *d);
void virtio_set_status(struct virtio_device *d, u8 v);
/* Features by words of 32 bits: 0, 1; others are of no feature.  FEATURES_OK ends the choice. */
u32 virtio_offered(const struct virtio_device *d, u32 word);
void virtio_accept(struct virtio_device *d, u32 word, u32 v);
void virtio_notify(struct virtio_device *d);
u8 virtio_take_isr(struct virtio_device *d);
void virtio_acknowledge(struct virtio_device *d, u8 bits); /* of isr */
/* Half of a 64-bit register, by its offset. */
static inline void virtio_set_half(u64 *address, u64 at, u32 v)
{
	*address = at & 4 ? (u32)*address | (u64)v << 32 : (*address & ~0xfffffffful) | v;
}

/* All that the device has stored so far is in memory. */
void virtio_flush(void);
/* A store of a CPU has become visible. */
void virtio_visible(struct virtio_device *d, u64 word);

/* The device has changed its configuration. */
void virtio_changed(struct virtio_device *d);
/* Up to a time of chance; 0: devices are not late. */
u64 virtio_delay(void);

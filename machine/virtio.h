/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio.h - a virtio device with one split queue (Virtio 1.2, 2 and 3), for all
 * transports.  virtio_pci.c and virtio_mmio.c are transports, virtio_mem.c is the device.
 *
 * The device is an observer of the memory model (ORDER_DEVICE in order.h): its loads may read
 * values that are not co-latest, as far as coherence and its earlier loads allow, and its stores
 * wait in a buffer.
 *   - It reads the available index, then the ring, then descriptors, then the buffer: each read is
 *     ordered after the one before it (2.7.13.2: it needs barriers of its own).  So it reads a new
 *     index and old descriptors only if the driver has not ordered the two.
 *   - Its reads after a notification observe the stores before the notification.  It reads the
 *     index once for a notification; if it polls, at any time after DRIVER_OK.
 *   - Stores to a buffer and to the used ring are performed in any order, that of the used index
 *     after all of them (2.7.8.2; PCI: posted writes).  A read of a register by a CPU makes them
 *     visible (pci.h).
 *   - VIRTIO_F_ORDER_PLATFORM is not offered: the device orders as a CPU of the machine does (6.1),
 *     and barriers of the CPUs' own domain suffice.
 * `device=N` (ADV_DEVICE) is how late it acts; with 0 it acts at once, and does not poll.
 *
 * With VIRTIO_F_INDIRECT_DESC a chain may end with a table of descriptors, which may be anywhere in
 * memory (2.7.5.3).
 *
 * After an operation that the specification forbids to drivers the device stops: it prints the
 * reason on stderr and sets DEVICE_NEEDS_RESET (2.1).
 */
#pragma once
#include <lib/types.h>

#define VIRTIO_QUEUE_MOST 256u
#define VIRTIO_INDIRECT BIT(28)
#define VIRTIO_DATA_MOST 256u /* bytes of a request or an answer */

struct virtio_device {
	const char *name;
	u64 offers;       /* feature bits */
	u64 needs;        /* feature bits that it requires */
	u32 config_bytes; /* device configuration */
	const u8 *config;
	u64 halves; /* mask of the configuration words that begin with a field of 16 bits */
	/* Handle a request; returns the bytes of the answer, at most `room`. */
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
	u64 view;       /* its reads so far */
	bool polls;
	u64 reads;      /* the step at which it reads the index; ~0: when it is notified */
	u64 answers;    /* ... at which it answers the current request */
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
/* The device acts, if its next step is reached. */
void virtio_act(struct virtio_device *d);

/* ---- registers, called by a transport ---- */
u8 virtio_status(struct virtio_device *d);
void virtio_set_status(struct virtio_device *d, u8 v);
/* Features by words of 32 bits; only words 0 and 1 have features.  Ignored after FEATURES_OK. */
u32 virtio_offered(const struct virtio_device *d, u32 word);
void virtio_accept(struct virtio_device *d, u32 word, u32 v);
void virtio_notify(struct virtio_device *d);
u8 virtio_isr(const struct virtio_device *d);
u8 virtio_take_isr(struct virtio_device *d);
void virtio_acknowledge(struct virtio_device *d, u8 bits); /* of isr */
/* Half of a 64-bit register, by its offset. */
static inline void virtio_set_half(u64 *address, u64 at, u32 v)
{
	*address = at & 4 ? (u32)*address | (u64)v << 32 : (*address & ~0xfffffffful) | v;
}

/* Perform all stores of the device so far. */
void virtio_flush(void);
/* A store of a CPU was performed. */
void virtio_visible(struct virtio_device *d, u64 word);

/* The device has changed its configuration. */
void virtio_changed(struct virtio_device *d);
/* A random delay in steps; 0: devices are not late. */
u64 virtio_delay(void);

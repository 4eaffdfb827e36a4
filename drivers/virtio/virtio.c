/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/virtio/virtio.c - virtio devices with one queue; see virtio.h.  Everything that the
 * device writes is checked before use. */
#include <arch/arch.h>
#include <drivers/virtio/virtio.h>
#include <lib/atomic.h>
#include <lib/string.h>
#include <mm/page/buddy.h>

enum { /* common configuration (4.1.4.3) */
       DEVICE_FEATURE_SELECT = 0x00,
       DEVICE_FEATURE = 0x04,
       DRIVER_FEATURE_SELECT = 0x08,
       DRIVER_FEATURE = 0x0c,
       CONFIG_VECTOR = 0x10,
       STATUS = 0x14,
       GENERATION = 0x15,
       QUEUE_SELECT = 0x16,
       QUEUE_SIZE = 0x18,
       QUEUE_ENABLE = 0x1c,
       QUEUE_NOTIFY = 0x1e,
       QUEUE_DESC = 0x20,
       QUEUE_AVAIL = 0x28,
       QUEUE_USED = 0x30,
};

#define ACKNOWLEDGE 1u
#define DRIVER 2u
#define DRIVER_OK 4u
#define FEATURES_OK 8u
#define FAILED 128u

/* A power of two (2.7); start_queue() refuses a smaller queue. */
#define QUEUE 8 /* entries; two are used */
#define DESC_NEXT 1u
#define DESC_WRITE 2u
#define NO_INTERRUPT 1u /* avail flags: completions are polled */
/* A hypervisor that plugs memory may be slow; a device that needs longer counts as dead. */
#define ANSWER_US 5000000
#define RESET_US 1000000
/* Attempts of virtio_config(): a device may change its generation all the time. */
#define GENERATIONS_MAX 64

struct queue { /* little endian, like both architectures */
	struct {
		u64 pa;
		u32 len;
		u16 flags, next;
	} desc[QUEUE];
	struct {
		u16 flags, idx, ring[QUEUE];
	} avail;
	struct {
		u16 flags, idx;
		struct {
			u32 id, len;
		} ring[QUEUE];
	} used __attribute__((aligned(64)));
	u8 request[VIRTIO_REQUEST_MAX] __attribute__((aligned(64)));
	u8 answer[VIRTIO_REQUEST_MAX] __attribute__((aligned(64)));
};
_Static_assert(sizeof(struct queue) <= 4096, "in one page of any size");

/* Volatile, because the device writes to it. */
static volatile struct queue *queue_of(const struct virtio *v)
{
	return page_ptr(v->page);
}

static u64 queue_pa(const struct virtio *v, size_t offset)
{
	return page_pa(v->page) + offset;
}

/* Registers of the common configuration, 1, 2 or 4 bytes.  A write is ordered after every
 * po-earlier store to memory (mmio_write32()), which the device may read. */
static u32 common_read(const struct virtio *v, u32 at, unsigned bytes)
{
	return v->t->read(v->t, VIRTIO_COMMON, at, bytes);
}

static void common_write(const struct virtio *v, u32 at, unsigned bytes, u32 value)
{
	v->t->write(v->t, VIRTIO_COMMON, at, bytes, value);
}

/* 64-bit fields are written as two words, low first. */
static void common_write64(const struct virtio *v, u32 at, u64 value)
{
	common_write(v, at, 4, (u32)value);
	common_write(v, at + 4, 4, (u32)(value >> 32));
}

/* ---- start and stop ---- */

/* Reset the device.  The reset is complete when the status reads 0 (4.1.4.3). */
static int virtio_reset_device(const struct virtio *v, struct why *why)
{
	struct cpu_pause p = { 0 };

	common_write(v, STATUS, 1, 0);
	while (common_read(v, STATUS, 1))
		if (!v->t->wait(v->t, &p, RESET_US))
			return refuse(why, ETIMEDOUT, "virtio: the device does not reset");
	return 0;
}

/* The device's values define the offset of the doorbell, which must be inside the structure. */
static int find_doorbell(struct virtio *v, struct why *why)
{
	u64 bell;

	common_write(v, QUEUE_SELECT, 2, 0);
	bell = (u64)common_read(v, QUEUE_NOTIFY, 2) * v->t->notify_multiplier;
	if (bell + 2 > v->t->notify_len || bell % 2)
		return refuse(why, EINVAL, "virtio: queue 0 has no doorbell inside its BAR");
	v->doorbell = (u32)bell;
	return 0;
}

/* The 64 feature bits that the device offers. */
static u64 device_features(const struct virtio *v)
{
	u64 low;

	common_write(v, DEVICE_FEATURE_SELECT, 4, 0);
	low = common_read(v, DEVICE_FEATURE, 4);
	common_write(v, DEVICE_FEATURE_SELECT, 4, 1);
	return low | (u64)common_read(v, DEVICE_FEATURE, 4) << 32;
}

/* Accept `must` and those bits of `may` that the device offers; FEATURES_OK confirms them. */
static int negotiate(struct virtio *v, u64 must, u64 may, u64 *got, struct why *why)
{
	u64 has = device_features(v);

	if (must & ~has)
		return refuse(why, EINVAL, "virtio: the device lacks features 0x%lx",
			      (must & ~has));
	*got = has & (must | may);
	for (unsigned i = 0; i < 2; i++) {
		common_write(v, DRIVER_FEATURE_SELECT, 4, i);
		common_write(v, DRIVER_FEATURE, 4, (u32)(*got >> 32 * i));
	}
	common_write(v, STATUS, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	if (common_read(v, STATUS, 1) & FEATURES_OK)
		return 0;
	return refuse(why, EINVAL, "virtio: the device refuses features 0x%lx", *got);
}

/* One page for rings and buffers.  Used buffers are polled, so the queue needs no interrupts. */
static int start_queue(struct virtio *v, struct why *why)
{
	u32 size = common_read(v, QUEUE_SIZE, 2);

	if (size < QUEUE)
		return refuse(why, EINVAL, "virtio: queue 0 has %u entries, %u are needed", size,
			      QUEUE);
	v->page = page_alloc_any(0, ZONE_NORMAL, 0, "virtio queue");
	if (!v->page)
		return refuse(why, ENOMEM, "virtio: no page for the queue");
	arch_zero(page_ptr(v->page), page_size());
	queue_of(v)->avail.flags = NO_INTERRUPT;
	common_write(v, QUEUE_SIZE, 2, QUEUE);
	common_write64(v, QUEUE_DESC, queue_pa(v, offsetof(struct queue, desc)));
	common_write64(v, QUEUE_AVAIL, queue_pa(v, offsetof(struct queue, avail)));
	common_write64(v, QUEUE_USED, queue_pa(v, offsetof(struct queue, used)));
	common_write(v, QUEUE_ENABLE, 2, 1);
	common_write(v, STATUS, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	return 0;
}

/* In the order of the specification (3.1.1): reset, acknowledge, features, queue, driver ok.  The
 * doorbell is checked first, so that a doorbell outside its BAR leaves nothing to undo. */
int virtio_start(struct virtio *v, const struct virtio_transport *t, u64 must, u64 may, u64 *got,
		 struct why *why)
{
	int err;

	*v = (struct virtio) { .t = t };
	v->found = (u8)common_read(v, STATUS, 1);
	err = virtio_reset_device(v, why);
	if (!err) {
		common_write(v, STATUS, 1, ACKNOWLEDGE | DRIVER);
		err = find_doorbell(v, why);
	}
	if (!err)
		err = negotiate(v, must | VIRTIO_F_VERSION_1, may, got, why);
	if (!err)
		err = start_queue(v, why);
	if (err)
		virtio_fail(v);
	return err;
}

/* The page of the queue stays allocated, because the device may still write to it; virtio_stop()
 * frees it. */
void virtio_fail(struct virtio *v)
{
	v->dead = true;
	common_write(v, STATUS, 1, common_read(v, STATUS, 1) | FAILED);
}

/* `dead` also after a success; virtio_start() clears it. */
int virtio_stop(struct virtio *v, struct why *why)
{
	int err = virtio_reset_device(v, why);

	v->dead = true;
	if (err || !v->page)
		return err;
	page_free(v->page, 0);
	v->page = NULL;
	return 0;
}

bool virtio_abandon(struct virtio *v)
{
	v->dead = true;
	return !virtio_reset_device(v, NULL);
}

/* ---- requests ---- */

/* Make the request available: the device reads descriptor 0 and writes descriptor 1. */
static void queue_request(struct virtio *v, const void *request, u32 len, u32 answer_len)
{
	volatile struct queue *q = queue_of(v);

	memcpy((void *)(uintptr_t)q->request, request, len);
	memset((void *)(uintptr_t)q->answer, 0xff, answer_len);
	q->desc[0].pa = queue_pa(v, offsetof(struct queue, request));
	q->desc[0].len = len;
	q->desc[0].flags = DESC_NEXT;
	q->desc[0].next = 1;
	q->desc[1].pa = queue_pa(v, offsetof(struct queue, answer));
	q->desc[1].len = answer_len;
	q->desc[1].flags = DESC_WRITE;
	q->avail.ring[v->posted % QUEUE] = 0;
	arch_io_mb(); /* descriptors and ring are visible to the device before the index */
	q->avail.idx = ++v->posted;
	v->t->write(v->t, VIRTIO_NOTIFY, v->doorbell, 2, 0);
}

/* Wait for the used index to advance by one.  -EIO: it has any other value; -ETIMEDOUT.  The load
 * of the index is an acquire: later loads observe all values that the device wrote before the index
 * (2.7.14). */
static int wait_used(const struct virtio *v, struct why *why)
{
	volatile struct queue *q = queue_of(v);
	struct cpu_pause p = { 0 };

	for (;;) {
		u16 idx = atomic_load_acquire(&q->used.idx);

		if (idx == v->posted)
			return 0;
		if (idx != (u16)(v->posted - 1))
			return refuse(why, EIO,
				      "virtio: the device has used %u buffers, it has %u: "
				      "it is not used any more",
				      idx, v->posted);
		if (!v->t->wait(v->t, &p, ANSWER_US))
			return refuse(why, ETIMEDOUT,
				      "virtio: no response to a request within 5 s: the device is "
				      "not used any more");
	}
}

/* One request at a time, so descriptor 0 is always the head.  Length and id are from the device and
 * are checked.  The whole answer buffer is copied; bytes that the device did not write are 0xff. */
int virtio_request(struct virtio *v, const void *request, u32 len, void *answer, u32 answer_len,
		   struct why *why)
{
	volatile struct queue *q;
	u32 id, used;
	int err;

	if (v->dead)
		return refuse(why, ENODEV, "virtio: the device is not used any more");
	queue_request(v, request, len, answer_len);
	err = wait_used(v, why);
	if (err) {
		virtio_fail(v);
		return err;
	}
	q = queue_of(v);
	id = q->used.ring[(u16)(v->posted - 1) % QUEUE].id;
	used = q->used.ring[(u16)(v->posted - 1) % QUEUE].len;
	if (id || used > answer_len) {
		virtio_fail(v);
		return refuse(why, EIO,
			      "virtio: the device answers %u bytes for request %u, not %u for 0: "
			      "it is not used any more",
			      used, id, answer_len);
	}
	memcpy(answer, (const void *)(uintptr_t)q->answer, answer_len);
	return (int)used;
}

/* ---- configuration ---- */

/* Read between two reads of the generation (2.5.1), so that the copy is of one generation. */
int virtio_config(const struct virtio *v, void *copy, u32 len, u64 halves, struct why *why)
{
	if (len > v->t->device_len)
		return refuse(why, EINVAL, "virtio: %u bytes of configuration, %u are needed",
			      v->t->device_len, len);
	for (unsigned n = 0; n < GENERATIONS_MAX; n++) {
		u32 before = common_read(v, GENERATION, 1);

		for (u32 i = 0, bytes; i < len; i += bytes) {
			u32 w;

			bytes = halves >> i / 4 & 1 ? 2 : 4;
			w = v->t->read(v->t, VIRTIO_DEVICE, i, bytes);
			memcpy((u8 *)copy + i, &w, bytes);
		}
		if (common_read(v, GENERATION, 1) == before)
			return 0;
	}
	return refuse(why, EIO, "virtio: the configuration does not become stable");
}

/* Read back, as the specification requires: a device without resources returns another value. */
bool virtio_config_vector(const struct virtio_transport *t, u16 entry)
{
	t->write(t, VIRTIO_COMMON, CONFIG_VECTOR, 2, entry);
	return t->read(t, VIRTIO_COMMON, CONFIG_VECTOR, 2) == entry;
}

/* A register of one byte; the read clears it, so each change is reported once. */
u8 virtio_isr(const struct virtio *v)
{
	return (u8)v->t->read(v->t, VIRTIO_ISR, 0, 1);
}

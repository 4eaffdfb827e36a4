// SPDX-License-Identifier: BSD-2-Clause
/* drivers/virtio/virtio.c - see virtio.h.  What the device says is checked before it is used. */
#include <arch/arch.h>
#include <drivers/virtio/virtio.h>
#include <kern/cpu.h>
#include <kern/trap.h>
#include <lib/string.h>
#include <mm/buddy.h>

enum { /* common configuration (4.1.4.3) */
       DEVICE_FEATURE_SELECT = 0x00,
       DEVICE_FEATURE = 0x04,
       DRIVER_FEATURE_SELECT = 0x08,
       DRIVER_FEATURE = 0x0c,
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

#define QUEUE 8 /* entries; two are used */
#define DESC_NEXT 1u
#define DESC_WRITE 2u
#define NO_INTERRUPT 1u /* avail flags: requests are waited for */
#define ANSWER_NS 5000000000ull
#define RESET_NS 1000000000ull
#define GENERATIONS_MAX 64

struct queue { /* little endian, as both architectures are */
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

static volatile struct queue *queue_of(const struct virtio *v)
{
	return page_ptr(v->page);
}

static u64 queue_pa(const struct virtio *v, size_t offset)
{
	return page_pa(v->page) + offset;
}

static bool wait_reset(const struct virtio *v)
{
	u64 since = clock_ns();
	struct cpu_pause p = { 0 };

	mmio_write8(v->at[VIRTIO_COMMON] + STATUS, 0);
	while (mmio_read8(v->at[VIRTIO_COMMON] + STATUS)) {
		if (clock_ns() - since > RESET_NS)
			return false;
		cpu_pause(&p);
	}
	return true;
}

static int map(struct virtio *v, struct why *why)
{
	struct virtio_caps caps;
	int r = virtio_find_caps(&v->f->config, v->f->bar, &caps, why);

	for (unsigned i = VIRTIO_COMMON; !r && i < VIRTIO_STRUCTURES; i++) {
		volatile u8 *bar = pci_map_bar(v->f, caps.at[i].bar);

		if (!bar)
			return refuse(why, ENOMEM, "virtio: BAR %u cannot be mapped",
				      caps.at[i].bar);
		v->at[i] = bar + caps.at[i].offset;
	}
	if (r)
		return r;
	v->device_len = caps.at[VIRTIO_DEVICE].len;
	mmio_write16(v->at[VIRTIO_COMMON] + QUEUE_SELECT, 0);
	{
		u64 bell = (u64)mmio_read16(v->at[VIRTIO_COMMON] + QUEUE_NOTIFY) *
			   caps.notify_multiplier;

		if (bell + 2 > caps.at[VIRTIO_NOTIFY].len)
			return refuse(why, EINVAL,
				      "virtio: queue 0 has no doorbell inside its BAR");
		v->doorbell = v->at[VIRTIO_NOTIFY] + bell;
	}
	return 0;
}

static u64 offered(const struct virtio *v)
{
	volatile u8 *c = v->at[VIRTIO_COMMON];
	u64 low;

	mmio_write32(c + DEVICE_FEATURE_SELECT, 0);
	low = mmio_read32(c + DEVICE_FEATURE);
	mmio_write32(c + DEVICE_FEATURE_SELECT, 1);
	return low | (u64)mmio_read32(c + DEVICE_FEATURE) << 32;
}

static int negotiate(struct virtio *v, u64 must, u64 may, u64 *got, struct why *why)
{
	volatile u8 *c = v->at[VIRTIO_COMMON];
	u64 has = offered(v);

	if (must & ~has)
		return refuse(why, EINVAL, "virtio: the device lacks features 0x%llx",
			      (unsigned long long)(must & ~has));
	*got = has & (must | may);
	for (unsigned i = 0; i < 2; i++) {
		mmio_write32(c + DRIVER_FEATURE_SELECT, i);
		mmio_write32(c + DRIVER_FEATURE, (u32)(*got >> 32 * i));
	}
	mmio_write8(c + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	if (mmio_read8(c + STATUS) & FEATURES_OK)
		return 0;
	return refuse(why, EINVAL, "virtio: the device refuses features 0x%llx",
		      (unsigned long long)*got);
}

static int start_queue(struct virtio *v, struct why *why)
{
	volatile u8 *c = v->at[VIRTIO_COMMON];

	mmio_write16(c + QUEUE_SELECT, 0);
	if (mmio_read16(c + QUEUE_SIZE) < QUEUE)
		return refuse(why, EINVAL, "virtio: queue 0 has %u entries, %u are needed",
			      mmio_read16(c + QUEUE_SIZE), QUEUE);
	v->page = page_alloc_any(0, ZONE_NORMAL, 0, "virtio queue");
	if (!v->page)
		return refuse(why, ENOMEM, "virtio: no page for the queue");
	arch_zero(page_ptr(v->page), page_size());
	queue_of(v)->avail.flags = NO_INTERRUPT;
	mmio_write16(c + QUEUE_SIZE, QUEUE);
	mmio_write64(c + QUEUE_DESC, queue_pa(v, offsetof(struct queue, desc)));
	mmio_write64(c + QUEUE_AVAIL, queue_pa(v, offsetof(struct queue, avail)));
	mmio_write64(c + QUEUE_USED, queue_pa(v, offsetof(struct queue, used)));
	mmio_write16(c + QUEUE_ENABLE, 1);
	mmio_write8(c + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
	return 0;
}

int virtio_start(struct virtio *v, struct pci_function *f, u64 must, u64 may, u64 *got,
		 struct why *why)
{
	int r;

	*v = (struct virtio) { .f = f };
	r = map(v, why);
	if (r)
		return r;
	if (!wait_reset(v))
		return refuse(why, ETIMEDOUT, "virtio: the device does not reset");
	mmio_write8(v->at[VIRTIO_COMMON] + STATUS, ACKNOWLEDGE | DRIVER);
	r = negotiate(v, must | VIRTIO_F_VERSION_1, may, got, why);
	return r ? r : start_queue(v, why);
}

static void post(struct virtio *v, const void *request, u32 len, u32 answer_len)
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
	arch_io_mb(); /* descriptors and ring before the index that offers them */
	q->avail.idx = ++v->posted;
	arch_io_mb(); /* the index before the doorbell */
	mmio_write16(v->doorbell, 0);
}

int virtio_request(struct virtio *v, const void *request, u32 len, void *answer, u32 answer_len,
		   struct why *why)
{
	volatile struct queue *q = queue_of(v);
	struct cpu_pause p = { 0 };
	u64 since = clock_ns();

	if (v->dead)
		return refuse(why, ENODEV, "virtio: the device is not used any more");
	post(v, request, len, answer_len);
	while (__atomic_load_n(&q->used.idx, __ATOMIC_ACQUIRE) != v->posted) {
		if (clock_ns() - since > ANSWER_NS) {
			v->dead = true;
			return refuse(why, ETIMEDOUT,
				      "virtio: a request is not answered within 5 s: the device is "
				      "not used any more");
		}
		cpu_pause(&p);
	}
	arch_io_mb(); /* the index before what it offers */
	if (q->used.ring[(u16)(v->posted - 1) % QUEUE].id ||
	    q->used.ring[(u16)(v->posted - 1) % QUEUE].len > answer_len)
		return refuse(why, EIO, "virtio: the device answers what was not asked");
	memcpy(answer, (const void *)(uintptr_t)q->answer, answer_len);
	return 0;
}

int virtio_config(const struct virtio *v, void *copy, u32 len, struct why *why)
{
	const volatile u8 *c = v->at[VIRTIO_COMMON] + GENERATION;

	if (len > v->device_len)
		return refuse(why, EINVAL, "virtio: %u bytes of configuration, %u are needed",
			      v->device_len, len);
	for (unsigned n = 0; n < GENERATIONS_MAX; n++) {
		u8 before = mmio_read8(c);

		for (u32 i = 0; i < len; i += 4) {
			u32 w = mmio_read32(v->at[VIRTIO_DEVICE] + i);

			memcpy((u8 *)copy + i, &w, 4);
		}
		if (mmio_read8(c) == before)
			return 0;
	}
	return refuse(why, EIO, "virtio: the configuration changes all the time");
}

u8 virtio_isr(const struct virtio *v)
{
	return mmio_read8(v->at[VIRTIO_ISR]);
}

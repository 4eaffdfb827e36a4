/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/fuzz/virtio.c - any bytes as a virtio-mem device:
 *
 *   14 bytes   features, queue size, doorbell, length of the configuration, status bits that stay
 *   56 bytes   configuration
 *   then       for each request: its type (2 bits), 4: another configuration follows (56 bytes),
 *              8: the generation changes, 16: no answer; index step, id (2), length (2), answer
 * (10)
 *
 * It is started or refused with a sentence; all accesses are inside its structures, every wait is
 * bounded, accepted values are valid, and an abandoned device is not used again.
 */
#include "aborts.h"
#include <drivers/virtio/mem.h>
#include <drivers/virtio/virtio.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <mm/page/buddy.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096
#define BLOCK (128 * MiB)
#define LOOK_NS 100000000ul
#define LOOKS_MAX 70 /* 5 s, and 1 s for a reset, each with one more poll */

enum { TYPE = 3, ANOTHER = 4, MOVES = 8, SILENT = 16 };

static const u8 *data;
static size_t left;
static u8 config[sizeof(struct virtio_mem_config)];
static u64 features;
static u16 queue_size, doorbell, used_idx;
static u8 stays, status, generation, select_high;
static unsigned looks, bells;
static u32 queue_used[2], queue_desc[2];
static u8 *page;
static bool page_taken;

static const struct pt_fmt format = { .page_shift = 12 };
static struct page the_page;

struct page *page_alloc_any(unsigned node, enum zone_id zone, unsigned order, const char *owner)
{
	(void)node, (void)zone, (void)order, (void)owner;
	ASSERT(!page_taken);
	page_taken = true;
	return &the_page;
}

void page_free(struct page *p, unsigned order)
{
	(void)order;
	ASSERT(page_taken && p == &the_page);
	page_taken = false;
}

static void take(void *to, size_t bytes)
{
	size_t n = bytes < left ? bytes : left;

	memset(to, 0, bytes);
	memcpy(to, data, n);
	data += n;
	left -= n;
}

static u8 take8(void)
{
	u8 v;

	take(&v, 1);
	return v;
}

static u16 take16(void)
{
	u16 v;

	take(&v, 2);
	return v;
}

/* ---- the device ---- */

static u32 common(u32 at)
{
	switch (at) {
	case 0x04:
		return (u32)(features >> 32 * select_high);
	case 0x14:
		return status;
	case 0x15:
		return generation;
	case 0x18:
		return queue_size;
	default:
		return at == 0x1e ? doorbell : 0;
	}
}

static u32 get(const struct virtio_transport *t, enum virtio_structure s, u32 at, unsigned bytes)
{
	u32 v = 0;

	ASSERT(at % bytes == 0);
	if (s == VIRTIO_COMMON) {
		ASSERT(at + bytes <= 0x38);
		return common(at);
	}
	ASSERT(s == VIRTIO_DEVICE && at + bytes <= t->device_len);
	memcpy(&v, config + at, bytes);
	generation = (u8)(generation + (at == 0 && left && *data & MOVES));
	return v;
}

static void publish(u8 how)
{
	struct {
		u16 flags, idx;
		struct {
			u32 id, len;
		} ring[8];
	} *used = (void *)(page + queue_used[0]);
	u8 answer[VIRTIO_MEM_RESPONSE];
	u16 before = used_idx;

	used_idx = (u16)(used_idx + take8());
	used->ring[before % 8].id = take16();
	used->ring[before % 8].len = take16();
	take(answer, sizeof(answer));
	ASSERT(queue_desc[0] + 32 <= PAGE && queue_used[0] + sizeof(*used) <= PAGE);
	memcpy(page + *(u64 *)(page + queue_desc[0] + 16), answer, sizeof(answer));
	if (!(how & SILENT))
		used->idx = used_idx;
}

static void set(const struct virtio_transport *t, enum virtio_structure s, u32 at, unsigned bytes,
		u32 v)
{
	ASSERT(at % bytes == 0);
	if (s == VIRTIO_NOTIFY) {
		ASSERT(at + bytes <= t->notify_len);
		bells++;
		publish(take8());
		return;
	}
	ASSERT(s == VIRTIO_COMMON && at + bytes <= 0x38);
	if (at == 0x00)
		select_high = v & 1;
	else if (at == 0x14)
		status = (u8)(v | stays);
	else if (at >= 0x20 && at < 0x28)
		queue_desc[(at - 0x20) / 4] = v;
	else if (at >= 0x30)
		queue_used[(at - 0x30) / 4] = v;
}

static bool look(const struct virtio_transport *t, struct cpu_pause *p, u64 us)
{
	(void)t;
	ASSERT(++looks < LOOKS_MAX);
	p->waited += LOOK_NS;
	return p->waited <= us * 1000;
}

/* ---- checks of the driver ---- */

static void sentence(const struct why *why)
{
	size_t len = strlen(why->text);

	ASSERT(len > 0 && len < sizeof(why->text));
	for (size_t i = 0; i < len; i++)
		ASSERT(why->text[i] >= ' ' && why->text[i] <= '~');
}

static int one_request(struct virtio *v, enum virtio_mem_type type)
{
	struct virtio_mem_request r = { .type = (u16)type, .nr = 1 };
	struct virtio_mem_response a;
	struct why why = { 0 };
	int n;

	looks = 0;
	n = virtio_request(v, &r, sizeof(r), &a, VIRTIO_MEM_RESPONSE, &why);
	if (n >= 0) {
		ASSERT(n <= VIRTIO_MEM_RESPONSE && !v->dead);
		n = virtio_mem_answer(&a, n, type, &why);
		ASSERT(n < VIRTIO_MEM_ANSWERS);
	}
	if (n >= 0)
		return n;
	sentence(&why);
	if (!v->dead)
		virtio_fail(v);
	n = (int)bells;
	ASSERT(virtio_request(v, &r, sizeof(r), &a, VIRTIO_MEM_RESPONSE, &why) == -ENODEV);
	ASSERT((int)bells == n);
	return -1;
}

static bool read_config(struct virtio *v, struct virtio_mem_config *c)
{
	struct why why = { 0 };

	if (!virtio_config(v, c, sizeof(*c), VIRTIO_MEM_HALVES, &why))
		return true;
	sentence(&why);
	return false;
}

static void follow(struct virtio *v)
{
	struct virtio_mem_config first, c;
	struct why why = { 0 };

	if (!read_config(v, &first))
		return;
	if (virtio_mem_check(&first, PAGE, BLOCK, &why)) {
		sentence(&why);
		return;
	}
	ASSERT(first.subblock_bytes && BLOCK % first.subblock_bytes == 0);
	ASSERT(first.region && first.pa + first.region > first.pa);
	while (left) {
		u8 how = *data;

		if (one_request(v, how & TYPE) < 0)
			return;
		if (how & ANOTHER)
			take(config, sizeof(config));
		if (read_config(v, &c) && virtio_mem_check_again(&first, &c, &why)) {
			sentence(&why);
			return;
		}
	}
}

static void place_memory(void)
{
	layout.fmt = &format;
	layout.r[REGION_VMEMMAP].va = (vaddr_t)(uintptr_t)&the_page;
	layout.r[REGION_LINEAR].va = (vaddr_t)(uintptr_t)page;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct virtio_transport t = {
		.read = get, .write = set, .wait = look, .notify_len = 8, .notify_multiplier = 4
	};
	struct why why = { 0 };
	struct virtio v;
	u64 got;

	data = bytes, left = size;
	take(&features, sizeof(features));
	queue_size = take16();
	doorbell = take16();
	t.device_len = take8();
	stays = take8();
	take(config, sizeof(config));
	status = generation = select_high = 0;
	used_idx = 0, looks = bells = 0;
	page = malloc(PAGE);
	page_taken = false;
	place_memory();
	if (t.device_len > sizeof(config))
		t.device_len = sizeof(config);
	if (virtio_start(&v, &t, 0, VIRTIO_MEM_INACCESSIBLE | VIRTIO_MEM_NODE, &got, &why)) {
		sentence(&why);
		ASSERT(!page_taken);
	} else {
		ASSERT(!(got & ~features) && page_taken);
		follow(&v);
		looks = 0;
		if (!virtio_stop(&v, &why))
			ASSERT(!page_taken);
		else
			sentence(&why);
	}
	free(page);
	return 0;
}

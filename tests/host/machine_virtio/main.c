/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_virtio/main.c - the machine's virtio queue takes each chain that Virtio 1.2
 * allows (2.7.5.3: also those with an indirect table), and stops after one that it forbids.  Its
 * interrupt status reports a used buffer only after the ring has it.
 */
#include <machine/device.h>
#include <machine/order.h>
#include <machine/random.h>
#include <machine/virtio.h>
#include <stdio.h>
#include <string.h>

u64 random_state = 1;
struct knobs knobs;
u64 device_due[DEVICE_TIMES];

#define BASE 0x80000000ul
#define AT(n) (BASE + (n)*0x1000ul)
#define DESC AT(0)
#define AVAIL AT(1)
#define USED AT(2)
#define LIST AT(3) /* the indirect table */
#define IN AT(4)
#define OUT AT(5)
#define SIZE 4
#define MORE 1 /* flags of a descriptor */
#define WRITES 2
#define INDIRECT 4

struct element {
	u64 pa;
	u32 bytes;
	u16 flags, next;
};

static const struct shape {
	const char *what;
	struct element ring[SIZE], list[8];
	bool lacks_feature;
	u32 in, room; /* of the request; 0, 0: the device stops */
} shapes[] = {
	{ "a chain", { { IN, 24, MORE, 1 }, { OUT, 10, WRITES, 0 } }, { { 0 } }, true, 24, 10 },
	{ "a table",
	  { { LIST, 32, INDIRECT, 0 } },
	  { { IN, 24, MORE, 1 }, { OUT, 10, WRITES, 0 } },
	  false,
	  24,
	  10 },
	{ "a table in another order",
	  { { LIST, 64, INDIRECT, 0 } },
	  { { IN, 24, MORE, 3 }, { 0 }, { 0 }, { OUT, 10, WRITES, 0 } },
	  false,
	  24,
	  10 },
	{ "a table whose descriptor has WRITE, which is ignored",
	  { { LIST, 32, INDIRECT | WRITES, 0 } },
	  { { IN, 24, MORE, 1 }, { OUT, 10, WRITES, 0 } },
	  false,
	  24,
	  10 },
	{ "a table after a chain",
	  { { IN, 8, MORE, 2 }, { 0 }, { LIST, 32, INDIRECT, 0 } },
	  { { IN, 16, MORE, 1 }, { OUT, 10, WRITES, 0 } },
	  false,
	  24,
	  10 },
	{ "a table of the queue's size",
	  { { LIST, 128, INDIRECT, 0 } },
	  { { IN, 8, MORE, 7 },
	    [7] = { IN, 8, MORE, 3 },
	    [3] = { IN, 8, MORE, 4 },
	    [4] = { OUT, 10, WRITES, 0 } },
	  false,
	  24,
	  10 },
	{ "a table longer than the queue",
	  { { LIST, 128, INDIRECT, 0 } },
	  { { IN, 8, MORE, 1 },
	    { IN, 8, MORE, 2 },
	    { IN, 4, MORE, 3 },
	    { IN, 4, MORE, 4 },
	    { OUT, 10, WRITES, 0 } },
	  false,
	  0,
	  0 },
	{ "a table without the feature",
	  { { LIST, 32, INDIRECT, 0 } },
	  { { IN, 24, MORE, 1 }, { OUT, 10, WRITES, 0 } },
	  true,
	  0,
	  0 },
	{ "a table with a next descriptor",
	  { { LIST, 16, INDIRECT | MORE, 1 }, { OUT, 10, WRITES, 0 } },
	  { { IN, 24, 0, 0 } },
	  false,
	  0,
	  0 },
	{ "a table in a table",
	  { { LIST, 16, INDIRECT, 0 } },
	  { { LIST, 16, INDIRECT, 0 } },
	  false,
	  0,
	  0 },
	{ "a next one outside the table",
	  { { LIST, 32, INDIRECT, 0 } },
	  { { IN, 24, MORE, 2 }, { 0 }, { OUT, 10, WRITES, 0 } },
	  false,
	  0,
	  0 },
	{ "a table without an end",
	  { { LIST, 16, INDIRECT, 0 } },
	  { { IN, 8, MORE, 0 } },
	  false,
	  0,
	  0 },
	{ "a table without a descriptor",
	  { { LIST, 8, INDIRECT, 0 } },
	  { { IN, 24, 0, 0 } },
	  false,
	  0,
	  0 },
	{ "a table outside RAM", { { AT(1000), 32, INDIRECT, 0 } }, { { 0 } }, false, 0, 0 },
};

static u32 in_bytes, answer_room;
static bool in_is_right;

static u32 request(const u8 *in, u32 bytes, u8 *out, u32 room)
{
	in_bytes = bytes;
	answer_room = room;
	in_is_right = true;
	for (u32 i = 0; i < bytes; i++)
		in_is_right &= in[i] == 0x5a;
	memset(out, 0xa5, room);
	return room;
}

static bool may_access(void)
{
	return true;
}

static void interrupt(bool high)
{
	(void)high;
}

static void ready(void)
{
}

static struct virtio_device device = {
	.name = "test",
	.offers = VIRTIO_INDIRECT,
	.request = request,
	.ready = ready,
	.may_access = may_access,
	.interrupt = interrupt,
};

static u8 *host(u64 pa)
{
	return ram.bank[0].host + (pa - BASE);
}

static void start(const struct shape *s)
{
	order_reset();
	memset(host(BASE), 0, 6 * 0x1000);
	memcpy(host(DESC), s->ring, sizeof(s->ring));
	memcpy(host(LIST), s->list, sizeof(s->list));
	memset(host(IN), 0x5a, 64);
	host(AVAIL)[2] = 1; /* the index; descriptor 0 is the first of the chain */
	in_bytes = answer_room = 0;
	virtio_power_on(&device);
	virtio_set_status(&device, 3);
	virtio_accept(&device, 0, s->lacks_feature ? 0 : (u32)VIRTIO_INDIRECT);
	virtio_set_status(&device, 11);
	device.queue = (struct virtio_queue) { DESC, AVAIL, USED, SIZE, true };
	virtio_set_status(&device, 15);
	virtio_notify(&device);
	for (unsigned i = 0; i < 8 && !device.isr; i++)
		virtio_act(&device);
}

static const char *judge(const struct shape *s)
{
	bool stopped, used;

	start(s);
	virtio_flush();
	stopped = device.status & 64;
	used = host(USED)[2];
	if (!s->in)
		return !stopped || used ? "the device does not stop" : NULL;
	if (stopped || !used || in_bytes != s->in || answer_room != s->room || !in_is_right)
		return "the request differs";
	if (host(USED)[4] || host(USED)[8] != s->room)
		return "the used element differs";
	return host(OUT)[0] != 0xa5 || host(OUT)[s->room - 1] != 0xa5 || host(OUT)[s->room]
		       ? "the answer differs"
		       : NULL;
}

/* The stores of the answer wait; a driver reads the status, which is acknowledged, and the ring. */
static const char *judge_status(void)
{
	knobs.adversary[ADV_STORES] = 32;
	knobs.age = 1000;
	start(&shapes[0]);
	if (host(USED)[2])
		return "no store waits";
	if (virtio_isr(&device) != 1)
		return "no used buffer is reported";
	return host(USED)[2] ? NULL : "a used buffer is reported that the ring has not";
}

int main(void)
{
	const char *of_status;
	unsigned bad = 0;

	if (memory_add(BASE, 1ul << 20))
		return 2;
	for (unsigned i = 0; i < ARRAY_SIZE(shapes); i++) {
		const char *wrong = judge(&shapes[i]);

		if (wrong)
			printf("machine_virtio: %s: %s\n", shapes[i].what, wrong);
		bad += wrong != NULL;
	}
	of_status = judge_status();
	if (of_status)
		printf("machine_virtio: interrupt status: %s\n", of_status);
	bad += of_status != NULL;
	if (!bad)
		printf("machine_virtio: ok\n");
	return bad != 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/virtio.c - the queue, and the device's accesses to memory (virtio.h).
 */
#include <machine/device.h>
#include <machine/machine.h>
#include <machine/order.h>
#include <machine/random.h>
#include <machine/virtio.h>
#include <stdio.h>
#include <string.h>

enum {
	ACKNOWLEDGE = 1,
	DRIVER = 2,
	DRIVER_OK = 4,
	FEATURES_OK = 8,
	NEEDS_RESET = 64,
	FAILED = 128
};

#define ISR_QUEUE 1u
#define ISR_CONFIG 2u
#define NEXT 1u /* flags of a descriptor */
#define WRITE 2u
#define TABLE 4u        /* VIRTQ_DESC_F_INDIRECT */
#define NO_INTERRUPT 1u /* of the available ring */
#define NEVER (~0ul)
#define DELAY_EACH 64u /* steps, about a slice */

u64 virtio_delay(void)
{
	u64 n = knobs.adversary[ADV_DEVICE] * DELAY_EACH;

	if (!n)
		return 0;
	return random_below(one_in(16) ? 16 * n : n) + 1;
}

static void update_due(const struct virtio_device *d)
{
	u64 due = d->reads;

	due = d->answers < due ? d->answers : due;
	due = d->interrupts < due ? d->interrupts : due;
	due = d->resets < due ? d->resets : due;
	if (ordering.cpu[ORDER_DEVICE].nr)
		due = due < ordering.steps + DELAY_EACH ? due : ordering.steps + DELAY_EACH;
	device_due[DEVICE_QUEUE] = due;
}

static void stop_device(struct virtio_device *d, const char *what, u64 value)
{
	fprintf(stderr, "worst: %s: %s 0x%lx (step %lu): it needs a reset\n", d->name, what, value,
		ordering.steps);
	d->status |= NEEDS_RESET;
	d->reads = d->answers = NEVER;
	if (d->status & DRIVER_OK)
		virtio_changed(d);
}

/* ---- accesses to memory: in the largest aligned pieces ---- */
static unsigned piece(u64 pa, u32 left)
{
	unsigned n = 8;

	while ((pa & (n - 1)) || n > left)
		n /= 2;
	return n;
}

static bool reachable(struct virtio_device *d, u64 pa, u32 bytes)
{
	if (bytes && memory_responds(pa) && memory_responds(pa + bytes - 1))
		return true;
	stop_device(d, "the driver passed an address outside RAM:", pa);
	return false;
}

/* Loads with view d->view; *seen is raised to the view of the values. */
static void load(const struct virtio_device *d, u64 pa, void *to, u32 bytes, u64 *seen)
{
	for (u32 at = 0, n; at < bytes; at += n) {
		u64 view, v;

		n = piece(pa + at, bytes - at);
		v = order_load(ORDER_DEVICE, pa + at, n, d->view, &view);
		memcpy((u8 *)to + at, &v, n);
		*seen = view > *seen ? view : *seen;
	}
}

/* A read that is ordered before the following ones. */
static void load_first(struct virtio_device *d, u64 pa, void *to, u32 bytes)
{
	u64 seen = d->view;

	load(d, pa, to, bytes, &seen);
	d->view = seen;
}

static void store(u64 pa, const void *from, u32 bytes, unsigned flags)
{
	for (u32 at = 0, n; at < bytes; at += n) {
		u64 v = 0;

		n = piece(pa + at, bytes - at);
		memcpy(&v, (const u8 *)from + at, n);
		order_store(ORDER_DEVICE, pa + at, n, v, 0, flags);
	}
}

void virtio_flush(void)
{
	while (ordering.cpu[ORDER_DEVICE].nr)
		order_drain(ORDER_DEVICE, 1);
}

/* ---- available buffers ---- */
struct ring_descriptor {
	u64 pa;
	u32 bytes;
	u16 flags, next;
};

struct descriptors {
	u64 pa;
	u32 nr;
	bool is_indirect;
};

static bool take_piece(struct virtio_device *d, const struct ring_descriptor *e)
{
	struct virtio_chain *c = &d->chain;

	if (!reachable(d, e->pa, e->bytes))
		return false;
	if (e->flags & WRITE) {
		if (c->outs == ARRAY_SIZE(c->out) || c->room + e->bytes > VIRTIO_DATA_MOST) {
			stop_device(d,
				    "the buffer for the answer is too long:", c->room + e->bytes);
			return false;
		}
		c->out[c->outs++] = (struct virtio_piece) { e->pa, e->bytes };
		c->room += e->bytes;
		return true;
	}
	if (c->outs || c->in_bytes + e->bytes > VIRTIO_DATA_MOST) {
		stop_device(
			d, "a device-readable part is too long, or after a writable one (2.7.4.2):",
			e->bytes);
		return false;
	}
	load_first(d, e->pa, c->in + c->in_bytes, e->bytes);
	c->in_bytes += e->bytes;
	return true;
}

/* The rest of a chain is in a table of its own (2.7.5.3), whose flag WRITE is ignored. */
static bool enter_table(struct virtio_device *d, struct descriptors *in, struct ring_descriptor *e)
{
	if (!(d->accepted & VIRTIO_INDIRECT) || in->is_indirect || (e->flags & NEXT)) {
		stop_device(d,
			    "an indirect descriptor without the feature, in an indirect table, or"
			    " with a next one (2.7.5.3.1): flags",
			    e->flags);
		return false;
	}
	if (!reachable(d, e->pa, e->bytes))
		return false;
	*in = (struct descriptors) { e->pa, e->bytes / (u32)sizeof(*e), true };
	*e = (struct ring_descriptor) { .next = 0, .flags = NEXT };
	return true;
}

static bool take_chain(struct virtio_device *d, u16 head)
{
	struct descriptors in = { d->queue.desc, d->queue.size, false };
	struct ring_descriptor e = { .next = head, .flags = NEXT };
	unsigned n = 0;

	d->chain = (struct virtio_chain) { .head = head };
	while (e.flags & NEXT) {
		if (e.next >= in.nr || n == d->queue.size) {
			stop_device(d, "a chain has a wrong descriptor number, or no end:", e.next);
			return false;
		}
		load_first(d, in.pa + 16ul * e.next, &e, sizeof(e));
		if (e.flags & TABLE) {
			if (!enter_table(d, &in, &e))
				return false;
			continue; /* at most once: a table has none */
		}
		if (!take_piece(d, &e))
			return false;
		n++;
	}
	return true;
}

static void read_index(struct virtio_device *d)
{
	u64 ring = d->queue.avail + 4;
	u16 index, head, ahead;

	d->reads = NEVER;
	if (d->answers != NEVER || !d->queue.enabled || !(d->status & DRIVER_OK) ||
	    !d->may_access() || !reachable(d, d->queue.avail, 4))
		return;
	load_first(d, d->queue.avail + 2, &index, 2);
	ahead = (u16)(index - d->next);
	if (!ahead)
		return;
	if (ahead > d->queue.size) {
		stop_device(d, "the available index is ahead by more than the queue size:", index);
		return;
	}
	load_first(d, ring + 2ul * (d->next % d->queue.size), &head, 2);
	d->next++;
	if (take_chain(d, head))
		d->answers = ordering.steps + virtio_delay();
}

/* ---- used buffers ---- */
static void answer(struct virtio_device *d)
{
	const struct virtio_chain *c = &d->chain;
	u8 out[VIRTIO_DATA_MOST] = { 0 };
	u32 bytes = d->request(c->in, c->in_bytes, out, c->room), at = 0;
	u32 element[2] = { c->head, bytes };
	u64 seen = 0;
	u16 flags;

	d->answers = NEVER;
	for (unsigned i = 0; i < c->outs && at < bytes; i++) {
		u32 n = bytes - at < c->out[i].bytes ? bytes - at : c->out[i].bytes;

		store(c->out[i].pa, out + at, n, 0);
		at += n;
	}
	store(d->queue.used + 4 + 8ul * (d->used % d->queue.size), element, sizeof(element), 0);
	d->used++;
	store(d->queue.used + 2, &d->used, 2, ORDER_RELEASE);
	load(d, d->queue.avail, &flags, 2, &seen);
	if (!(flags & NO_INTERRUPT)) {
		d->isr |= ISR_QUEUE;
		d->interrupts = ordering.steps + virtio_delay();
	}
	d->polls = knobs.adversary[ADV_DEVICE] && one_in(2);
	d->reads = ordering.steps + virtio_delay(); /* more may be available already */
}

/* ---- time ---- */
static void drain(void)
{
	struct observer *o = &ordering.cpu[ORDER_DEVICE];

	if (o->nr && ordering.steps >= o->wake)
		order_drain(ORDER_DEVICE, (unsigned)random_below(3));
}

void virtio_act(struct virtio_device *d)
{
	drain();
	if (ordering.steps >= d->resets) {
		d->resets = NEVER;
		d->status = 0;
	}
	if (ordering.steps >= d->answers)
		answer(d);
	if (ordering.steps >= d->reads)
		read_index(d);
	if (ordering.steps >= d->interrupts) {
		d->interrupts = NEVER;
		d->interrupt(d->isr != 0);
	}
	update_due(d);
}

void virtio_visible(struct virtio_device *d, u64 word)
{
	if (d->polls && d->queue.enabled && word == order_word(d->queue.avail + 2)) {
		d->reads = ordering.steps;
		device_due[DEVICE_QUEUE] = ordering.steps;
	}
}

/* ---- registers ---- */
/* All but the status, which reads 0 when the reset is complete (4.1.4.3.1). */
static void clear(struct virtio_device *d)
{
	d->accepted = 0;
	d->isr = 0;
	d->queue = (struct virtio_queue) { .size = VIRTIO_QUEUE_MOST };
	d->next = d->used = 0;
	d->reads = d->answers = d->interrupts = NEVER;
	d->polls = false;
	d->interrupt(false);
}

void virtio_power_on(struct virtio_device *d)
{
	clear(d);
	d->status = 0;
	d->resets = NEVER;
	d->view = 0;
	update_due(d);
}

u8 virtio_status(struct virtio_device *d)
{
	virtio_flush();
	return d->status;
}

static bool takes_features(const struct virtio_device *d)
{
	return !(d->accepted & ~d->offers) && !(d->needs & ~d->accepted);
}

u32 virtio_offered(const struct virtio_device *d, u32 word)
{
	return word < 2 ? (u32)(d->offers >> 32 * word) : 0;
}

void virtio_accept(struct virtio_device *d, u32 word, u32 v)
{
	if (word < 2 && !(d->status & FEATURES_OK))
		d->accepted = (d->accepted & ~(0xfffffffful << 32 * word)) | (u64)v << 32 * word;
}

void virtio_set_status(struct virtio_device *d, u8 v)
{
	if (!v) {
		virtio_flush();
		clear(d);
		if (!knobs.adversary[ADV_DEVICE])
			d->status = 0;
		if (d->status) /* else the reset is complete at once */
			d->resets = ordering.steps + virtio_delay();
	} else if (d->resets == NEVER) {
		bool begins = !(d->status & DRIVER_OK) && (v & DRIVER_OK);

		d->status |= v & (takes_features(d) ? 0xffu : 0xffu & ~FEATURES_OK);
		if (begins && !(d->status & FEATURES_OK))
			stop_device(d,
				    "DRIVER_OK, but FEATURES_OK is not set (3.1.1):", d->accepted);
		else if (begins) {
			d->view = ordering.now;
			d->polls = knobs.adversary[ADV_DEVICE] && !one_in(4);
			if (d->polls)
				d->reads = ordering.steps + virtio_delay();
			d->ready();
		}
	}
	update_due(d);
}

/* The reads for this notification observe the stores before it. */
void virtio_notify(struct virtio_device *d)
{
	d->view = ordering.now;
	d->reads = ordering.steps + virtio_delay();
	update_due(d);
}

void virtio_acknowledge(struct virtio_device *d, u8 bits)
{
	d->isr &= (u8)~bits;
	if (!d->isr) {
		d->interrupts = NEVER;
		d->interrupt(false);
	}
	update_due(d);
}

/* A bit states that a buffer was used: the ring has it (2.7.14, 4.2.2), and no later interrupt
 * would report it again. */
u8 virtio_isr(const struct virtio_device *d)
{
	virtio_flush();
	return d->isr;
}

u8 virtio_take_isr(struct virtio_device *d)
{
	u8 v = virtio_isr(d);

	virtio_acknowledge(d, v);
	return v;
}

void virtio_changed(struct virtio_device *d)
{
	d->generation++;
	if (d->status & DRIVER_OK) {
		d->isr |= ISR_CONFIG;
		d->interrupts = ordering.steps + virtio_delay();
	}
	update_due(d);
}

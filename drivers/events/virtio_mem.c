// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/events/virtio_mem.c - memory that a hypervisor resizes (Virtio 1.2, 5.15).
 *
 * The device has parts (2 MiB); a memory block is made of them (mm/parts.h).  A change of the
 * requested size is an interrupt; the work `look` takes one step towards it and looks again:
 *
 *   grow    PLUG parts of the first block that lacks some; then the block is added, or they are
 *           exposed in it
 *   shrink  from the top: a block that goes whole is asked back by an event, parts of one are
 *           concealed; then UNPLUG.  What cannot go stays and is tried again later.
 *
 * What is not plugged is never touched, so the memmap lies elsewhere.  What a life before left
 * plugged is unplugged first.
 */
#include <drivers/events/event.h>
#include <drivers/events/virtio_mem.h>
#include <drivers/virtio/virtio.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug.h>
#include <mm/parts.h>
#include <mm/vmalloc.h>

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_MEM 0x1058

#define FEATURE_NODE BIT(0)
#define FEATURE_INACCESSIBLE BIT(1)

enum { REQUEST_PLUG, REQUEST_UNPLUG, REQUEST_UNPLUG_ALL, REQUEST_STATE };
enum { ANSWER_ACK, ANSWER_NACK, ANSWER_BUSY, ANSWER_ERROR, ANSWERS };

#define STATE_PLUGGED 0

#define RUN_MAX 0xffffu /* nb_blocks is of 16 bits */
#define BACK_OFF_MS 1000
#define BACK_OFF_MAX_MS 32000
#define DEVICES 4

struct config {
	u64 part_bytes;
	u16 node;
	u8 unused[6];
	u64 pa, region, usable, plugged, requested;
};

struct request {
	u16 type, unused[3];
	u64 pa;
	u16 nr, unused2[3];
};

struct response {
	u16 type, unused[3], state, unused2;
};

static struct device_mem {
	struct virtio v;
	struct event event;
	struct event_work look;
	struct block_parts parts; /* bits: what is plugged and meant to be used */
	struct config config;
	unsigned node;
	u64 have;        /* parts */
	u64 run_at, run; /* parts that wait for the answer of an add */
	u64 below;       /* shrinking: blocks from this part on were tried */
	u64 wanted;      /* requested, when it was looked at last */
	u32 back_off;
	u64 answers[ANSWERS];
	bool used, told;
} devices[DEVICES];

static const struct event_source source;

static struct device_mem *nth(unsigned n)
{
	return n < DEVICES && devices[n].used ? &devices[n] : NULL;
}

static u64 parts_of_block(const struct device_mem *d)
{
	return block_pages() / d->parts.each;
}

static paddr_t part_pa(const struct device_mem *d, u64 part)
{
	return d->config.pa + part * d->config.part_bytes;
}

static const struct block *block_of(const struct device_mem *d, u64 part)
{
	const struct block *b = block_find(part_pa(d, part) >> page_shift());

	return b && b->parts == &d->parts ? b : NULL;
}

/* ---- requests ---- */

static int ask(struct device_mem *d, u16 type, u64 part, u64 nr, struct response *a)
{
	struct request r = { .type = type, .pa = part_pa(d, part), .nr = (u16)nr };
	struct why why = { 0 };
	int err = virtio_request(&d->v, &r, sizeof(r), a, 10, &why);

	if (err)
		event_remark(&source, "%s", why.text);
	else if (a->type < ANSWERS)
		d->answers[a->type]++;
	return err ? err : a->type;
}

/* 0, or what stands in the way; BUSY is tried again later, the rest when the size changes. */
static int plug(struct device_mem *d, bool on, u64 part, u64 nr)
{
	static const char *const names[] = { "ack", "nack", "busy", "error" };
	struct response a;
	int r = ask(d, on ? REQUEST_PLUG : REQUEST_UNPLUG, part, nr, &a);

	if (r > 0 && !d->told) {
		d->told = true;
		event_remark(&source, "%s of 0x%llx+%lluM: the device says %s",
			     on ? "plug" : "unplug", (unsigned long long)part_pa(d, part),
			     (unsigned long long)(nr * d->config.part_bytes / MiB),
			     r < ANSWERS ? names[r] : "what is no answer");
	}
	return r;
}

static void later(struct device_mem *d)
{
	if (d->back_off < BACK_OFF_MAX_MS)
		d->back_off = d->back_off ? 2 * d->back_off : BACK_OFF_MS;
	d->below = ~0ull;
	event_work_after(&d->look, d->back_off);
}

static void set_bits(struct device_mem *d, u64 part, u64 nr, bool on)
{
	for (; nr--; part++)
		if (on)
			d->parts.bits[part / 64] |= BIT(part % 64);
		else
			d->parts.bits[part / 64] &= ~BIT(part % 64);
}

/* ---- growing ---- */

/* The first parts that are not there, in one block: how many, at most `most`. */
static u64 absent_run(const struct device_mem *d, u64 most, u64 *at)
{
	u64 end = min_u64(d->config.usable / d->config.part_bytes, d->parts.nr), nr = 0;

	for (*at = 0; *at < end && parts_has(&d->parts, *at); ++*at)
		;
	end = min_u64(end, align_down(*at, parts_of_block(d)) + parts_of_block(d));
	while (*at + nr < end && nr < most && nr < RUN_MAX && !parts_has(&d->parts, *at + nr))
		nr++;
	return nr;
}

static void block_event(struct device_mem *d, enum event_op op, u64 part)
{
	d->event.source = &source;
	d->event.op = op;
	d->event.brings = true;
	d->event.parts = &d->parts;
	d->event.cookie = d;
	d->event.nr_ranges = 1;
	d->event.range[0] = (struct event_range) {
		.pa = align_down(part_pa(d, part), layout.block_bytes),
		.len = layout.block_bytes,
		.node = d->node,
	};
	event_post(&d->event);
}

static void grow(struct device_mem *d, u64 missing)
{
	struct why why = { 0 };
	u64 at, nr = absent_run(d, missing, &at);
	int r;

	if (!nr) /* the usable region lags: the device says when it has grown */
		return;
	r = plug(d, true, at, nr);
	if (r) {
		if (r == ANSWER_BUSY)
			later(d);
		return;
	}
	d->have += nr;
	d->run_at = at;
	d->run = nr;
	if (!block_of(d, at)) {
		set_bits(d, at, nr, true);
		block_event(d, EVENT_ADD, at);
		return;
	}
	if (!hotplug_expose(part_pa(d, at), nr * d->config.part_bytes, &why)) {
		event_work_post(&d->look);
		return;
	}
	event_remark(&source, "%s", why.text);
	d->have -= nr;
	plug(d, false, at, nr);
}

/* ---- shrinking ---- */

static void unplug_block(struct device_mem *d, u64 first)
{
	for (u64 at = first, nr; at < first + parts_of_block(d); at += nr ? nr : 1) {
		for (nr = 0; at + nr < first + parts_of_block(d) && parts_has(&d->parts, at + nr);)
			nr++;
		if (!nr || plug(d, false, at, nr))
			continue;
		set_bits(d, at, nr, false);
		d->have -= nr;
	}
}

/* Single parts of a block that stays, from its end; how many went. */
static u64 conceal(struct device_mem *d, u64 first, u64 most)
{
	u64 gone = 0, moved;

	for (u64 i = parts_of_block(d); i-- > 0 && gone < most;) {
		u64 part = first + i;

		if (!parts_has(&d->parts, part) ||
		    hotplug_conceal(part_pa(d, part), d->config.part_bytes, &moved, NULL))
			continue;
		if (plug(d, false, part, 1)) {
			hotplug_expose(part_pa(d, part), d->config.part_bytes, NULL);
			break;
		}
		gone++;
		d->have--;
	}
	return gone;
}

static u64 parts_there(const struct device_mem *d, u64 first)
{
	u64 n = 0;

	for (u64 i = 0; i < parts_of_block(d); i++)
		n += parts_has(&d->parts, first + i);
	return n;
}

static void shrink(struct device_mem *d, u64 surplus)
{
	u64 first = align_up(min_u64(d->parts.nr, d->below), parts_of_block(d)), n = 0;

	while (first && !n) {
		first -= parts_of_block(d);
		n = parts_there(d, first);
	}
	d->below = first;
	if (!n) {
		if (!d->told)
			event_remark(&source, "%llu MiB are in use and stay; tried again later",
				     (unsigned long long)(surplus * d->config.part_bytes / MiB));
		d->told = true;
		later(d);
	} else if (n <= surplus && block_of(d, first)) {
		d->run_at = first;
		block_event(d, EVENT_REMOVE, first);
	} else if (!block_of(d, first)) { /* the operator removed the block */
		unplug_block(d, first);
		event_work_post(&d->look);
	} else {
		conceal(d, first, surplus);
		event_work_post(&d->look);
	}
}

static int answer(struct event *e, const struct event_answer *a)
{
	struct device_mem *d = e->cookie;

	if (e->op == EVENT_ADD && a->code) {
		set_bits(d, d->run_at, d->run, false);
		d->have -= d->run;
		plug(d, false, d->run_at, d->run);
		return EVENT_NO_OST; /* until the size changes */
	}
	if (e->op == EVENT_REMOVE && !a->code)
		unplug_block(d, d->run_at);
	if (e->op == EVENT_REMOVE && a->code)
		conceal(d, d->run_at, d->have - d->wanted);
	event_work_post(&d->look);
	return EVENT_NO_OST;
}

/* ---- one step ---- */

static void look(struct event_work *w)
{
	struct device_mem *d = container_of(w, struct device_mem, look);
	struct why why = { 0 };
	u64 want;

	if (d->v.dead || event_pending(&d->event))
		return;
	if (virtio_config(&d->v, &d->config, sizeof(d->config), &why)) {
		event_remark(&source, "%s", why.text);
		return;
	}
	want = min_u64(d->config.requested / d->config.part_bytes, d->parts.nr);
	if (want != d->wanted) {
		d->wanted = want;
		d->told = false;
		d->back_off = 0;
		d->below = ~0ull;
	}
	if (want > d->have)
		grow(d, want - d->have);
	else if (want < d->have)
		shrink(d, d->have - want);
}

static bool interrupt(void *arg)
{
	struct device_mem *d = arg;
	u8 isr = virtio_isr(&d->v);

	if (isr)
		event_work_post(&d->look);
	return isr != 0;
}

/* ---- start ---- */

static int check_config(const struct config *c, struct why *why)
{
	u64 b = layout.block_bytes;

	if (!is_pow2(c->part_bytes) || c->part_bytes < page_size() || c->part_bytes > b)
		return refuse(why, EINVAL,
			      "virtio-mem: parts of 0x%llx bytes do not divide a memory block of "
			      "%llu MiB (block=1G, 2G)",
			      (unsigned long long)c->part_bytes, (unsigned long long)(b / MiB));
	if (!c->region || c->pa + c->region < c->pa || !is_aligned(c->pa | c->region, b))
		return refuse(why, EINVAL,
			      "virtio-mem: 0x%llx+0x%llx is not made of whole memory blocks",
			      (unsigned long long)c->pa, (unsigned long long)c->region);
	return layout_is_mappable(c->pa, c->region)
		       ? 0
		       : refuse(why, ERANGE,
				"virtio-mem: 0x%llx+0x%llx is beyond what the linear map reaches",
				(unsigned long long)c->pa, (unsigned long long)c->region);
}

static int start_parts(struct device_mem *d, struct why *why)
{
	u64 pages;

	d->parts.first = d->config.pa >> page_shift();
	d->parts.each = d->config.part_bytes >> page_shift();
	d->parts.nr = d->config.region / d->config.part_bytes;
	pages = (align_up(d->parts.nr, 64) / 8 + page_size() - 1) >> page_shift();
	d->parts.bits = vmalloc(pages, 0, "virtio-mem");
	return d->parts.bits ? 0 : refuse(why, ENOMEM, "virtio-mem: no memory for its map");
}

static int start(struct pci_function *f, struct why *why)
{
	struct device_mem *d = devices;
	struct response a;
	u64 got;
	int r;

	while (d < devices + DEVICES && d->used)
		d++;
	if (d == devices + DEVICES)
		return refuse(why, ENOMEM, "virtio-mem: there are %d already", DEVICES);
	*d = (struct device_mem) { .look.fn = look, .below = ~0ull, .wanted = ~0ull };
	r = virtio_start(&d->v, f, FEATURE_INACCESSIBLE, FEATURE_NODE, &got, why);
	if (!r)
		r = virtio_config(&d->v, &d->config, sizeof(d->config), why);
	if (!r)
		r = check_config(&d->config, why);
	if (!r)
		r = start_parts(d, why);
	if (r)
		return r;
	d->node = got & FEATURE_NODE && d->config.node < NODES_MAX ? d->config.node : 0;
	d->used = true;
	if (d->config.plugged)
		ask(d, REQUEST_UNPLUG_ALL, 0, 0, &a);
	f->private = d;
	if (pci_intx_request(f, interrupt, d))
		return refuse(why, ENOMEM, "virtio-mem: too many interrupt handlers");
	event_work_post(&d->look);
	return 0;
}

static int audit(struct device_mem *d, u64 *parts, struct why *why)
{
	u64 end = min_u64(d->config.usable / d->config.part_bytes, d->parts.nr);
	struct response a;

	for (u64 part = 0; part < end; part++, ++*parts) {
		int r = ask(d, REQUEST_STATE, part, 1, &a);

		if (r)
			return refuse(why, EIO, "part %llu: the device does not say its state",
				      (unsigned long long)part);
		if ((a.state == STATE_PLUGGED) != parts_has(&d->parts, part))
			return refuse(why, EIO, "part %llu is %s for the device, not for us",
				      (unsigned long long)part,
				      a.state == STATE_PLUGGED ? "plugged" : "unplugged");
	}
	return 0;
}

int virtio_mem_audit(u64 *parts, struct why *why)
{
	int r = 0;

	*parts = 0;
	for (unsigned i = 0; !r && nth(i); i++)
		r = audit(nth(i), parts, why);
	return r;
}

static bool match(const struct pci_function *f)
{
	return f->vendor == VIRTIO_VENDOR && f->device == VIRTIO_MEM;
}

static const struct pci_driver driver = { .name = "virtio-mem", .match = match, .start = start };
PCI_DRIVER(virtio_mem, driver);

static void describe(char *buf, size_t size)
{
	u64 have = 0, region = 0;

	for (unsigned i = 0; nth(i); i++) {
		have += nth(i)->have * nth(i)->config.part_bytes;
		region += nth(i)->config.region;
	}
	if (region)
		snprintf(buf, size, "%llu of %llu MiB", (unsigned long long)(have / MiB),
			 (unsigned long long)(region / MiB));
	else
		*buf = '\0'; /* the banner has no room for one more that is not there */
}

static const struct event_source source = {
	.name = "virtio-mem",
	.label = "virtio-mem",
	.describe = describe,
	.answer = answer,
	.memmap = "host",
};
EVENT_SOURCE(virtio_mem, source);

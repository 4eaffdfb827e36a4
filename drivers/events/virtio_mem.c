// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/events/virtio_mem.c - memory that a hypervisor resizes (Virtio 1.2, 5.15).
 *
 * The device has parts (2 MiB); a memory block is made of them (mm/parts.h).  A change of the
 * requested size is an interrupt; the work `look` takes one step towards it and looks again:
 *
 *   settle  what the device has plugged and nobody uses is unplugged: all of it at the start (a
 *           life before left it), a block that went, parts that could not be used
 *   grow    PLUG parts of the first block that lacks some; then the block is added, or they are
 *           exposed in it
 *   shrink  from the top: a block that goes whole is asked back by an event, parts of one are
 *           concealed; then UNPLUG.  What cannot go stays and is tried again later.
 *
 * BUSY is tried again after 1, 2, 4 ... 32 s; NACK and ERROR end the step until the device raises
 * its interrupt again.  A device that does not answer, or answers what is no answer, or is another
 * one suddenly, is given up: its memory stays in use.
 *
 * What is not plugged is never touched, so the memmap lies elsewhere, and it does not matter
 * whether a device offers VIRTIO_MEM_INACCESSIBLE.
 */
#include <drivers/events/event.h>
#include <drivers/events/virtio_mem.h>
#include <drivers/virtio/bars.h>
#include <kern/log.h>
#include <lib/assert.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug.h>
#include <mm/parts.h>
#include <mm/vmalloc.h>

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_MEM 0x1058

#define BACK_OFF_MS 1000
#define BACK_OFF_MAX_MS 32000
#define DEVICES 4
#define NONE (~0ull)

static struct device_mem {
	struct virtio v;
	struct virtio_bars bars; /* of one on the PCI bus */
	struct event event;
	struct event_work look, retry; /* the same; an interrupt does not wait for a retry */
	struct block_parts parts;      /* bits: what is plugged and meant to be used */
	struct virtio_mem_config config;
	unsigned node;
	u64 map_pages; /* of its bits */
	u64 have;      /* parts */
	u64 run_at;    /* first part that the event is about */
	u64 below;     /* shrinking: blocks from this part on were tried */
	u64 wanted;    /* requested, when it was looked at last */
	u64 leaving;   /* first part of a block that is gone here and has parts plugged, or NONE */
	u64 spare_at, spare; /* parts that are plugged and have no bit */
	u32 back_off;
	u64 answers[VIRTIO_MEM_ANSWERS];
	bool used, fresh; /* fresh: nothing of a life before is plugged any more */
	bool told, odd;   /* it was said: of a request, of the configuration */
	bool stuck;       /* what was plugged could not be added: until the size changes */
} devices[DEVICES];

static const struct event_source source;

static struct device_mem *nth(unsigned n)
{
	for (struct device_mem *d = devices; d < devices + DEVICES; d++)
		if (d->used && !n--)
			return d;
	return NULL;
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

/* An enum virtio_mem_answer; negative: the device was given up, which is said once. */
static int ask(struct device_mem *d, enum virtio_mem_type type, u64 part, u64 nr,
	       struct virtio_mem_response *a)
{
	struct virtio_mem_request r = { .type = (u16)type, .pa = part_pa(d, part), .nr = (u16)nr };
	struct why why = { 0 };
	int err;

	if (d->v.dead)
		return -ENODEV;
	err = virtio_request(&d->v, &r, sizeof(r), a, VIRTIO_MEM_RESPONSE, &why);
	if (err >= 0) {
		err = virtio_mem_answer(a, err, type, &why);
		if (err >= 0)
			d->answers[err]++;
		else
			virtio_give_up(&d->v);
	}
	if (err < 0)
		event_remark(&source, "%s", why.text);
	return err;
}

static void later(struct device_mem *d)
{
	u32 ms = d->back_off ? (u32)min_u64(2 * d->back_off, BACK_OFF_MAX_MS) : BACK_OFF_MS;

	d->below = NONE;
	if (event_work_after(&d->retry, ms))
		d->back_off = ms;
}

/* PLUG and the like: 0, or what stands in the way, said once for a size. */
static int request(struct device_mem *d, enum virtio_mem_type type, u64 part, u64 nr)
{
	static const char *const what[] = { "plug", "unplug", "unplug all" };
	struct virtio_mem_response a;
	int r = ask(d, type, part, nr, &a);

	if (!r)
		d->back_off = 0;
	if (r == VIRTIO_MEM_BUSY)
		later(d);
	if (r > 0 && !d->told) {
		d->told = true;
		event_remark(
			&source, "%s of 0x%llx+%lluM: the device says %s%s", what[type],
			(unsigned long long)part_pa(d, part),
			(unsigned long long)((nr ? nr : d->parts.nr) * d->config.part_bytes / MiB),
			virtio_mem_answer_names[r],
			r == VIRTIO_MEM_BUSY ? ", tried again later" : "");
	}
	return r;
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
	while (*at + nr < end && nr < most && nr < VIRTIO_MEM_RUN_MAX &&
	       !parts_has(&d->parts, *at + nr))
		nr++;
	return nr;
}

static void block_event(struct device_mem *d, enum event_op op, u64 part)
{
	d->run_at = part;
	d->event.source = &source;
	d->event.op = op;
	d->event.brings = true;
	d->event.here = op == EVENT_REMOVE;
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

/* Parts of a block that is there: used from now on, or given back. */
static void expose(struct device_mem *d, u64 at, u64 nr)
{
	struct why why = { 0 };

	if (!hotplug_expose(part_pa(d, at), nr * d->config.part_bytes, &why)) {
		d->have += nr;
		event_work_post(&d->look);
		return;
	}
	event_remark(&source, "%s", why.text);
	d->stuck = true;
	if (request(d, VIRTIO_MEM_UNPLUG, at, nr)) {
		d->spare_at = at;
		d->spare = nr;
	}
}

static u64 parts_there(const struct device_mem *d, u64 first)
{
	u64 n = 0;

	for (u64 i = 0; i < parts_of_block(d); i++)
		n += parts_has(&d->parts, first + i);
	return n;
}

static void grow(struct device_mem *d, u64 missing)
{
	u64 at, nr = absent_run(d, missing, &at), first = align_down(at, parts_of_block(d));

	/* without a run the usable region lags: the device says when it has grown */
	if (!nr || d->stuck)
		return;
	if (!block_of(d, at) && parts_there(d, first)) { /* the operator removed it: start anew */
		block_event(d, EVENT_REMOVE, first);
		return;
	}
	if (request(d, VIRTIO_MEM_PLUG, at, nr))
		return;
	if (block_of(d, at)) {
		expose(d, at, nr);
		return;
	}
	d->have += nr;
	set_bits(d, at, nr, true);
	block_event(d, EVENT_ADD, at);
}

/* ---- shrinking ---- */

/* What is plugged of a block that is not there; 0, or what stands in the way. */
static int unplug_block(struct device_mem *d, u64 first)
{
	u64 end = first + parts_of_block(d);
	int r = 0;

	for (u64 at = first, nr; !r && at < end; at += nr ? nr : 1) {
		for (nr = 0;
		     at + nr < end && nr < VIRTIO_MEM_RUN_MAX && parts_has(&d->parts, at + nr);)
			nr++;
		r = nr ? request(d, VIRTIO_MEM_UNPLUG, at, nr) : 0;
		if (r || !nr)
			continue;
		set_bits(d, at, nr, false);
		d->have -= nr;
	}
	return r;
}

/* Nobody uses what is unplugged here.  0 when the device has nothing that we have not. */
static int settle(struct device_mem *d)
{
	int r = d->fresh ? 0 : request(d, VIRTIO_MEM_UNPLUG_ALL, 0, 0);

	if (r)
		return r;
	d->fresh = true;
	if (d->leaving != NONE)
		r = unplug_block(d, d->leaving);
	if (r)
		return r;
	d->leaving = NONE;
	if (d->spare)
		r = request(d, VIRTIO_MEM_UNPLUG, d->spare_at, d->spare);
	if (!r)
		d->spare = 0;
	return r;
}

/* Parts that are concealed and that the device does not take are used again. */
static int unplug_run(struct device_mem *d, u64 at, u64 nr)
{
	int r = request(d, VIRTIO_MEM_UNPLUG, at, nr);

	if (!r || hotplug_expose(part_pa(d, at), nr * d->config.part_bytes, NULL))
		d->have -= nr;
	if (r && !parts_has(&d->parts, at)) {
		d->spare_at = at;
		d->spare = nr;
	}
	return r;
}

/* The last run of parts of a block below *end, which is moved to its end: how many, at most `most`.
 */
static u64 last_run(const struct device_mem *d, u64 first, u64 *end, u64 most)
{
	u64 nr = 0;

	while (*end > first && !parts_has(&d->parts, *end - 1))
		--*end;
	while (nr < most && nr < VIRTIO_MEM_RUN_MAX && first < *end - nr &&
	       parts_has(&d->parts, *end - nr - 1))
		nr++;
	return nr;
}

/*
 * Parts of a block that stays, from its end, in runs, because all free memory of a block is looked
 * through for each: a run that cannot go is halved, one that goes makes the next twice as long.
 * Not 0: what the device says against it.
 */
static int conceal(struct device_mem *d, u64 first, u64 most)
{
	u64 end = first + parts_of_block(d), longest = most, moved, nr;
	int r = 0;

	while (!r && (nr = last_run(d, first, &end, min_u64(longest, most)))) {
		if (!hotplug_conceal(part_pa(d, end - nr), nr * d->config.part_bytes, &moved,
				     NULL)) {
			end -= nr;
			most -= nr;
			longest = 2 * nr;
			r = unplug_run(d, end, nr);
		} else if (nr > 1) {
			longest = nr / 2;
		} else {
			end--; /* this one stays */
		}
	}
	return r;
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
	} else if (n <= surplus || !block_of(d, first) /* the operator removed it */) {
		block_event(d, EVENT_REMOVE, first);
	} else if (!conceal(d, first, surplus)) {
		event_work_post(&d->look);
	}
}

static int answer(struct event *e, const struct event_answer *a)
{
	struct device_mem *d = e->cookie;
	bool add = e->op == EVENT_ADD;
	int r = 0;

	if (add == (a->code != 0)) /* no block where parts are plugged */
		d->leaving = align_down(d->run_at, parts_of_block(d));
	if (add && a->code)
		d->stuck = true;
	if (!add && a->code && d->have > d->wanted)
		r = conceal(d, d->run_at, d->have - d->wanted);
	if (!r && !settle(d))
		event_work_post(&d->look);
	return EVENT_NO_OST;
}

/* ---- one step ---- */

/* What the device wants now.  False: it does not say so that it can be believed. */
static bool refresh(struct device_mem *d)
{
	struct virtio_mem_config now;
	struct why why = { 0 };
	int r = virtio_config(&d->v, &now, sizeof(now), &why);
	bool another = !r && virtio_mem_check_again(&d->config, &now, &why);

	if ((r || another) && !d->odd)
		event_remark(&source, "%s", why.text);
	d->odd = r || another;
	if (another)
		virtio_give_up(&d->v);
	else if (r)
		later(d);
	else
		d->config = now;
	return !d->odd;
}

static void step(struct device_mem *d)
{
	u64 want;

	if (d->v.dead || event_pending(&d->event) || !refresh(d))
		return;
	want = min_u64(d->config.requested / d->config.part_bytes, d->parts.nr);
	if (want != d->wanted) {
		d->wanted = want;
		d->told = d->stuck = false;
		d->back_off = 0;
		d->below = NONE;
	}
	if (settle(d))
		return;
	if (want > d->have)
		grow(d, want - d->have);
	else if (want < d->have)
		shrink(d, d->have - want);
}

static void look(struct event_work *w)
{
	step(container_of(w, struct device_mem, look));
}

static void retry(struct event_work *w)
{
	step(container_of(w, struct device_mem, retry));
}

static bool interrupt(void *arg)
{
	struct device_mem *d = arg;
	u8 isr = virtio_isr(&d->v);

	if (isr)
		event_work_post(&d->look);
	return isr != 0;
}

/* What the operator removed he may add again, but only where all of it is plugged. */
static int on_note(enum hotplug_note note, paddr_t pa, u64 len, struct why *why)
{
	const struct device_mem *d;

	for (unsigned i = 0; note == NOTE_PREPARE_ADD && (d = nth(i)); i++) {
		u64 end = min_u64(pa + len, d->config.pa + d->config.region);

		if (event_pending(&d->event)) /* the device's own */
			continue;
		for (u64 at = max_u64(pa, d->config.pa); at < end; at += d->config.part_bytes)
			if (!parts_has(&d->parts, (at - d->config.pa) / d->config.part_bytes))
				return refuse(why, EPERM, "0x%llx is virtio-mem's, and not plugged",
					      (unsigned long long)at);
	}
	return 0;
}

static const struct hotplug_notifier notifier = { .name = "virtio-mem", .call = on_note };
HOTPLUG_NOTIFIER(virtio_mem, notifier);

/* ---- start and end ---- */

static int start_parts(struct device_mem *d, struct why *why)
{
	u64 bytes;

	d->parts.first = d->config.pa >> page_shift();
	d->parts.each = d->config.part_bytes >> page_shift();
	d->parts.nr = d->config.region / d->config.part_bytes;
	bytes = align_up(d->parts.nr, 64) / 8;
	d->map_pages = (bytes + page_size() - 1) >> page_shift();
	d->parts.bits = vmalloc(d->map_pages, 0, "virtio-mem");
	return d->parts.bits ? 0 : refuse(why, ENOMEM, "virtio-mem: no memory for its map");
}

static int check_config(const struct virtio_mem_config *c, struct why *why)
{
	int r = virtio_mem_check(c, page_size(), layout.block_bytes, why);

	if (r || layout_is_mappable(c->pa, c->region))
		return r;
	return refuse(why, ERANGE,
		      "virtio-mem: 0x%llx+0x%llx is beyond what the linear map reaches",
		      (unsigned long long)c->pa, (unsigned long long)c->region);
}

static struct device_mem *free_place(struct why *why)
{
	for (struct device_mem *d = devices; d < devices + DEVICES; d++)
		if (!d->used) {
			*d = (struct device_mem) { .look.fn = look,
						   .retry.fn = retry,
						   .below = NONE,
						   .wanted = NONE,
						   .leaving = NONE };
			return d;
		}
	refuse(why, ENOMEM, "virtio-mem: there are %d already", DEVICES);
	return NULL;
}

static int begin(struct device_mem *d, const struct virtio_transport *t, struct why *why)
{
	u64 got;
	int r = virtio_start(&d->v, t, 0, VIRTIO_MEM_INACCESSIBLE | VIRTIO_MEM_NODE, &got, why);

	if (r)
		return r;
	r = virtio_config(&d->v, &d->config, sizeof(d->config), why);
	if (!r)
		r = check_config(&d->config, why);
	if (!r)
		r = start_parts(d, why);
	if (!r && t->listen(t, interrupt, d))
		r = refuse(why, ENOMEM, "virtio-mem: too many interrupt handlers");
	if (r) {
		virtio_stop(&d->v, NULL);
		if (d->parts.bits)
			vfree(d->parts.bits, d->map_pages);
		return r;
	}
	d->node = got & VIRTIO_MEM_NODE && d->config.node < NODES_MAX ? d->config.node : 0;
	d->fresh = !d->config.plugged;
	d->used = true;
	event_work_post(&d->look);
	return 0;
}

int virtio_mem_start(const struct virtio_transport *t, struct why *why)
{
	struct device_mem *d = free_place(why);

	return d ? begin(d, t, why) : -ENOMEM;
}

static int start(struct pci_function *f, struct why *why)
{
	struct device_mem *d = free_place(why);
	int r = d ? virtio_bars_open(&d->bars, f, why) : -ENOMEM;

	f->private = d;
	return r ? r : begin(d, &d->bars.t, why);
}

static struct device_mem *device_of(const struct virtio_transport *t)
{
	for (struct device_mem *d = devices; d < devices + DEVICES; d++)
		if (d->used && d->v.t == t)
			return d;
	return NULL;
}

int virtio_mem_stop(const struct virtio_transport *t, struct why *why)
{
	struct device_mem *d = device_of(t);
	int r;

	if (!d)
		return refuse(why, ENODEV, "virtio-mem: it was not started");
	for (u64 part = 0; part < d->parts.nr; part += parts_of_block(d))
		if (block_of(d, part))
			return refuse(why, EBUSY, "virtio-mem: block %llu is there",
				      (unsigned long long)block_nr(part_pa(d, part)));
	d->v.dead = true; /* what is still posted does nothing */
	event_time_passes(BACK_OFF_MAX_MS);
	event_run();
	ASSERT(!d->look.posted && !d->retry.posted && !event_pending(&d->event));
	r = virtio_stop(&d->v, why);
	vfree(d->parts.bits, d->map_pages);
	d->used = false;
	return r;
}

bool virtio_mem_state(const struct virtio_transport *t, struct virtio_mem_state *s)
{
	const struct device_mem *d = device_of(t);

	if (!d)
		return false;
	*s = (struct virtio_mem_state) { .have = d->have,
					 .dead = d->v.dead,
					 .back_off_ms = d->retry.posted ? d->back_off : 0 };
	memcpy(s->answers, d->answers, sizeof(s->answers));
	return true;
}

static int audit(struct device_mem *d, u64 *parts, struct why *why)
{
	u64 end = min_u64(d->config.usable / d->config.part_bytes, d->parts.nr);
	struct virtio_mem_response a;

	for (u64 part = 0; part < end; part++, ++*parts) {
		int r = ask(d, VIRTIO_MEM_STATE, part, 1, &a);

		if (r)
			return refuse(why, EIO, "part %llu: the device does not say its state",
				      (unsigned long long)part);
		if ((a.state == VIRTIO_MEM_PLUGGED) != parts_has(&d->parts, part))
			return refuse(why, EIO, "part %llu is %s for the device, not for us",
				      (unsigned long long)part,
				      a.state == VIRTIO_MEM_PLUGGED ? "plugged" : "unplugged");
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
	const struct pci_function *f = nth(0) ? nth(0)->bars.f : NULL;
	u64 have = 0, region = 0;

	for (unsigned i = 0; nth(i); i++) {
		have += nth(i)->have * nth(i)->config.part_bytes;
		region += nth(i)->config.region;
	}
	if (region)
		snprintf(buf, size, "%llu of %llu MiB%s%s", (unsigned long long)(have / MiB),
			 (unsigned long long)(region / MiB), f ? ", " : "",
			 f ? pci_irq_name(f) : "");
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

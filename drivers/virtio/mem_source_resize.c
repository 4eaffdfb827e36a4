// SPDX-License-Identifier: BSD-2-Clause
/*
 * drivers/virtio/mem_source_resize.c - how a guest follows the size that the device asks for.
 *
 * A change of the requested size is an interrupt; a step is taken towards it, and then another:
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
 */
#include <drivers/virtio/mem_source_internal.h>
#include <mm/hotplug/hotplug.h>

#define BACK_OFF_MS 1000

/* ---- requests ---- */

int virtio_mem_ask(struct device_mem *d, enum virtio_mem_type type, u64 part, u64 nr,
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
		event_remark(&virtio_mem_source, "%s", why.text);
	return err;
}

static void later(struct device_mem *d)
{
	u32 ms = d->back_off ? (u32)min_u64(2 * d->back_off, VIRTIO_MEM_BACK_OFF_MAX_MS)
			     : BACK_OFF_MS;

	d->below = VIRTIO_MEM_NO_PART;
	if (event_work_after(&d->retry, ms))
		d->back_off = ms;
}

/* PLUG and the like: 0, or what stands in the way, said once for a size. */
static int request(struct device_mem *d, enum virtio_mem_type type, u64 part, u64 nr)
{
	static const char *const what[] = { "plug", "unplug", "unplug all" };
	struct virtio_mem_response a;
	int r = virtio_mem_ask(d, type, part, nr, &a);

	if (!r)
		d->back_off = 0;
	if (r == VIRTIO_MEM_BUSY)
		later(d);
	if (r > 0 && !d->told) {
		d->told = true;
		event_remark(
			&virtio_mem_source, "%s of 0x%llx+%lluM: the device says %s%s", what[type],
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
	d->event.source = &virtio_mem_source;
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
	event_remark(&virtio_mem_source, "%s", why.text);
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
	if (d->leaving != VIRTIO_MEM_NO_PART)
		r = unplug_block(d, d->leaving);
	if (r)
		return r;
	d->leaving = VIRTIO_MEM_NO_PART;
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
			event_remark(&virtio_mem_source,
				     "%llu MiB are in use and stay; tried again later",
				     (unsigned long long)(surplus * d->config.part_bytes / MiB));
		d->told = true;
		later(d);
	} else if (n <= surplus || !block_of(d, first) /* the operator removed it */) {
		block_event(d, EVENT_REMOVE, first);
	} else if (!conceal(d, first, surplus)) {
		event_work_post(&d->look);
	}
}

int virtio_mem_answered(struct event *e, const struct event_answer *a)
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
		event_remark(&virtio_mem_source, "%s", why.text);
	d->odd = r || another;
	if (another)
		virtio_give_up(&d->v);
	else if (r)
		later(d);
	else
		d->config = now;
	return !d->odd;
}

void virtio_mem_step(struct device_mem *d)
{
	u64 want;

	if (d->v.dead || event_pending(&d->event) || !refresh(d))
		return;
	want = min_u64(d->config.requested / d->config.part_bytes, d->parts.nr);
	if (want != d->wanted) {
		d->wanted = want;
		d->told = d->stuck = false;
		d->back_off = 0;
		d->below = VIRTIO_MEM_NO_PART;
	}
	if (settle(d))
		return;
	if (want > d->have)
		grow(d, want - d->have);
	else if (want < d->have)
		shrink(d, d->have - want);
}

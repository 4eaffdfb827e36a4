/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/virtio/mem_source_resize.c - plugs and unplugs sub-blocks up to the size that the device
 * requests.
 *
 * Each call of virtio_mem_step() takes one step, in this order, and posts the next:
 *
 *   settle  unplug the sub-blocks that are plugged and unused: at start those of an earlier boot;
 *           those of a removed block; those that could not be used
 *   grow    PLUG sub-blocks of the first block that lacks some; then add the block, or add them to
 *           it
 *   shrink  from the top: an event removes a block if all its sub-blocks are surplus; otherwise the
 *           surplus ones are removed from it; then UNPLUG.  Those that cannot be freed stay; a
 *           retry is scheduled
 *
 * BUSY is retried after 1, 2, 4 ... 32 s; NACK and ERROR end the step until the next interrupt.  A
 * device that does not respond, sends a malformed response or changes its identity is no longer
 * used; its memory stays in use.
 */
#include <drivers/virtio/mem_source_internal.h>
#include <lib/printf.h>
#include <mm/hotplug/hotplug.h>

#define BACK_OFF_MS 1000

/* ---- requests ---- */

int virtio_mem_send(struct device_mem *d, enum virtio_mem_type type, u64 sb, u64 nr,
		    struct virtio_mem_response *a)
{
	struct virtio_mem_request r = { .type = (u16)type,
					.pa = subblock_pa(d, sb),
					.nr = (u16)nr };
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
			virtio_fail(&d->v);
	}
	if (err < 0)
		event_remark(virtio_mem_source.name, "%s", why.text);
	return err;
}

/* Schedule a retry with exponential back-off; it starts from the top of the region again. */
static void schedule_retry(struct device_mem *d)
{
	u32 ms = d->back_off ? min_u32(VIRTIO_MEM_BACK_OFF_MAX_MS, 2 * d->back_off) : BACK_OFF_MS;

	d->below = VIRTIO_MEM_NO_PART;
	if (work_post_after(&d->retry, ms))
		d->back_off = ms;
}

/* PLUG, UNPLUG, UNPLUG_ALL.  0: done; else the response or a negative code, reported once per
 * size. */
static int request(struct device_mem *d, enum virtio_mem_type type, u64 sb, u64 nr)
{
	static const char *const what[] = { "plug", "unplug", "unplug all" };
	struct virtio_mem_response a;
	int answer = virtio_mem_send(d, type, sb, nr, &a);

	if (!answer)
		d->back_off = 0;
	if (answer == VIRTIO_MEM_BUSY)
		schedule_retry(d);
	if (answer > 0 && !d->reported) {
		d->reported = true;
		event_remark(virtio_mem_source.name, "%s of %s: the device answered %s%s",
			     what[type],
			     range_text(subblock_pa(d, sb),
					(nr ? nr : d->subblocks.nr) * d->config.subblock_bytes)
				     .text,
			     virtio_mem_answer_names[answer],
			     answer == VIRTIO_MEM_BUSY ? ", a retry follows" : "");
	}
	return answer;
}

/* Mark sub-blocks as plugged and in use, or not. */
static void set_bits(struct device_mem *d, u64 sb, u64 nr, bool on)
{
	for (; nr--; sb++)
		if (on)
			d->subblocks.bits[sb / 64] |= BIT(sb % 64);
		else
			d->subblocks.bits[sb / 64] &= ~BIT(sb % 64);
}

/* ---- growing ---- */

/* The first run of absent sub-blocks within one block: *at, and its length, at most `most`; 0:
 * none. */
static u64 absent_run(const struct device_mem *d, u64 most, u64 *at)
{
	u64 end = min_u64(d->config.usable / d->config.subblock_bytes, d->subblocks.nr), nr = 0;

	for (*at = 0; *at < end && subblock_present(&d->subblocks, *at); ++*at)
		;
	end = min_u64(end, align_down(*at, subblocks_of_block(d)) + subblocks_of_block(d));
	while (*at + nr < end && nr < most && nr < VIRTIO_MEM_RUN_MAX &&
	       !subblock_present(&d->subblocks, *at + nr))
		nr++;
	return nr;
}

/* Post an event for the block that contains `sub-block`. */
static void block_event(struct device_mem *d, enum event_op op, u64 sb)
{
	d->run_at = sb;
	d->event.source = &virtio_mem_source;
	d->event.op = op;
	d->event.brings = true;
	d->event.here = op == EVENT_REMOVE;
	d->event.subblocks = &d->subblocks;
	d->event.cookie = d;
	d->event.nr_ranges = 1;
	d->event.range[0] = (struct event_range) {
		.pa = align_down(subblock_pa(d, sb), layout.block_bytes),
		.len = layout.block_bytes,
		.node = d->node,
	};
	event_post(&d->event);
}

/* Use newly plugged sub-blocks of a block that is added; if that fails, unplug them again. */
static void add_subblocks(struct device_mem *d, u64 at, u64 nr)
{
	struct why why = { 0 };

	if (!subblock_add(subblock_pa(d, at), nr * d->config.subblock_bytes, &why)) {
		d->have += nr;
		work_post(&d->look);
		return;
	}
	event_remark(virtio_mem_source.name, "%s", why.text);
	d->stuck = true;
	if (request(d, VIRTIO_MEM_UNPLUG, at, nr)) {
		d->spare_at = at;
		d->spare = nr;
	}
}

/* The number of sub-blocks with a bit in the block that begins at sub-block `first`. */
static u64 count_subblocks(const struct device_mem *d, u64 first)
{
	u64 n = 0;

	for (u64 i = 0; i < subblocks_of_block(d); i++)
		n += subblock_present(&d->subblocks, first + i);
	return n;
}

/* Plug the first run of absent sub-blocks, and use them: in their block, or by adding it. */
static void grow(struct device_mem *d, u64 missing)
{
	u64 at, nr = absent_run(d, missing, &at), first = align_down(at, subblocks_of_block(d));

	/* no run: the usable region is too small; the device raises an interrupt when it grows */
	if (!nr || d->stuck)
		return;
	/* The operator removed the block: unplug it first. */
	if (!block_of(d, at) && count_subblocks(d, first)) {
		block_event(d, EVENT_REMOVE, first);
		return;
	}
	if (request(d, VIRTIO_MEM_PLUG, at, nr))
		return;
	if (block_of(d, at)) {
		add_subblocks(d, at, nr);
		return;
	}
	d->have += nr;
	set_bits(d, at, nr, true);
	block_event(d, EVENT_ADD, at);
}

/* ---- shrinking ---- */

/* Unplug all sub-blocks of a block that is not added; stops at the first failure. */
static int unplug_block(struct device_mem *d, u64 first)
{
	u64 end = first + subblocks_of_block(d);
	int err = 0;

	for (u64 at = first, nr; !err && at < end; at += nr ? nr : 1) {
		for (nr = 0; at + nr < end && nr < VIRTIO_MEM_RUN_MAX &&
			     subblock_present(&d->subblocks, at + nr);)
			nr++;
		err = nr ? request(d, VIRTIO_MEM_UNPLUG, at, nr) : 0;
		if (err || !nr)
			continue;
		set_bits(d, at, nr, false);
		d->have -= nr;
	}
	return err;
}

/* Unplug the sub-blocks that are plugged and not in use.  0: there are no such sub-blocks. */
static int unplug_unused(struct device_mem *d)
{
	int err = d->fresh ? 0 : request(d, VIRTIO_MEM_UNPLUG_ALL, 0, 0);

	if (err)
		return err;
	d->fresh = true;
	if (d->unplug_at != VIRTIO_MEM_NO_PART)
		err = unplug_block(d, d->unplug_at);
	if (err)
		return err;
	d->unplug_at = VIRTIO_MEM_NO_PART;
	if (d->spare)
		err = request(d, VIRTIO_MEM_UNPLUG, d->spare_at, d->spare);
	if (!err)
		d->spare = 0;
	return err;
}

/* Unplug removed sub-blocks; if the device refuses, use them again, or record them as spare. */
static int unplug_run(struct device_mem *d, u64 at, u64 nr)
{
	int err = request(d, VIRTIO_MEM_UNPLUG, at, nr);

	if (!err || subblock_add(subblock_pa(d, at), nr * d->config.subblock_bytes, NULL))
		d->have -= nr;
	if (err && !subblock_present(&d->subblocks, at)) {
		d->spare_at = at;
		d->spare = nr;
	}
	return err;
}

/* Find the last run of sub-blocks below *end in the block that begins at `first`: set *end to its
 * end and return its length, at most `most`. */
static u64 last_run(const struct device_mem *d, u64 first, u64 *end, u64 most)
{
	u64 nr = 0;

	while (*end > first && !subblock_present(&d->subblocks, *end - 1))
		--*end;
	while (nr < most && nr < VIRTIO_MEM_RUN_MAX && first < *end - nr &&
	       subblock_present(&d->subblocks, *end - nr - 1))
		nr++;
	return nr;
}

/*
 * Free sub-blocks of a block that stays added, from its end.  In runs, because each attempt scans
 * all free memory of the block: after a failure the run is halved, after a success the next one is
 * doubled. Not 0: the device refused.
 */
static int remove_subblocks(struct device_mem *d, u64 first, u64 most)
{
	u64 end = first + subblocks_of_block(d), longest = most, moved, nr;
	int err = 0;

	while (!err && (nr = last_run(d, first, &end, min_u64(longest, most)))) {
		if (!subblock_remove(subblock_pa(d, end - nr), nr * d->config.subblock_bytes,
				     &moved, NULL)) {
			end -= nr;
			most -= nr;
			longest = 2 * nr;
			err = unplug_run(d, end, nr);
		} else if (nr > 1) {
			longest = nr / 2;
		} else {
			end--; /* this sub-block is in use and stays */
		}
	}
	return err;
}

/* Shrink from the highest block with sub-blocks.  An event removes a block if all its sub-blocks
 * are surplus.
 */
static void shrink(struct device_mem *d, u64 surplus)
{
	u64 first = align_up(min_u64(d->subblocks.nr, d->below), subblocks_of_block(d)), n = 0;

	while (first && !n) {
		first -= subblocks_of_block(d);
		n = count_subblocks(d, first);
	}
	d->below = first;
	if (!n) {
		if (!d->reported)
			event_remark(virtio_mem_source.name,
				     "%lu MiB are in use and stay; a retry follows",
				     (surplus * d->config.subblock_bytes / MiB));
		d->reported = true;
		schedule_retry(d);
	} else if (n <= surplus || !block_of(d, first) /* the operator removed the block */) {
		block_event(d, EVENT_REMOVE, first);
	} else if (!remove_subblocks(d, first, surplus)) {
		work_post(&d->look);
	}
}

int virtio_mem_answered(struct event *e, const struct event_answer *a)
{
	struct device_mem *d = e->cookie;
	bool add = e->op == EVENT_ADD;
	int err = 0;

	if (add == (a->code != 0)) /* sub-blocks are plugged, but the block is not added */
		d->unplug_at = align_down(d->run_at, subblocks_of_block(d));
	if (add && a->code)
		d->stuck = true;
	if (!add && a->code && d->have > d->wanted)
		err = remove_subblocks(d, d->run_at, d->have - d->wanted);
	if (!err && !unplug_unused(d))
		work_post(&d->look);
	return EVENT_NO_OST;
}

/* ---- one step ---- */

/* Read the configuration.  False: it cannot be read (a retry is scheduled), or it contradicts the
 * first one (the device is no longer used). */
static bool refresh(struct device_mem *d)
{
	struct virtio_mem_config now;
	struct why why = { 0 };
	int err = virtio_config(&d->v, &now, sizeof(now), VIRTIO_MEM_HALVES, &why);
	bool another = !err && virtio_mem_check_again(&d->config, &now, &why);

	if ((err || another) && !d->bad_config)
		event_remark(virtio_mem_source.name, "%s", why.text);
	d->bad_config = err || another;
	if (another)
		virtio_fail(&d->v);
	else if (err)
		schedule_retry(d);
	else
		d->config = now;
	return !d->bad_config;
}

void virtio_mem_step(struct device_mem *d)
{
	u64 want;

	if (d->v.dead || event_pending(&d->event) || !refresh(d))
		return;
	want = min_u64(d->config.requested / d->config.subblock_bytes, d->subblocks.nr);
	if (want != d->wanted) {
		d->wanted = want;
		d->reported = d->stuck = false;
		d->back_off = 0;
		d->below = VIRTIO_MEM_NO_PART;
	}
	if (unplug_unused(d))
		return;
	if (want > d->have)
		grow(d, want - d->have);
	else if (want < d->have)
		shrink(d, d->have - want);
}

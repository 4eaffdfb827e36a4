/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/virtio/play.c - the emulated device of play.h: its registers, its queue and its map of
 * plugged parts. */
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <tests/virtio/play.h>

#define LOOK_NS 50000000ul
#define LATE_NS 4500000000ul
#define FEATURES_OK 8u
#define FAILED 128u
#define QUEUE_REGISTERS 0x20
#define STRANGE 77

struct play play;

u64 play_plugged(void)
{
	u64 n = 0;

	for (unsigned i = 0; i < PLAY_PARTS_MAX; i++)
		n += play.bits[i / 64] >> i % 64 & 1;
	return n;
}

/* ---- requests ---- */

static bool run_is(u64 part, u64 nr, bool plugged)
{
	for (; nr--; part++)
		if ((play.bits[part / 64] >> part % 64 & 1) != plugged)
			return false;
	return true;
}

static void run_set(u64 part, u64 nr, bool plugged)
{
	for (; nr--; part++)
		if (plugged)
			play.bits[part / 64] |= BIT(part % 64);
		else
			play.bits[part / 64] &= ~BIT(part % 64);
	play.config.plugged = play_plugged() * play.config.part_bytes;
}

/* Virtio 1.2, 5.15.6.3 to 5.15.6.6: requests that a driver may make. */
static enum play_way obey(const struct virtio_mem_request *q, struct virtio_mem_response *a)
{
	const struct virtio_mem_config *c = &play.config;
	u64 part = (q->pa - c->pa) / c->part_bytes;
	bool plug = q->type == VIRTIO_MEM_PLUG;

	if (q->type == VIRTIO_MEM_UNPLUG_ALL) {
		run_set(0, c->region / c->part_bytes, false);
		return PLAY_ACK;
	}
	if (q->pa < c->pa || !is_aligned(q->pa - c->pa, c->part_bytes) || !q->nr ||
	    (part + q->nr) * c->part_bytes > (plug ? c->usable : c->region))
		return PLAY_ERROR;
	if (q->type == VIRTIO_MEM_STATE) {
		a->state = run_is(part, q->nr, true)    ? VIRTIO_MEM_PLUGGED
			   : run_is(part, q->nr, false) ? VIRTIO_MEM_UNPLUGGED
							: VIRTIO_MEM_MIXED;
		return PLAY_ACK;
	}
	if (!run_is(part, q->nr, !plug) ||
	    (plug && c->plugged + q->nr * c->part_bytes > c->requested))
		return PLAY_ERROR;
	run_set(part, q->nr, plug);
	return PLAY_ACK;
}

struct played_ring { /* as in drivers/virtio/virtio.c: 8 entries */
	u16 flags, idx;
	struct {
		u32 id, len;
	} used[8];
};

struct descriptor {
	u64 pa;
	u32 len;
	u16 flags, next;
};

static u64 queue_pa(unsigned at)
{
	return play.reg[at / 4] | (u64)play.reg[at / 4 + 1] << 32;
}

static void play_publish(enum play_way way, u32 len)
{
	volatile struct played_ring *used = pa_ptr(queue_pa(0x10));

	used->used[play.used % 8].id = way == PLAY_OTHER ? 5 : 0;
	used->used[play.used % 8].len = way == PLAY_EMPTY   ? 0
					: way == PLAY_SHORT ? 2
					: way == PLAY_LONG  ? 4096
							    : len;
	arch_io_mb(); /* the answer is visible before the index */
	play.used = (u16)(play.used + (way == PLAY_AHEAD ? 2 : way == PLAY_BEHIND ? -1 : 1));
	used->idx = play.used;
}

static void serve(const struct descriptor *d)
{
	struct virtio_mem_request q = *(const struct virtio_mem_request *)pa_ptr(d[0].pa);
	struct virtio_mem_response a = { 0 };
	enum play_way way;

	if (d[0].len != sizeof(q) || d[1].len < VIRTIO_MEM_RESPONSE || q.type >= VIRTIO_MEM_TYPES) {
		play.wrong++;
		return;
	}
	play.asked[q.type]++;
	way = play.rule[q.type].times ? play.rule[q.type].way : PLAY_ACK;
	if (play.rule[q.type].times && play.rule[q.type].times != ALWAYS)
		play.rule[q.type].times--;
	if (way == PLAY_ACK || way == PLAY_LATE) {
		a.type = (u16)obey(&q, &a);
		play.wrong += a.type != PLAY_ACK;
	} else {
		a.type = way == PLAY_STRANGE ? STRANGE : way < PLAY_STRANGE ? (u16)way : 0;
	}
	memcpy(pa_ptr(d[1].pa), &a, VIRTIO_MEM_RESPONSE);
	if (way == PLAY_LATE)
		play.late_at = play.now + LATE_NS;
	else if (way != PLAY_SILENT)
		play_publish(way, VIRTIO_MEM_RESPONSE);
}

static void doorbell(void)
{
	const struct played_ring *avail = pa_ptr(queue_pa(0x08));

	if (play.seen == avail->idx || play.status & FAILED)
		play.wrong++;
	play.seen = avail->idx;
	serve(pa_ptr(queue_pa(0)));
}

/* ---- registers ---- */

static void write_common(u32 at, u32 v)
{
	if (at == 0x00)
		play.feature_select = v;
	else if (at == 0x10)
		play.config_vector = v < play.vectors ? (u16)v : 0xffff;
	else if (at == 0x14 && !v && !play.no_reset)
		play.status = 0, play.seen = play.used = 0;
	else if (at == 0x14)
		play.status = (u8)((v & ~(play.no_features ? FEATURES_OK : 0)) | play.no_reset);
	else if (at >= QUEUE_REGISTERS && at < QUEUE_REGISTERS + sizeof(play.reg))
		play.reg[(at - QUEUE_REGISTERS) / 4] = v;
	if (at == 0x14 && v & FAILED)
		play.failed++;
}

static void play_write(const struct virtio_transport *t, enum virtio_structure s, u32 at,
		       unsigned bytes, u32 v)
{
	(void)t, (void)bytes;
	if (s == VIRTIO_COMMON)
		write_common(at, v);
	else if (s == VIRTIO_NOTIFY && !play.gone)
		doorbell();
}

static u32 read_common(u32 at)
{
	switch (at) {
	case 0x04:
		return (u32)(play.features >> (play.feature_select ? 32 : 0));
	case 0x10:
		return play.config_vector;
	case 0x14:
		return play.status;
	case 0x15:
		return play.generation;
	case 0x18:
		return play.queue_size;
	case 0x1e:
		return play.queue_notify;
	default:
		return 0;
	}
}

static u32 read_device(u32 at)
{
	u32 v;

	if (at == offsetof(struct virtio_mem_config, plugged)) { /* between what is compared */
		if (play.restless)
			play.generation++;
		play.restless -= play.restless && play.restless != ALWAYS;
		if (play.change)
			play.change(&play), play.generation++;
		play.change = NULL;
	}
	memcpy(&v, (const u8 *)&play.config + at, sizeof(v));
	return v;
}

static u32 play_read(const struct virtio_transport *t, enum virtio_structure s, u32 at,
		     unsigned bytes)
{
	u8 isr = play.isr;

	(void)t;
	if (play.gone)
		return bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
	if (s == VIRTIO_COMMON)
		return read_common(at);
	if (s == VIRTIO_DEVICE)
		return read_device(at);
	play.isr = 0;
	return s == VIRTIO_ISR ? isr : 0;
}

static bool play_step(const struct virtio_transport *t, struct cpu_pause *p, u64 us)
{
	(void)t;
	play.now += LOOK_NS;
	p->waited += LOOK_NS;
	if (play.late_at && play.now >= play.late_at) {
		play.late_at = 0;
		play_publish(PLAY_ACK, VIRTIO_MEM_RESPONSE);
	}
	return p->waited <= us * 1000;
}

static int play_listen(const struct virtio_transport *t, bool (*handler)(void *), void *arg)
{
	(void)t;
	play.handler = handler;
	play.arg = arg;
	return 0;
}

static const struct virtio_transport transport = {
	.read = play_read,
	.write = play_write,
	.wait = play_step,
	.listen = play_listen,
	.device_len = sizeof(struct virtio_mem_config),
	.notify_len = 4,
	.notify_multiplier = 4,
};

/* ---- a stage ---- */

bool play_new(struct test_run *t, struct play_stage *s)
{
	if (!range_get(t, &s->r, PLAY_BLOCKS, "host"))
		return false;
	if (s->r.len / PLAY_PART > PLAY_PARTS_MAX) {
		test_skip(t, "a block of this size has too many parts for this test");
		return false;
	}
	if (!CHECK_EQ(t, range_known(&s->r, false), 0))
		return false;
	play = (struct play) {
		.t = transport,
		.features = VIRTIO_F_VERSION_1 | VIRTIO_MEM_INACCESSIBLE | VIRTIO_MEM_NODE,
		.config = { .part_bytes = PLAY_PART,
			    .node = (u16)s->r.node,
			    .pa = s->r.pa,
			    .region = s->r.len,
			    .usable = s->r.len },
		.queue_size = 16,
	};
	digest_take(&s->before);
	s->remarks = event_nth(0) ? event_nth(0)->nr : 0;
	return true;
}

int play_start(struct why *why)
{
	int err = virtio_mem_start(&play.t, why);

	event_run();
	return err;
}

bool play_begin(struct test_run *t, struct play_stage *s)
{
	struct why why = { 0 };

	if (!play_new(t, s))
		return false;
	if (CHECK_OK(t, play_start(&why), &why))
		return true;
	play_restore(s);
	return false;
}

void play_restore(struct play_stage *s)
{
	range_known(&s->r, true);
}

static void forget(struct test_run *t, struct play_stage *s)
{
	struct why why = { 0 };
	struct digest after;

	CHECK_OK(t, virtio_mem_stop(&play.t, &why), &why);
	CHECK_EQ(t, play.wrong, 0);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&s->before, &after, &why), &why);
	play_restore(s);
	range_reset(&s->r);
}

void play_clear(struct test_run *t, struct play_stage *s)
{
	struct why why = { 0 };
	struct range r = s->r;

	r.len = layout.block_bytes;
	for (; r.pa < s->r.pa + s->r.len; r.pa += r.len) {
		const struct block *b = block_find(r.pa >> page_shift());

		if (!b)
			continue;
		if (b->state == BLOCK_ONLINE)
			CHECK_OK(t, hotplug_offline(r.pa, r.len, NULL, &why), &why);
		CHECK_OK(t, hotplug_remove(r.pa, r.len, NULL, NULL, &why), &why);
		CHECK_EQ(t, range_known(&r, false), 0);
	}
	forget(t, s);
}

void play_end(struct test_run *t, struct play_stage *s)
{
	play_resize(0);
	CHECK_EQ(t, play_plugged(), 0);
	play_clear(t, s); /* removes nothing, unless the check failed */
}

/* ---- behaviour of the device ---- */

void play_rule(enum virtio_mem_type type, enum play_way way, u64 times)
{
	play.rule[type].way = way;
	play.rule[type].times = times;
}

void play_interrupt(void)
{
	play.isr = 2;
	play.handler(play.arg);
	event_run();
}

void play_resize(u64 parts)
{
	play.config.requested = parts * play.config.part_bytes;
	play.generation++;
	play_interrupt();
}

struct virtio_mem_state play_state(void)
{
	struct virtio_mem_state s = { 0 };

	virtio_mem_state(&play.t, &s);
	return s;
}

void play_wait(void)
{
	work_time_passes(play_state().back_off_ms);
	event_run();
}

u64 play_per_block(void)
{
	return layout.block_bytes / PLAY_PART;
}

u64 play_remarks(struct play_stage *s)
{
	const struct event_record *e;
	u64 n = 0, newest = s->remarks;

	for (unsigned back = 0; (e = event_nth(back)) && e->nr > s->remarks; back++) {
		newest = max_u64(newest, e->nr);
		n += !strcmp(e->source, "virtio-mem") && !strcmp(e->op, "remark");
	}
	s->remarks = newest;
	return n;
}

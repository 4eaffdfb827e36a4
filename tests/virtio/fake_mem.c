/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/virtio/fake_mem.c - the fake device of fake_mem.h: its registers, its queue and its map of
 * plugged parts. */
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <tests/virtio/fake_mem.h>

#define LOOK_NS 50000000ul
#define LATE_NS 4500000000ul
#define FEATURES_OK 8u
#define FAILED 128u
#define QUEUE_REGISTERS 0x20
#define STRANGE 77

struct fake_mem fake_mem;

u64 fake_mem_plugged(void)
{
	u64 n = 0;

	for (unsigned i = 0; i < FAKE_MEM_PARTS_MAX; i++)
		n += fake_mem.bits[i / 64] >> i % 64 & 1;
	return n;
}

/* ---- requests ---- */

static bool run_is(u64 part, u64 nr, bool plugged)
{
	for (; nr--; part++)
		if ((fake_mem.bits[part / 64] >> part % 64 & 1) != plugged)
			return false;
	return true;
}

static void run_set(u64 part, u64 nr, bool plugged)
{
	for (; nr--; part++)
		if (plugged)
			fake_mem.bits[part / 64] |= BIT(part % 64);
		else
			fake_mem.bits[part / 64] &= ~BIT(part % 64);
	fake_mem.config.plugged = fake_mem_plugged() * fake_mem.config.subblock_bytes;
}

/* Virtio 1.2, 5.15.6.3 to 5.15.6.6: requests that a driver may make. */
static enum fake_mem_way execute(const struct virtio_mem_request *q, struct virtio_mem_response *a)
{
	const struct virtio_mem_config *c = &fake_mem.config;
	u64 part = (q->pa - c->pa) / c->subblock_bytes;
	bool plug = q->type == VIRTIO_MEM_PLUG;

	if (q->type == VIRTIO_MEM_UNPLUG_ALL) {
		run_set(0, c->region / c->subblock_bytes, false);
		return FAKE_MEM_ACK;
	}
	if (q->pa < c->pa || !is_aligned(q->pa - c->pa, c->subblock_bytes) || !q->nr ||
	    (part + q->nr) * c->subblock_bytes > (plug ? c->usable : c->region))
		return FAKE_MEM_ERROR;
	if (q->type == VIRTIO_MEM_STATE) {
		a->state = run_is(part, q->nr, true)    ? VIRTIO_MEM_PLUGGED
			   : run_is(part, q->nr, false) ? VIRTIO_MEM_UNPLUGGED
							: VIRTIO_MEM_MIXED;
		return FAKE_MEM_ACK;
	}
	if (!run_is(part, q->nr, !plug) ||
	    (plug && c->plugged + q->nr * c->subblock_bytes > c->requested))
		return FAKE_MEM_ERROR;
	run_set(part, q->nr, plug);
	return FAKE_MEM_ACK;
}

struct fake_mem_ring { /* as in drivers/virtio/virtio.c: 8 entries */
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
	return fake_mem.reg[at / 4] | (u64)fake_mem.reg[at / 4 + 1] << 32;
}

static void fake_mem_publish(enum fake_mem_way way, u32 len)
{
	volatile struct fake_mem_ring *used = pa_ptr(queue_pa(0x10));

	used->used[fake_mem.used % 8].id = way == FAKE_MEM_OTHER ? 5 : 0;
	used->used[fake_mem.used % 8].len = way == FAKE_MEM_EMPTY   ? 0
					    : way == FAKE_MEM_SHORT ? 2
					    : way == FAKE_MEM_LONG  ? 4096
								    : len;
	arch_io_mb(); /* the answer must be visible before the index */
	fake_mem.used = (u16)(fake_mem.used + (way == FAKE_MEM_AHEAD    ? 2
					       : way == FAKE_MEM_BEHIND ? -1
									: 1));
	used->idx = fake_mem.used;
}

static void serve(const struct descriptor *d)
{
	struct virtio_mem_request q = *(const struct virtio_mem_request *)pa_ptr(d[0].pa);
	struct virtio_mem_response a = { 0 };
	enum fake_mem_way way;

	if (d[0].len != sizeof(q) || d[1].len < VIRTIO_MEM_RESPONSE || q.type >= VIRTIO_MEM_TYPES) {
		fake_mem.wrong++;
		return;
	}
	fake_mem.asked[q.type]++;
	way = fake_mem.rule[q.type].times ? fake_mem.rule[q.type].way : FAKE_MEM_ACK;
	if (fake_mem.rule[q.type].times && fake_mem.rule[q.type].times != ALWAYS)
		fake_mem.rule[q.type].times--;
	if (way == FAKE_MEM_ACK || way == FAKE_MEM_LATE) {
		a.type = (u16)execute(&q, &a);
		fake_mem.wrong += a.type != FAKE_MEM_ACK;
	} else {
		a.type = way == FAKE_MEM_STRANGE ? STRANGE : way < FAKE_MEM_STRANGE ? (u16)way : 0;
	}
	memcpy(pa_ptr(d[1].pa), &a, VIRTIO_MEM_RESPONSE);
	if (way == FAKE_MEM_LATE)
		fake_mem.late_at = fake_mem.now + LATE_NS;
	else if (way != FAKE_MEM_SILENT)
		fake_mem_publish(way, VIRTIO_MEM_RESPONSE);
}

static void doorbell(void)
{
	const struct fake_mem_ring *avail = pa_ptr(queue_pa(0x08));

	if (fake_mem.seen == avail->idx || fake_mem.status & FAILED)
		fake_mem.wrong++;
	fake_mem.seen = avail->idx;
	serve(pa_ptr(queue_pa(0)));
}

/* ---- registers ---- */

static void write_common(u32 at, u32 v)
{
	if (at == 0x00)
		fake_mem.feature_select = v;
	else if (at == 0x10)
		fake_mem.config_vector = v < fake_mem.vectors ? (u16)v : 0xffff;
	else if (at == 0x14 && !v && !fake_mem.no_reset)
		fake_mem.status = 0, fake_mem.seen = fake_mem.used = 0;
	else if (at == 0x14)
		fake_mem.status =
			(u8)((v & ~(fake_mem.no_features ? FEATURES_OK : 0)) | fake_mem.no_reset);
	else if (at >= QUEUE_REGISTERS && at < QUEUE_REGISTERS + sizeof(fake_mem.reg))
		fake_mem.reg[(at - QUEUE_REGISTERS) / 4] = v;
	if (at == 0x14 && v & FAILED)
		fake_mem.failed++;
}

static void fake_mem_write(const struct virtio_transport *t, enum virtio_structure s, u32 at,
			   unsigned bytes, u32 v)
{
	(void)t, (void)bytes;
	if (s == VIRTIO_COMMON)
		write_common(at, v);
	else if (s == VIRTIO_NOTIFY && !fake_mem.gone)
		doorbell();
}

static u32 read_common(u32 at)
{
	switch (at) {
	case 0x04:
		return (u32)(fake_mem.features >> (fake_mem.feature_select ? 32 : 0));
	case 0x10:
		return fake_mem.config_vector;
	case 0x14:
		return fake_mem.status;
	case 0x15:
		return fake_mem.generation;
	case 0x18:
		return fake_mem.queue_size;
	case 0x1e:
		return fake_mem.queue_notify;
	default:
		return 0;
	}
}

static u32 read_device(u32 at)
{
	u32 v;

	if (at == offsetof(struct virtio_mem_config,
			   plugged)) { /* between the reads that the driver compares */
		if (fake_mem.restless)
			fake_mem.generation++;
		fake_mem.restless -= fake_mem.restless && fake_mem.restless != ALWAYS;
		if (fake_mem.change)
			fake_mem.change(&fake_mem), fake_mem.generation++;
		fake_mem.change = NULL;
	}
	memcpy(&v, (const u8 *)&fake_mem.config + at, sizeof(v));
	return v;
}

static u32 fake_mem_read(const struct virtio_transport *t, enum virtio_structure s, u32 at,
			 unsigned bytes)
{
	u8 isr = fake_mem.isr;

	(void)t;
	if (fake_mem.gone)
		return bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;
	if (s == VIRTIO_COMMON)
		return read_common(at);
	if (s == VIRTIO_DEVICE)
		return read_device(at);
	fake_mem.isr = 0;
	return s == VIRTIO_ISR ? isr : 0;
}

static bool fake_mem_step(const struct virtio_transport *t, struct cpu_pause *p, u64 us)
{
	(void)t;
	fake_mem.now += LOOK_NS;
	p->waited += LOOK_NS;
	if (fake_mem.late_at && fake_mem.now >= fake_mem.late_at) {
		fake_mem.late_at = 0;
		fake_mem_publish(FAKE_MEM_ACK, VIRTIO_MEM_RESPONSE);
	}
	return p->waited <= us * 1000;
}

static int fake_mem_listen(const struct virtio_transport *t, bool (*handler)(void *), void *arg)
{
	(void)t;
	fake_mem.handler = handler;
	fake_mem.arg = arg;
	return 0;
}

static const struct virtio_transport transport = {
	.read = fake_mem_read,
	.write = fake_mem_write,
	.wait = fake_mem_step,
	.listen = fake_mem_listen,
	.device_len = sizeof(struct virtio_mem_config),
	.notify_len = 4,
	.notify_multiplier = 4,
};

/* ---- a stage ---- */

bool fake_mem_new(struct test_run *t, struct fake_mem_stage *s)
{
	if (!range_get(t, &s->r, FAKE_MEM_BLOCKS, "host"))
		return false;
	if (s->r.len / FAKE_MEM_PART > FAKE_MEM_PARTS_MAX) {
		test_skip(t, "a block of this size has too many parts for this test");
		return false;
	}
	if (!CHECK_EQ(t, range_known(&s->r, false), 0))
		return false;
	fake_mem = (struct fake_mem) {
		.t = transport,
		.features = VIRTIO_F_VERSION_1 | VIRTIO_MEM_INACCESSIBLE | VIRTIO_MEM_NODE,
		.config = { .subblock_bytes = FAKE_MEM_PART,
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

int fake_mem_start(struct why *why)
{
	int err = virtio_mem_start(&fake_mem.t, why);

	event_run();
	return err;
}

bool fake_mem_begin(struct test_run *t, struct fake_mem_stage *s)
{
	struct why why = { 0 };

	if (!fake_mem_new(t, s))
		return false;
	if (CHECK_OK(t, fake_mem_start(&why), &why))
		return true;
	fake_mem_restore(s);
	return false;
}

void fake_mem_restore(struct fake_mem_stage *s)
{
	range_known(&s->r, true);
}

static void forget(struct test_run *t, struct fake_mem_stage *s)
{
	struct why why = { 0 };
	struct digest after;

	CHECK_OK(t, virtio_mem_stop(&fake_mem.t, &why), &why);
	CHECK_EQ(t, fake_mem.wrong, 0);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&s->before, &after, &why), &why);
	fake_mem_restore(s);
	range_reset(&s->r);
}

void fake_mem_clear(struct test_run *t, struct fake_mem_stage *s)
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

void fake_mem_end(struct test_run *t, struct fake_mem_stage *s)
{
	fake_mem_resize(0);
	CHECK_EQ(t, fake_mem_plugged(), 0);
	fake_mem_clear(t, s); /* removes nothing, unless the check failed */
}

/* ---- behaviour of the device ---- */

void fake_mem_rule(enum virtio_mem_type type, enum fake_mem_way way, u64 times)
{
	fake_mem.rule[type].way = way;
	fake_mem.rule[type].times = times;
}

void fake_mem_interrupt(void)
{
	fake_mem.isr = 2;
	fake_mem.handler(fake_mem.arg);
	event_run();
}

void fake_mem_resize(u64 parts)
{
	fake_mem.config.requested = parts * fake_mem.config.subblock_bytes;
	fake_mem.generation++;
	fake_mem_interrupt();
}

struct virtio_mem_state fake_mem_state(void)
{
	struct virtio_mem_state s = { 0 };

	virtio_mem_state(&fake_mem.t, &s);
	return s;
}

void fake_mem_wait(void)
{
	work_time_passes(fake_mem_state().back_off_ms);
	event_run();
}

u64 fake_mem_per_block(void)
{
	return layout.block_bytes / FAKE_MEM_PART;
}

u64 fake_mem_remarks(struct fake_mem_stage *s)
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

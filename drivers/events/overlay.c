// SPDX-License-Identifier: BSD-2-Clause
/* drivers/events/overlay.c - see overlay.h.  One event an overlay, whatever it has of ranges. */
#include <drivers/events/overlay.h>
#include <drivers/fdt/overlay.h>
#include <lib/init.h>
#include <lib/string.h>

enum overlay_state { GONE, ADDING, HERE, REMOVING };

struct overlay {
	struct event event;
	enum overlay_state state;
	overlay_done *done;
};

static struct overlay overlays[OVERLAYS] NOINIT;
static const void *tree; /* of the boot */

static const struct event_source source;

static unsigned id_of(const struct overlay *o)
{
	return (unsigned)(o - overlays) + 1;
}

static struct overlay *overlay_of(unsigned id)
{
	return id && id <= OVERLAYS && overlays[id - 1].state != GONE ? &overlays[id - 1] : NULL;
}

const struct event *overlay_event(unsigned id)
{
	const struct overlay *o = overlay_of(id);

	return o ? &o->event : NULL;
}

static struct overlay *free_place(void)
{
	for (unsigned i = 0; i < OVERLAYS; i++)
		if (overlays[i].state == GONE)
			return &overlays[i];
	return NULL;
}

static void post(struct overlay *o, enum event_op op, overlay_done *done)
{
	o->state = op == EVENT_ADD ? ADDING : REMOVING;
	o->done = done;
	o->event.op = op;
	o->event.here = op == EVENT_REMOVE;
	event_post(&o->event);
}

static void fill(struct event *e, const struct overlay_memory *m)
{
	memset(e, 0, sizeof(*e));
	e->source = &source;
	e->nr_ranges = m->nr;
	for (unsigned i = 0; i < m->nr; i++)
		e->range[i] =
			(struct event_range) { m->range[i].pa, m->range[i].len, m->range[i].node };
}

int overlay_apply(const void *blob, u64 size, overlay_done *done, struct why *why)
{
	struct overlay *o = free_place();
	struct overlay_memory m;
	int err;

	if (!tree)
		return refuse(why, ENODEV, "there is no device tree to apply it to");
	if (!o)
		return refuse(why, ENOMEM, "there are %u already; remove one", OVERLAYS);
	err = fdt_overlay_memory(tree, blob, size, &m, why);
	if (err)
		return err;
	fill(&o->event, &m);
	o->event.cookie = o;
	post(o, EVENT_ADD, done);
	return (int)id_of(o);
}

int overlay_remove(unsigned id, overlay_done *done, struct why *why)
{
	struct overlay *o = overlay_of(id);

	if (!o)
		return refuse(why, ENOENT, "overlay %u is not there", id);
	if (o->state != HERE)
		return refuse(why, EBUSY, "overlay %u is being %s", id,
			      o->state == ADDING ? "added" : "removed");
	post(o, EVENT_REMOVE, done);
	return 0;
}

static int answer(struct event *e, const struct event_answer *a)
{
	struct overlay *o = e->cookie;
	bool here = (o->state == ADDING) == !a->code;

	o->state = here ? HERE : GONE;
	if (o->done)
		o->done(id_of(o), a->code, a->why);
	return EVENT_NO_OST;
}

void overlay_remark(const char *sentence)
{
	event_remark(&source, "refused: %s", sentence);
}

static int init(const void *fdt, struct why *why)
{
	memset(overlays, 0, sizeof(overlays));
	tree = fdt;
	return channel_init(why);
}

static const struct event_source source = {
	.name = "overlay",
	.label = "overlays",
	.init = init,
	.describe = channel_describe,
	.answer = answer,
	.poll = channel_poll,
};
EVENT_SOURCE(overlay, source);

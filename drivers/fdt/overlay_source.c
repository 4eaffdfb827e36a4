/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/fdt/overlay_source.c - device tree overlays at run time; see overlay.h.
 *
 * One event for each overlay, whatever its number of ranges.  Applied overlays form a stack, in the
 * order of their adds.  To decide whether an overlay may be added or removed, the blobs are applied
 * again to a copy of the tree.
 */
#include <drivers/fdt/overlay.h>
#include <drivers/fdt/overlay_source.h>
#include <drivers/memory/pmem.h>
#include <lib/init.h>
#include <lib/string.h>

enum overlay_state { FREE, ADDING, APPLIED, REMOVING };

/* A slot.  answer() calls `done`, once.  `layer` points into `blob`. */
struct overlay {
	struct event event;
	enum overlay_state state;
	overlay_done *done;
	struct overlay_layer layer;
	u8 blob[OVERLAY_BYTES] __attribute__((aligned(8)));
};

static struct overlay overlays[OVERLAYS] NOINIT;
static const struct overlay_layer *stack[OVERLAYS]; /* bottom first */
static unsigned stacked;
static const void *tree; /* the boot's device tree */

static const struct event_source source;

static unsigned id_of(const struct overlay *o)
{
	return (unsigned)(o - overlays) + 1;
}

static struct overlay *overlay_of(unsigned id)
{
	return id && id <= OVERLAYS && overlays[id - 1].state != FREE ? &overlays[id - 1] : NULL;
}

const struct event *overlay_event(unsigned id)
{
	const struct overlay *o = overlay_of(id);

	return o ? &o->event : NULL;
}

static struct overlay *free_place(void)
{
	for (unsigned i = 0; i < OVERLAYS; i++)
		if (overlays[i].state == FREE)
			return &overlays[i];
	return NULL;
}

/* ---- the stack ---- */

static unsigned layer_id(const struct overlay_layer *l)
{
	return id_of(container_of(l, struct overlay, layer));
}

/* Position of an overlay in the stack; `stacked` if it is not in it. */
static unsigned place_of(const struct overlay *o)
{
	unsigned i = 0;

	while (i < stacked && stack[i] != &o->layer)
		i++;
	return i;
}

/* Remove an overlay from the stack; those above it move down. */
static void remove_layer(const struct overlay *o)
{
	unsigned i = place_of(o);

	memmove(&stack[i], &stack[i + 1], (stacked - i - 1) * sizeof(stack[0]));
	stacked--;
}

/* -EBUSY: an overlay is being added or removed; the tree below the next overlay must not change. */
static int check_none_pending(struct why *why)
{
	for (unsigned i = 0; i < OVERLAYS; i++)
		if (overlays[i].state == ADDING || overlays[i].state == REMOVING)
			return refuse(why, EBUSY, "overlay %u is being %s", i + 1,
				      overlays[i].state == ADDING ? "added" : "removed");
	return 0;
}

/* Post the add or removal of an overlay; its state is ADDING or REMOVING until the answer. */
static void overlay_post(struct overlay *o, enum event_op op, overlay_done *done)
{
	o->state = op == EVENT_ADD ? ADDING : REMOVING;
	o->done = done;
	o->event.op = op;
	o->event.here = op == EVENT_REMOVE;
	event_post(&o->event);
}

/* Prepare the event for the memory that the overlay adds. */
static void overlay_fill_event(struct event *e, const struct overlay_memory *m)
{
	memset(e, 0, sizeof(*e));
	e->source = &source;
	e->kind = m->range[0].pmem ? EVENT_DEVICE : EVENT_BLOCKS;
	e->nr_ranges = m->nr;
	for (unsigned i = 0; i < m->nr; i++)
		e->range[i] =
			(struct event_range) { m->range[i].pa, m->range[i].len, m->range[i].node };
}

/* Copy the blob, because the caller may change it, and check the copy on top of the stack. */
static int push_layer(struct overlay *o, const void *blob, u64 size, struct why *why)
{
	memcpy(o->blob, blob, min_u64(size, sizeof(o->blob)));
	o->layer = (struct overlay_layer) { .blob = o->blob, .size = size };
	return fdt_overlay_memory(tree, stack, stacked, &o->layer, why);
}

int overlay_apply(const void *blob, u64 size, overlay_done *done, struct why *why)
{
	struct overlay *o = free_place();
	int err;

	if (!tree)
		return refuse(why, ENODEV, "there is no device tree to apply it to");
	err = check_none_pending(why);
	if (err)
		return err;
	if (!o)
		return refuse(why, ENOMEM, "there are %u overlays already; remove one", OVERLAYS);
	err = push_layer(o, blob, size, why);
	if (err)
		return err;
	stack[stacked++] = &o->layer;
	overlay_fill_event(&o->event, &o->layer.memory);
	o->event.cookie = o;
	overlay_post(o, EVENT_ADD, done);
	return (int)id_of(o);
}

int overlay_remove(unsigned id, overlay_done *done, struct why *why)
{
	struct overlay *o = overlay_of(id);
	int above, err;

	if (!o)
		return refuse(why, ENOENT, "overlay %u does not exist", id);
	err = check_none_pending(why);
	if (err)
		return err;
	above = fdt_overlay_refers(tree, stack, stacked, place_of(o));
	if (above >= 0)
		return refuse(why, EBUSY,
			      "overlay %u refers to overlay %u and must be removed first",
			      layer_id(stack[above]), id);
	overlay_post(o, EVENT_REMOVE, done);
	return 0;
}

/* Slot `answer`: if the overlay was not added, or was removed, remove it from the stack and free
 * its slot. */
static int answer(struct event *e, const struct event_answer *a)
{
	struct overlay *o = e->cookie;
	bool applied = (o->state == ADDING) == !a->code;

	o->state = applied ? APPLIED : FREE;
	if (!applied)
		remove_layer(o);
	if (o->done)
		o->done(id_of(o), a->code, a->why);
	return EVENT_NO_OST;
}

void overlay_remark(const char *sentence)
{
	event_remark(source.name, "refused: %s", sentence);
}

static int init(const void *fdt, struct why *why)
{
	for (unsigned i = 0; i < OVERLAYS; i++)
		memset(&overlays[i], 0, offsetof(struct overlay, blob));
	stacked = 0;
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
	.reserve = PMEM_RESERVE,
};
EVENT_SOURCE(overlay, source);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/overlay_source/main.c - drivers/fdt/overlay_source.h: eight places, a stack in the
 * order of arrival, one change at a time, one answer for each; a refusal changes nothing.
 */
#include <drivers/fdt/overlay.h>
#include <drivers/fdt/overlay_source.h>
#include <drivers/memory/pmem.h>
#include <lib/printf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <want.h>

static const int boot_tree;
static struct overlay_memory adds; /* what the next one adds */
static int is_refused;             /* code of fdt_overlay_memory() */
static int above;                  /* answer of fdt_overlay_refers() */
static unsigned wanted[OVERLAYS],
	wanted_nr; /* the number of each layer of the stack, from the bottom */
static unsigned asked, asked_which, posts, channel_inits;
static struct event *posted;
static u8 blob[OVERLAY_BYTES + 8];
static u64 blob_size;
static char ended[200], remark[80];

/* ---- what the file needs ---- */

/* Each layer's blob has its number. */
static void check_stack(const void *tree, const struct overlay_layer *const *layers, unsigned nr)
{
	WANT(tree == &boot_tree && nr == wanted_nr);
	for (unsigned i = 0; i < nr && i < wanted_nr; i++)
		WANT(*(const u8 *)layers[i]->blob == wanted[i] && layers[i]->memory.nr);
	asked++;
}

int fdt_overlay_memory(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       struct overlay_layer *top, struct why *why)
{
	check_stack(tree, layers, nr);
	WANT(top->size == blob_size && top->blob != blob && !top->memory.nr);
	WANT(((uintptr_t)top->blob & 7) == 0);
	WANT(!memcmp(top->blob, blob, min_u64(blob_size, OVERLAY_BYTES)));
	top->memory = adds;
	return is_refused ? refuse(why, -is_refused, "it is bad") : 0;
}

int fdt_overlay_refers(const void *tree, const struct overlay_layer *const *layers, unsigned nr,
		       unsigned which)
{
	check_stack(tree, layers, nr);
	asked_which = which;
	return above;
}

bool event_post(struct event *e)
{
	WANT(e->source == *__start_reg_events);
	posted = e;
	posts++;
	return true;
}

void event_remark(const char *source, const char *fmt, ...)
{
	size_t at = (size_t)snprintf(remark, sizeof(remark), "%s: ", source);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(remark + at, sizeof(remark) - at, fmt, ap);
	va_end(ap);
}

int channel_init(struct why *why)
{
	channel_inits++;
	return refuse(why, ENODEV, "no channel");
}

void channel_describe(char *buf, size_t size)
{
	snprintf(buf, size, "by channel");
}

void channel_poll(void)
{
}

/* ---- tests ---- */

static const struct event_source *source(void)
{
	return *__start_reg_events;
}

static void done(unsigned id, int code, const char *why)
{
	size_t at = strlen(ended);

	snprintf(ended + at, sizeof(ended) - at, "%u:%d:%s ", id, code, why);
}

static void start(void)
{
	struct why why = { 0 };

	wanted_nr = posts = asked = channel_inits = 0;
	is_refused = 0;
	above = -1;
	adds = (struct overlay_memory) { 1, { { GiB, MiB, 3, false, false } } };
	ended[0] = 0;
	WANT(source()->init(&boot_tree, &why) == -ENODEV && channel_inits == 1);
	WANT_TEXT(why.text, "no channel");
	for (unsigned id = 0; id <= OVERLAYS + 1; id++)
		WANT(!overlay_event(id));
}

static void answers(int code)
{
	const struct event_answer a = { .code = code, .why = code ? "no" : "yes" };
	struct event *e = posted;

	posted = NULL;
	if (e)
		WANT(source()->answer(e, &a) == EVENT_NO_OST);
}

/* Apply blob `n`, whose bytes are that number; the overlay's number, or the error. */
static int apply(unsigned n, struct why *why)
{
	*why = (struct why) { 0 };
	blob_size = 100;
	memset(blob, (int)n, sizeof(blob));
	return overlay_apply(blob, blob_size, done, why);
}

static void comes(unsigned n, unsigned id)
{
	struct why why;

	WANT(apply(n, &why) == (int)id && !why.code);
	wanted[wanted_nr++] = n;
	answers(0);
}

static void goes(unsigned id, unsigned place)
{
	struct why why = { 0 };

	WANT(!overlay_remove(id, done, &why) && !why.code && asked_which == place);
	answers(0);
	wanted_nr--;
	memmove(&wanted[place], &wanted[place + 1], (wanted_nr - place) * sizeof(wanted[0]));
}

static void event_of_an_overlay(void)
{
	const struct event *e;
	struct why why;

	start();
	adds = (struct overlay_memory) {
		4,
		{ { GiB, MiB, 3 }, { 2 * GiB, 2 * MiB, 4 }, { 3 * GiB, 3 * MiB, 5 }, { 7, 8, 9 } }
	};
	WANT(apply(1, &why) == 1);
	e = overlay_event(1);
	WANT(e && e == posted && posts == 1 && e->op == EVENT_ADD && !e->here);
	WANT(e->kind == EVENT_BLOCKS && e->nr_ranges == 4 && !e->brings && !e->subblocks &&
	     !e->surprise);
	for (unsigned i = 0; i < 4; i++)
		WANT(e->range[i].pa == adds.range[i].pa && e->range[i].len == adds.range[i].len &&
		     e->range[i].node == adds.range[i].node);
	answers(0);
	WANT_TEXT(ended, "1:0:yes ");
	wanted[wanted_nr++] = 1;
	adds = (struct overlay_memory) { 1, { { GiB, MiB, 3, false, true } } };
	WANT(apply(2, &why) == 2);
	WANT(posted->kind == EVENT_DEVICE && posted->nr_ranges == 1 && !posted->range[1].len);
	answers(0);
	ended[0] = 0;
	wanted[wanted_nr++] = 2;
	WANT(!overlay_remove(1, done, &why) && posted == e && posts == 3);
	WANT(e->op == EVENT_REMOVE && e->here && e->nr_ranges == 4 && !ended[0]);
	answers(-EBUSY);
	WANT_TEXT(ended, "1:-16:no ");
	WANT(overlay_event(1) == e); /* it is still there */
	WANT(!overlay_remove(1, done, &why));
	answers(0);
	WANT_TEXT(ended, "1:-16:no 1:0:yes ");
	WANT(!overlay_event(1) && overlay_event(2));
	posted = (struct event *)e;
}

static void an_add_that_fails(void)
{
	struct why why;

	start();
	comes(1, 1);
	WANT(apply(2, &why) == 2);
	answers(-ENOMEM);
	WANT_TEXT(ended, "1:0:yes 2:-12:no ");
	WANT(!overlay_event(2) && overlay_event(1));
	comes(3, 2);
	WANT(overlay_remove(3, done, &why) == -ENOENT);
}

/* Those above move down, and a place that became free is the next one's. */
static void the_stack(void)
{
	struct why why;

	start();
	for (unsigned i = 1; i <= OVERLAYS; i++)
		comes(i, i);
	WANT(apply(9, &why) == -ENOMEM && asked == OVERLAYS && posts == OVERLAYS);
	WANT_TEXT(why.text, "there are 8 overlays already; remove one");
	goes(3, 2);
	comes(10, 3);
	goes(1, 0);
	goes(3, 6);
	goes(8, 5);
	goes(5, 2);
	comes(11, 1);
	comes(12, 3);
	goes(12 - 9, 5);
	goes(2, 0);
}

/* Nothing of the boot before is left, in any place. */
static void another_boot(void)
{
	start();
	for (unsigned i = 1; i <= OVERLAYS; i++)
		comes(i, i);
	start();
	comes(1, 1);
}

static void what_is_above(void)
{
	struct why why = { 0 };

	start();
	for (unsigned i = 1; i <= 4; i++)
		comes(i, i);
	goes(2, 1); /* 1, 3, 4 */
	above = 2;
	posts = 0;
	WANT(overlay_remove(3, done, &why) == -EBUSY && asked_which == 1 && !posts);
	WANT_TEXT(why.text, "overlay 4 refers to overlay 3 and must be removed first");
	above = 0;
	WANT(overlay_remove(4, done, &why) == -EBUSY);
	WANT_TEXT(why.text, "overlay 1 refers to overlay 4 and must be removed first");
	above = -1;
	goes(3, 1);
}

static void one_at_a_time(void)
{
	struct why why;

	start();
	comes(1, 1);
	WANT(apply(2, &why) == 2);
	WANT(overlay_event(2) == posted);
	asked = 0;
	WANT(apply(3, &why) == -EBUSY && !asked);
	WANT_TEXT(why.text, "overlay 2 is being added");
	WANT(overlay_remove(1, done, &why) == -EBUSY && !asked);
	WANT_TEXT(why.text, "overlay 2 is being added");
	wanted[wanted_nr++] = 2;
	answers(0);
	WANT(!overlay_remove(1, done, &why));
	asked = 0;
	WANT(apply(3, &why) == -EBUSY && !asked);
	WANT_TEXT(why.text, "overlay 1 is being removed");
	WANT(overlay_remove(2, done, &why) == -EBUSY && !asked);
	WANT_TEXT(why.text, "overlay 1 is being removed");
	answers(0);
	wanted[0] = 2;
	wanted_nr = 1;
	/* in the last place */
	for (unsigned i = 3; i <= 9; i++)
		comes(i, i == 3 ? 1 : i - 1);
	WANT(!overlay_remove(OVERLAYS, done, &why));
	WANT(overlay_remove(1, done, &why) == -EBUSY);
	WANT_TEXT(why.text, "overlay 8 is being removed");
	answers(0);
}

static void what_is_refused(void)
{
	struct why why = { 0 };

	start();
	is_refused = -EPERM;
	WANT(apply(1, &why) == -EPERM && !posts && !overlay_event(1) && !ended[0]);
	WANT_TEXT(why.text, "it is bad");
	is_refused = 0;
	comes(1, 1);
	WANT(overlay_remove(0, done, &why) == -ENOENT);
	WANT_TEXT(why.text, "overlay 0 does not exist");
	WANT(overlay_remove(OVERLAYS, done, &why) == -ENOENT);
	WANT(overlay_remove(OVERLAYS + 1, done, &why) == -ENOENT);
	WANT_TEXT(why.text, "overlay 9 does not exist");
	/* a blob that is too large is not copied whole, and fdt_overlay_memory() refuses it */
	blob_size = sizeof(blob);
	is_refused = -EINVAL;
	WANT(overlay_apply(blob, blob_size, done, &why) == -EINVAL);
	is_refused = 0;
	comes(2, 2);
	/* no channel to inform */
	WANT(!overlay_remove(2, NULL, &why));
	answers(0);
	WANT(!source()->init(NULL, &why) || why.code == -ENODEV);
	posts = asked = 0;
	WANT(apply(1, &why) == -ENODEV && !posts && !asked);
	WANT_TEXT(why.text, "there is no device tree to apply it to");
}

static void the_source(void)
{
	char text[20];

	WANT_TEXT(source()->name, "overlay");
	source()->describe(text, sizeof(text));
	WANT_TEXT(text, "by channel");
	WANT(source()->poll == channel_poll && source()->reserve == PMEM_RESERVE);
	overlay_remark("it is bad");
	WANT_TEXT(remark, "overlay: refused: it is bad");
}

int main(void)
{
	the_source();
	event_of_an_overlay();
	an_add_that_fails();
	the_stack();
	another_boot();
	what_is_above();
	one_at_a_time();
	what_is_refused();
	printf("overlay_source: %u not so\n", want_failed);
	return want_failed != 0;
}

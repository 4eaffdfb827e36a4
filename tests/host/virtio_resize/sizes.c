/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/virtio_resize/sizes.c - the reaction to a size that the device requests: requests,
 * events and works in the order that the head of mem_source_resize.c gives. Four sub-blocks of 32
 * MiB are a block, four blocks the region.
 */
#include <stdlib.h>
#include <string.h>
#include <want.h>

#include "tests.h"

#define CARD (&cards[0])
#define PART (32 * MiB)

/* One event, and the calls that are logged until no work is due. */
struct happens {
	const char *what, *log;
};

static void set_number(const char *key, const char *value)
{
	u64 n = strtoul(value, NULL, 0);
	static u64 parts_were;

	if (!strcmp(key, "want"))
		CARD->config.requested = n * PART;
	else if (!strcmp(key, "usable"))
		CARD->config.usable = n * PART;
	else if (!strcmp(key, "region"))
		CARD->config.region = n * PART;
	else if (!strcmp(key, "config"))
		CARD->config_code = -(int)n;
	else if (!strcmp(key, "node"))
		CARD->config.node = (u16)n;
	else if (!strcmp(key, "inuse"))
		in_use = n;
	else if (!strcmp(key, "expose"))
		expose_fails = (unsigned)n;
	else if (!strcmp(key, "gone"))
		CARD->there[n] = false;
	else if (!strcmp(key, "others"))
		CARD->block[n].subblocks = n ? (void *)&parts_were : NULL;
	else
		WANT(!"a word that is known");
}

/* Words: KEY=NUMBER; reply=LETTERS of the next answers; irq, step (no event is answered), late (the
 * delayed work runs), code=N (the answer to the event). */
static void word(char *w)
{
	char *value = strchr(w, '=');

	if (value)
		*value++ = '\0';
	if (!strcmp(w, "irq"))
		tell(CARD);
	else if (!strcmp(w, "step"))
		works_run(false);
	else if (!strcmp(w, "late"))
		works_run(true);
	else if (!strcmp(w, "code"))
		answer_event(-atoi(value));
	else if (!strcmp(w, "reply"))
		CARD->answers = strdup(value);
	else
		set_number(w, value);
}

static void follow(const char *name, const struct happens *h)
{
	struct why why = { 0 };
	struct virtio_mem_state s;
	char text[100];

	for (; h->what; h++) {
		bool ends = true;

		strcpy(text, h->what);
		for (char *w = strtok(text, " "); w; w = strtok(NULL, " ")) {
			ends = strcmp(w, "step") != 0;
			word(w);
		}
		if (ends)
			settle();
		if (strcmp(fake_note, h->log))
			printf("# %s: %s\n", name, h->what);
		WANT_LOG(h->log);
	}
	if (posted)
		answer_event(0);
	for (unsigned i = 0; i < BLOCKS; i++)
		CARD->there[i] = false;
	WANT(virtio_mem_state(&CARD->t, &s));
	WANT(!virtio_mem_stop(&CARD->t, &why));
}

static void begin(u64 was_plugged)
{
	struct why why = { 0 };

	fake_begin(PART, 4);
	CARD->config.plugged = was_plugged;
	memset(CARD->plugged, was_plugged != 0, was_plugged / PART);
	WANT(!virtio_mem_start(&CARD->t, &why));
	WANT_LOG("look");
}

static const struct happens grows[] = {
	{ "want=6 irq", "plug 0+4; add 0; look; plug 4+2; add 1; look" },
	{ "irq", "look" },
	{ "want=7 irq", "look; plug 6+1; expose 6+1; look" },
	{ "usable=8 want=12 irq", "look; plug 7+1; expose 7+1; look" },
	{ "irq", "look" },
	{ "usable=9 irq", "look; plug 8+1; add 2; look" },
	{ "usable=16 irq", "look; plug 9+3; expose 9+3; look" },
	{ "want=99 irq", "look; plug 12+4; add 3; look" },
	{ NULL, NULL },
};

static const struct happens shrinks[] = {
	{ "want=12 irq", "plug 0+4; add 0; look; plug 4+4; add 1; look; plug 8+4; add 2; look" },
	{ "want=9 irq", "look; conceal 9+3; unplug 9+3; look" },
	{ "want=5 irq", "look; remove 2; unplug 8+1; look; conceal 5+3; unplug 5+3; look" },
	{ "want=6 irq", "look; plug 5+1; expose 5+1; look" },
	{ "want=5 irq", "look; conceal 5+1; unplug 5+1; look" },
	{ "want=8 irq", "look; plug 5+3; expose 5+3; look" },
	{ "want=4 irq", "look; remove 1; unplug 4+4; look" },
	{ "want=0 irq", "look; remove 0; unplug 0+4; look" },
	{ "want=1 irq", "look; plug 0+1; add 0; look" },
	{ NULL, NULL },
};

/* A run that cannot be freed is halved; after a run is freed, the next one is doubled. */
static const struct happens in_use_parts[] = {
	{ "want=8 irq", "plug 0+4; add 0; look; plug 4+4; add 1; look" },
	{ "inuse=0x40 want=6 irq", "look; conceal 6+2!; conceal 7+1; unplug 7+1; conceal 6+1!; "
				   "conceal 5+1; unplug 5+1; look" },
	{ "inuse=0xff want=5 irq",
	  "look; conceal 6+1!; conceal 4+1!; look; conceal 3+1!; conceal 2+1!; conceal 1+1!; "
	  "conceal "
	  "0+1!; look; \"32 MiB are in use and stay; a retry follows\"; retry 1000" },
	{ "late",
	  "conceal 6+1!; conceal 4+1!; look; conceal 3+1!; conceal 2+1!; conceal 1+1!; conceal "
	  "0+1!; look; retry 2000" },
	{ "inuse=0x51 late", "conceal 6+1!; conceal 4+1!; look; conceal 3+1; unplug 3+1; look" },
	{ "want=8 irq", "look; plug 3+1; expose 3+1; look; plug 5+1; expose 5+1; look; plug 7+1; "
			"expose 7+1; look" },
	{ "inuse=0x80 want=5 irq", "look; conceal 5+3!; conceal 7+1!; conceal 6+1; unplug 6+1; "
				   "conceal 4+2; unplug 4+2; look" },
	{ "inuse=0 want=4 irq", "look; remove 1; unplug 7+1; look" },
	{ "want=1 irq", "look; conceal 1+3; unplug 1+3; look" },
	{ "want=3 irq", "look; plug 1+2; expose 1+2; look" },
	{ "inuse=0xe want=1 irq",
	  "look; conceal 1+2!; conceal 2+1!; conceal 1+1!; conceal 0+1; unplug 0+1; look; "
	  "\"32 MiB are in use and stay; a retry follows\"; retry "
	  "1000" },
	{ "inuse=0xf step", "" },
	{ NULL, NULL },
};

/* A removal that is refused: parts leave one by one. */
static const struct happens refused_removals[] = {
	{ "want=8 irq", "plug 0+4; add 0; look; plug 4+4; add 1; look" },
	{ "want=4 irq step", "look; remove 1" },
	{ "irq step", "look" }, /* one event at a time */
	{ "inuse=0x10 code=16",
	  "conceal 4+4!; conceal 6+2; unplug 6+2; conceal 4+2!; conceal 5+1; unplug 5+1; conceal "
	  "4+1!; look; conceal 3+1; unplug 3+1; look" },
	{ "want=8 irq", "look; plug 3+1; expose 3+1; look; plug 5+3; expose 5+3; look" },
	{ "inuse=0 want=4 irq step", "look; remove 1" },
	{ "code=16", "conceal 4+4; unplug 4+4; look" },
	{ "want=3 irq", "look; conceal 3+1; unplug 3+1; look" },
	{ "want=0 irq step", "look; remove 0" },
	{ "code=16", "conceal 0+3; unplug 0+3; look" },
	{ "want=1 irq", "look; plug 0+1; expose 0+1; look" },
	{ "want=0 irq step", "look; remove 0" },
	{ "code=16", "conceal 0+1; unplug 0+1; look" },
	{ NULL, NULL },
};

static const struct happens failed_adds[] = {
	{ "want=6 step", "plug 0+4; add 0" },
	{ "code=12", "unplug 0+4; look" },
	{ "irq", "look" }, /* not until the size changes */
	{ "want=5 irq", "look; plug 0+4; add 0; look; plug 4+1; add 1; look" },
	{ "expose=1 want=7 irq", "look; plug 5+2; expose 5+2!; \"no expose\"; unplug 5+2" },
	{ "irq", "look" },
	{ "expose=1 reply=anb want=8 irq", "look; plug 5+3; expose 5+3!; \"no expose\"; unplug 5+3 "
					   "nack; \"unplug of 0x20a000000+96M: "
					   "the device answered nack\"" },
	{ "reply=b irq", "look; unplug 5+3 busy; retry 1000" },
	{ "late", "unplug 5+3" },
	{ "irq", "look" },
	{ "want=7 irq", "look; plug 5+2; expose 5+2; look" },
	{ NULL, NULL },
};

/* Refused unplugs: parts are used again, or remembered. */
static const struct happens refused_unplugs[] = {
	{ "want=8 irq", "plug 0+4; add 0; look; plug 4+4; add 1; look" },
	{ "reply=n want=6 irq",
	  "look; conceal 6+2; unplug 6+2 nack; \"unplug of 0x20c000000+64M: the "
	  "device answered nack\"; expose 6+2" },
	{ "reply=e irq", "look; conceal 2+2; unplug 2+2 error; expose 2+2" }, /* the block below */
	{ "irq", "look; retry 1000" },
	{ "reply=n expose=1 late", "conceal 6+2; unplug 6+2 nack; expose 6+2!" },
	{ "irq", "look; unplug 6+2" },
	{ "want=5 reply=be irq",
	  "look; conceal 5+1; unplug 5+1 busy; retry 1000; \"unplug of 0x20a000000+32M: the device "
	  "answered busy, a retry follows\"; expose 5+1" },
	{ "late", "conceal 5+1; unplug 5+1 error; expose 5+1" },
	{ "want=4 irq step", "look; remove 1" },
	{ "reply=n code=0",
	  "unplug 4+2 nack; \"unplug of 0x208000000+64M: the device answered nack\"" },
	{ "irq", "look; unplug 4+2" },
	{ NULL, NULL },
};

/* The operator takes a block: its parts are unplugged before anything else is done with it. */
static const struct happens taken_blocks[] = {
	{ "want=7 irq", "plug 0+4; add 0; look; plug 4+3; add 1; look" },
	{ "gone=1 want=8 irq", "look; remove 1; unplug 4+3; look; plug 4+4; add 1; look" },
	{ "gone=1 want=7 irq", "look; remove 1; unplug 4+4; look; plug 4+3; add 1; look" },
	{ "inuse=0x20 want=5 irq", "look; conceal 5+2!; conceal 6+1; unplug 6+1; conceal 5+1!; "
				   "conceal 4+1; unplug 4+1; look" },
	{ "want=7 irq", "look; plug 4+1; expose 4+1; look; plug 6+1; expose 6+1; look" },
	{ "inuse=0x60 want=6 irq",
	  "look; conceal 6+1!; conceal 5+1!; conceal 4+1; unplug 4+1; look" },
	{ "want=5 irq", "look; conceal 6+1!; conceal 5+1!; look; conceal 3+1; unplug 3+1; look" },
	{ "inuse=0x20 want=4 irq", "look; conceal 6+1; unplug 6+1; look" },
	{ "want=6 irq", "look; plug 3+1; expose 3+1; look; plug 4+1; expose 4+1; look" },
	{ "want=7 irq", "look; plug 6+1; expose 6+1; look" },
	{ "inuse=0 want=6 irq", "look; conceal 6+1; unplug 6+1; look" },
	{ "inuse=0x10 want=5 irq", "look; conceal 5+1; unplug 5+1; look" },
	{ "want=7 irq", "look; plug 5+2; expose 5+2; look" },
	{ "inuse=0x20 want=5 irq", "look; conceal 5+2!; conceal 6+1; unplug 6+1; conceal 5+1!; "
				   "conceal 4+1; unplug 4+1; look" },
	{ "want=6 irq", "look; plug 4+1; expose 4+1; look" },
	{ "want=7 irq", "look; plug 6+1; expose 6+1; look" },
	{ "inuse=0 want=4 irq step", "look; remove 1" },
	{ "reply=an code=0", "unplug 4+3; look" },
	{ NULL, NULL },
};

static const struct happens answers[] = {
	{ "reply=n want=4 step",
	  "plug 0+4 nack; \"plug of 0x200000000+128M: the device answered nack\"" },
	{ "reply=n irq", "look; plug 0+4 nack" },
	{ "reply=e want=3 irq",
	  "look; plug 0+3 error; \"plug of 0x200000000+96M: the device answered error\"" },
	{ "reply=b irq", "look; plug 0+3 busy; retry 1000" },
	{ "reply=b late", "plug 0+3 busy; retry 2000" },
	{ "reply=b irq", "look; plug 0+3 busy" }, /* a retry is posted already */
	{ "reply=b late", "plug 0+3 busy; retry 4000" },
	{ "reply=bbbb late", "plug 0+3 busy; retry 8000" },
	{ "late", "plug 0+3 busy; retry 16000" },
	{ "late", "plug 0+3 busy; retry 32000" },
	{ "late", "plug 0+3 busy; retry 32000" },
	{ "late", "plug 0+3; add 0; look" },
	{ "reply=b want=4 irq",
	  "look; plug 3+1 busy; retry 1000; \"plug of 0x206000000+32M: the device "
	  "answered busy, a retry follows\"" },
	{ "reply=b late", "plug 3+1 busy; retry 2000" },
	{ "late", "plug 3+1; expose 3+1; look" },
	{ "config=5 irq", "look; \"no config\"; retry 1000" },
	{ "late", "retry 2000" }, /* reported once */
	{ "config=0 late", "" },
	{ "config=5 irq", "look; \"no config\"; retry 4000" },
	{ NULL, NULL },
};

/* Plugged since an earlier boot: nothing is known of it. */
static const struct happens left_over[] = {
	{ "reply=b want=2 step",
	  "unplug all busy; retry 1000; \"unplug all of 0x200000000+512M: the "
	  "device answered busy, a retry follows\"" },
	{ "reply=n late", "unplug all nack" },
	{ "irq", "look; unplug all; plug 0+2; add 0; look" },
	{ "irq", "look" },
	{ NULL, NULL },
};

/* Faults after which the driver gives the device up: nothing follows, and the memory stays. */
static const struct happens unanswered[] = {
	{ "want=3 irq", "plug 0+3; add 0; look" },
	{ "reply=d want=4 irq", "look; plug 3+1 dead; \"no answer\"" },
	{ "want=2 irq", "look" },
	{ NULL, NULL },
};

static const struct happens short_answer[] = {
	{ "reply=s want=3 irq",
	  "plug 0+3 short; give up; \"virtio-mem: a response of 9 bytes, 10 are "
	  "needed: the device is not used any more\"" },
	{ "want=2 irq", "look" },
	{ NULL, NULL },
};

/* Nothing that was written is no ACK. */
static const struct happens empty_answer[] = {
	{ "reply=z want=3 irq",
	  "plug 0+3 short; give up; \"virtio-mem: a response of 0 bytes, 10 are "
	  "needed: the device is not used any more\"" },
	{ NULL, NULL },
};

/* A block is removed and added again while the block above it remains. */
static const struct happens lower_block[] = {
	{ "want=8 irq", "plug 0+4; add 0; look; plug 4+4; add 1; look" },
	{ "inuse=0xf0 want=4 irq step", "look; remove 1" },
	{ "code=16 step", "conceal 4+4!; conceal 6+2!; conceal 7+1!; conceal 6+1!; conceal 5+1!; "
			  "conceal 4+1!; look; remove 0" },
	{ "code=0", "unplug 0+4; look" },
	{ "want=6 irq", "look; plug 0+2; add 0; look" },
	{ NULL, NULL },
};

/* A block that was tried is left alone: the next block below it is used. */
static const struct happens upper_block[] = {
	{ "want=16 irq",
	  "plug 0+4; add 0; look; plug 4+4; add 1; look; plug 8+4; add 2; look; plug "
	  "12+4; add 3; look" },
	{ "inuse=0xf000 want=14 irq",
	  "look; conceal 14+2!; conceal 15+1!; conceal 14+1!; conceal 13+1!; conceal 12+1!; look; "
	  "conceal 10+2; unplug 10+2; look" },
	{ NULL, NULL },
};

/* Another size is tried again soon. */
static const struct happens back_off[] = {
	{ "reply=b want=4 step",
	  "plug 0+4 busy; retry 1000; \"plug of 0x200000000+128M: the device "
	  "answered busy, a retry follows\"" },
	{ "reply=b late", "plug 0+4 busy; retry 2000" },
	{ "reply=b want=3 late", "plug 0+3 busy; retry 1000; \"plug of 0x200000000+96M: the device "
				 "answered busy, a retry follows\"" },
	{ NULL, NULL },
};

static const struct happens no_such_answer[] = {
	{ "want=3 irq", "plug 0+3; add 0; look" },
	{ "reply=x want=2 irq",
	  "look; conceal 2+1; unplug 2+1 x; give up; \"virtio-mem: unknown response 4, state 0: "
	  "the device is not used any more\"; expose 2+1" },
	{ "irq", "look" },
	{ NULL, NULL },
};

static const struct happens another_device[] = {
	{ "want=3 irq", "plug 0+3; add 0; look" },
	{ "node=2 want=4 irq", "look; \"virtio-mem: 0x200000000+512M in sub-blocks of 0x2000000 "
			       "became 0x200000000+512M in "
			       "sub-blocks of 0x2000000: it is not used any more\"; give up" },
	{ "node=0 irq", "look" },
	{ NULL, NULL },
};

static const struct happens another_region[] = {
	{ "region=12 want=4 step",
	  "\"virtio-mem: 0x200000000+512M in sub-blocks of 0x2000000 became "
	  "0x200000000+384M in sub-blocks of "
	  "0x2000000: it is not used any more\"; give up" },
	{ "region=16 irq", "look" },
	{ NULL, NULL },
};

void sizes_tests(void)
{
	static const struct {
		const char *name;
		const struct happens *h;
		u64 was_plugged;
	} rows[] = {
		{ "grows", grows, 0 },
		{ "shrinks", shrinks, 0 },
		{ "in_use_parts", in_use_parts, 0 },
		{ "refused_removals", refused_removals, 0 },
		{ "failed_adds", failed_adds, 0 },
		{ "refused_unplugs", refused_unplugs, 0 },
		{ "taken_blocks", taken_blocks, 0 },
		{ "answers", answers, 0 },
		{ "left_over", left_over, 2 * PART },
		{ "unanswered", unanswered, 0 },
		{ "short_answer", short_answer, 0 },
		{ "empty_answer", empty_answer, 0 },
		{ "lower_block", lower_block, 0 },
		{ "upper_block", upper_block, 0 },
		{ "back_off", back_off, 0 },
		{ "another_region", another_region, 0 },
		{ "no_such_answer", no_such_answer, 0 },
		{ "another_device", another_device, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(rows[i].was_plugged);
		follow(rows[i].name, rows[i].h);
	}
}

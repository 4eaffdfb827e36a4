/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/changes/small.c - mm/hotplug/subsection_change.c: the calls and sentences of an add
 * and a removal of sub-sections, and the ranges registered afterwards (mm/hotplug/subsection.h).
 */
#include "fake.h"
#include <lib/printf.h>
#include <want.h>

static struct why why;
static struct hotplug_report report;

/* The registered ranges as text: "4+4 host*; 8+2 device". */
static const char *registered(void)
{
	static char text[200];
	size_t n = 0;

	text[0] = 0;
	for (unsigned i = 0; subsection_nth(i); i++) {
		const struct subsection_range *r = subsection_nth(i);

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%lu+%lu %s%s", i ? "; " : "",
				      (r->pfn * PAGE - BASE) / UNIT, r->nr * PAGE / UNIT,
				      r->memmap->s.name, r->leaves ? "*" : "");
		WANT(r->node == 3);
	}
	return text;
}

static void begin(void)
{
	fake_begin();
	memset(&report, 0, sizeof(report));
	memset(&why, 0, sizeof(why));
	while (subsection_nth(0))
		subsection_cut(subsection_nth(0)->pfn, subsection_nth(0)->nr);
}

/* Refuses the first call of that name; "room": the registry is full. */
static void refuse_call(const char *name)
{
	fake.refused = name;
	fake.no_room = name && !strcmp(name, "room");
}

static bool is_told(u64 cost, unsigned units)
{
	return report.cost == cost && report.pages == units * UNIT / PAGE;
}

/* ---- adds, of 4+4 ---- */
struct add {
	struct hotplug_opts opts;
	const char *calls, *registered, *refused;
	int err;
	const char *text;
	bool by_default;
};

#define CHECKED "span 4+4; lock; absent 4+4; withheld 4+4; may-add 4+4; "
#define ACTED "start; plan 4+4; act 4+4; stop; added 4+4; unlock"

static const struct add adds[] = {
	{ { .memmap = &host }, CHECKED ACTED, "4+4 host" },
	{ { .memmap = &device, .leaves = true }, CHECKED ACTED, "4+4 device*" },
	{ { 0 }, CHECKED ACTED, "4+4 host", .by_default = true },
	{ { .memmap = &host, .anywhere = true },
	  "span 4+4; lock; absent 4+4; may-add 4+4; " ACTED,
	  "4+4 host" },
	{ { .memmap = &host }, "span 4+4!", "", "span", -EBUSY, "no span" },
	{ { .memmap = &host }, "span 4+4; lock!", "", "lock", -EBUSY, "no lock" },
	{ { .memmap = &host },
	  "span 4+4; lock; absent 4+4!; start; unlock",
	  "",
	  "absent",
	  -EBUSY,
	  "no absent" },
	{ { .memmap = &host, .anywhere = true },
	  "span 4+4; lock; absent 4+4!; start; unlock",
	  "",
	  "absent",
	  -EBUSY,
	  "no absent" },
	{ { .memmap = &host },
	  "span 4+4; lock; absent 4+4; withheld 4+4!; start; unlock",
	  "",
	  "withheld",
	  -EBUSY,
	  "no withheld" },
	{ { .memmap = &host },
	  "span 4+4; lock; absent 4+4; withheld 4+4; may-add 4+4!; start; unlock",
	  "",
	  "may-add",
	  -EBUSY,
	  "no may-add" },
	{ { .memmap = &host }, CHECKED "start; unlock", "", "room", -ENOMEM },
	{ { .memmap = &host }, CHECKED "start; plan 4+4!; unlock", "", "plan", -EBUSY, "no plan" },
};

static void check_add(const struct add *a, bool reported)
{
	int err;

	begin();
	refuse_call(a->refused);
	err = subsection_add(fake_pa(4), 4 * UNIT, 3, a->by_default ? NULL : &a->opts,
			     reported ? &report : NULL, &why);
	WANT(err == a->err && !fake.lock);
	WANT_TEXT(fake.calls, a->calls);
	WANT_TEXT(registered(), a->registered);
	if (a->text)
		WANT_TEXT(why.text, a->text);
	if (!err && reported)
		WANT(is_told(5, 4));
}

/* ---- removals ---- */
struct removal {
	u8 at, n;
	const char *parts; /* the parts that are passed to the plan; NULL: refused before */
	const char *registered, *refused;
	int err;
	const char *text;
};

#define THERE "4+4 host; 8+2 device; 10+4 host*; 18+2 device"

static const struct removal removals[] = {
	{ 4, 4, "host to 8", "8+2 device; 10+4 host*; 18+2 device" },
	{ 4, 1, "host to 8", "5+3 host; 8+2 device; 10+4 host*; 18+2 device" },
	{ 7, 1, "host to 8", "4+3 host; 8+2 device; 10+4 host*; 18+2 device" },
	{ 5, 2, "host to 8", "4+1 host; 7+1 host; 8+2 device; 10+4 host*; 18+2 device" },
	{ 8, 2, "device to 10", "4+4 host; 10+4 host*; 18+2 device" },
	{ 10, 4, "host* to 14", "4+4 host; 8+2 device; 18+2 device" },
	{ 6, 5, "host to 8; device to 10; host* to 14", "4+2 host; 11+3 host*; 18+2 device" },
	{ 4, 10, "host to 8; device to 10; host* to 14", "18+2 device" },
	{ 18, 2, "device to 20", "4+4 host; 8+2 device; 10+4 host*" },

	/* a full registry refuses only a removal that splits a range */
	{ 4, 1, "host to 8", "5+3 host; 8+2 device; 10+4 host*; 18+2 device", "room" },
	{ 7, 1, "host to 8", "4+3 host; 8+2 device; 10+4 host*; 18+2 device", "room" },
	{ 4, 4, "host to 8", "8+2 device; 10+4 host*; 18+2 device", "room" },
	{ 6, 5, "host to 8; device to 10; host* to 14", "4+2 host; 11+3 host*; 18+2 device",
	  "room" },
	{ 5, 2, NULL, THERE, "room", -ENOMEM },
	{ 5, 1, NULL, THERE, "room", -ENOMEM },

	/* a part of a range added with memmap=device */
	{ 8, 1, NULL, THERE, NULL, -EBUSY,
	  "0x81000000+4M was added with memmap=device: its front holds the memmap of all, so it is "
	  "removed as "
	  "a whole" },
	{ 9, 2, NULL, THERE, NULL, -EBUSY,
	  "0x81000000+4M was added with memmap=device: its front holds the memmap of all, so it is "
	  "removed as "
	  "a whole" },
	{ 4, 5, NULL, THERE, NULL, -EBUSY,
	  "0x81000000+4M was added with memmap=device: its front holds the memmap of all, so it is "
	  "removed as "
	  "a whole" },

	/* absent sub-sections */
	{ 3, 2, NULL, THERE, NULL, -ENXIO,
	  "0x80600000+4M: the sub-section at 0x80600000 is not there" },
	{ 12, 4, NULL, THERE, NULL, -ENXIO,
	  "0x81800000+8M: the sub-section at 0x81c00000 is not there" },
	{ 14, 1, NULL, THERE, NULL, -ENXIO,
	  "0x81c00000+2M: the sub-section at 0x81c00000 is not there" },
	{ 24, 1, NULL, THERE, NULL, -EINVAL,
	  "0x83000000+2M: block 131 was added as a whole and is removed as a whole" },

	/* a called function refuses */
	{ 4, 4, NULL, THERE, "span", -EBUSY, "no span" },
	{ 4, 4, NULL, THERE, "leave", -EBUSY, "no leave" },
	{ 4, 4, NULL, THERE, "may-remove", -EBUSY, "no may-remove" },
	{ 4, 4, "host to 8", THERE, "unplan", -EBUSY, "no unplan" },
};

static void put(unsigned at, unsigned n, const struct memmap_scheme *memmap, bool leaves)
{
	subsection_insert((struct subsection_range) { .pfn = fake_pa(at) / PAGE,
						      .nr = n * UNIT / PAGE,
						      .memmap = memmap,
						      .node = 3,
						      .leaves = leaves });
}

static bool is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static void wanted_calls(const struct removal *r, char *text, size_t size)
{
	char range[20];

	snprintf(range, sizeof(range), "%u+%u", r->at, r->n);
	if (is(r->refused, "span"))
		snprintf(text, size, "span %s!", range);
	else if (is(r->refused, "leave"))
		snprintf(text, size, "span %s; leave!", range);
	else if (is(r->refused, "may-remove"))
		snprintf(text, size, "span %s; leave; may-remove %s!; unlock", range, range);
	else if (is(r->refused, "unplan"))
		snprintf(text, size, "span %s; leave; may-remove %s; %s; unplan %s!; unlock", range,
			 range, r->parts, range);
	else if (r->parts)
		snprintf(text, size,
			 "span %s; leave; may-remove %s; %s; unplan %s; unmap %s; removed %s; "
			 "unlock",
			 range, range, r->parts, range, range, range);
	else
		snprintf(text, size, "span %s; leave; %s%s%sunlock", range,
			 r->refused ? "may-remove " : "", r->refused ? range : "",
			 r->refused ? "; " : "");
}

static void check_removal(const struct removal *r, bool reported)
{
	static const struct hotplug_opts opts = { .leaf = 5 };
	char calls[300];
	int err;

	begin();
	put(4, 4, &host, false);
	put(8, 2, &device, false);
	put(10, 4, &host, true);
	put(18, 2, &device, false);
	fake.blocks[3].state = BLOCK_OFFLINE;
	refuse_call(r->refused);
	err = subsection_remove(fake_pa(r->at), r->n * UNIT, &opts, reported ? &report : NULL,
				&why);
	WANT(err == r->err && !fake.lock);
	wanted_calls(r, calls, sizeof(calls));
	WANT_TEXT(fake.calls, calls);
	WANT_TEXT(registered(), r->registered);
	if (r->text)
		WANT_TEXT(why.text, r->text);
	if (!is(r->refused, "span"))
		WANT(fake.opts.leaf == opts.leaf);
	if (!err && reported)
		WANT(is_told(6, r->n));
}

/* The refusal to remove an absent sub-section names the state of its block. */
static void check_owners(void)
{
	static const struct {
		struct block b;
		int err;
		const char *text;
	} rows[] = {
		{ { .state = BLOCK_ONLINE, .boot = true },
		  -EPERM,
		  "0x82400000+6M: block 130 is boot memory" },
		{ { .state = BLOCK_ONLINE, .boot = true, .partial = true },
		  -EPERM,
		  "0x82400000+6M: block 130 is boot memory, and only partly" },
		{ { .state = BLOCK_OFFLINE },
		  -EINVAL,
		  "0x82400000+6M: block 130 was added as a whole and is removed as a whole" },
		{ { .state = BLOCK_ABSENT },
		  -ENXIO,
		  "0x82400000+6M: the sub-section at 0x82400000 is not there" },
		{ { .state = BLOCK_ABSENT, .held = true },
		  -ENXIO,
		  "0x82400000+6M: the sub-section at 0x82400000 is not there" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		fake.blocks[2] = rows[i].b;
		WANT(subsection_remove(fake_pa(18), 3 * UNIT, NULL, NULL, &why) == rows[i].err);
		WANT_TEXT(why.text, rows[i].text);
		WANT_TEXT(fake.calls, "span 18+3; leave; unlock");
	}
	begin();
}

void subsection_tests(void)
{
	for (unsigned reported = 0; reported < 2; reported++) {
		for (unsigned i = 0; i < ARRAY_SIZE(adds); i++)
			check_add(&adds[i], reported);
		for (unsigned i = 0; i < ARRAY_SIZE(removals); i++)
			check_removal(&removals[i], reported);
	}
	check_owners();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/event_act/main.c - the calls that an event makes and undoes (mm/hotplug/event.h): all
 * ranges or none, by the policy of its source; after a refusal the state is unchanged.
 */
#include "fake.h"
#include <acts.h>
#include <mm/page/region.h>
#include <string.h>
#include <want.h>

static unsigned begun;

static void begin(const struct event *e)
{
	(void)e;
	begun++;
	WANT(!fake.changes); /* the device is notified before any memory is offlined */
}

static const struct event_source
	plain = { .name = "plain", .begin = begin },
	bus = { .name = "bus", .begin = begin, .in_window = true, .leaves = true },
	kept = { .name = "kept", .memmap = "device", .reserve = 4096, .leaves = true };

struct row {
	const char *name;
	/* The event and the faults | blocks before | calls | blocks afterwards | the answer.  The
	 * letters are those of fake.h. */
	const char *text;
};

static const struct row blocks[] = {
	{ "one range",
	  "add 1+2@3 | ........ | add 1+2@3; online 1+2M | .MM..... | online as Movable, "
	  "memmap=block" },
	{ "three ranges that a device brings",
	  "add 1+1 3+2@1 7+1@7 brings | ........ | arrive 1+1@0; add 1+1@0; online 1+1M; "
	  "arrive 3+2@1; add 3+2@1; online 3+2M; arrive 7+1@7; add 7+1@7; online 7+1M | "
	  ".M.MM..M | online as Movable, memmap=block" },
	{ "to zone Normal, by the policy",
	  "add 0+1 memmap=host online=normal | ........ | add 0+1@0; online 0+1N | N....... | "
	  "online as Normal, memmap=host" },
	{ "left offline, by the policy",
	  "add 0+1 online=no | ........ | add 0+1@0 | f....... | left offline, memmap=block" },
	{ "memmap of the source",
	  "add 0+1 of=kept | ........ | add 0+1@0; online 0+1M | M....... | online as Movable, "
	  "memmap=device" },
	{ "an unknown scheme",
	  "add 0+1 memmap=foo | ........ |  | ........ | -EINVAL: memmap=foo: unknown" },
	{ "the second add is refused",
	  "add 1+2 4+1 brings fails=2 | ........ | arrive 1+2@0; add 1+2@0; online 1+2M; "
	  "arrive 4+1@0; add 4+1@0!; depart 4+1; offline 1+2; remove 1+2; depart 1+2 | "
	  "........ | -ENOMEM: no add" },
	{ "the third online is refused",
	  "add 1+2 4+1 5+1 fails=5 | ........ | add 1+2@0; online 1+2M; add 4+1@0; online "
	  "4+1M; add 5+1@0; online 5+1M!; remove 5+1; offline 4+1; remove 4+1; offline 1+2; "
	  "remove 1+2 | ........ | -EBUSY: no online" },
	{ "a range that cannot be removed again stays in the registry",
	  "add 1+2 4+1 brings fails=2 fails=3 fails=4 | ........ | arrive 1+2@0; add 1+2@0; "
	  "online 1+2M; arrive 4+1@0; add 4+1@0!; depart 4+1; offline 1+2!; remove 1+2! | "
	  ".MM..... | -ENOMEM: no add" },
	{ "over registers",
	  "add 1+2 brings claim=2+1:registers | ........ |  | ........ | -EEXIST: the memory "
	  "at 0x48000000 overlaps registers of it" },
	{ "beside registers",
	  "add 1+2 brings claim=0+1:registers | ........ | arrive 1+2@0; add 1+2@0; online 1+2M | "
	  ".MM..... | online as Movable, memmap=block" },
	{ "beside a window",
	  "add 1+2 brings claim=0+1:window | ........ | arrive 1+2@0; add 1+2@0; online 1+2M | "
	  ".MM..... | online as Movable, memmap=block" },
	{ "over memory that firmware keeps",
	  "add 1+2 brings claim=2+1:kept | ........ |  | ........ | -EEXIST: the memory at "
	  "0x48000000 overlaps registers of it" },
	{ "over memory that is described as persistent",
	  "add 1+2 brings claim=2+1:pmem | ........ |  | ........ | -EEXIST: the memory at "
	  "0x48000000 overlaps registers of it" },
	{ "in a window of another bus",
	  "add 1+2 brings claim=0+8:window | ........ |  | ........ | -EEXIST: the memory at "
	  "0x48000000 overlaps registers of it" },
	{ "in the window of its bus",
	  "add 1+2 brings of=bus claim=0+8:window | ........ | arrive 1+2@0; add 1+2@0; online "
	  "1+2M | .MM..... | online as Movable, memmap=block" },
	{ "of this machine: its registers were checked before",
	  "add 1+2 claim=1+1:registers | ........ | add 1+2@0; online 1+2M | .MM..... | online "
	  "as Movable, memmap=block" },
	{ "of a node that does not exist",
	  "add 1+2@8 brings | ........ |  | ........ | -EINVAL: node 8: there are nodes 0 to 7" },
	{ "a part of an add",
	  "remove 1+2 adds=abccdefg | ..MM.... |  | ..MM.... | -EINVAL: block 10 was added with "
	  "0x50000000+256M: only all of it can be removed" },
	{ "a range is removed",
	  "remove 2+2 adds=abccdefg | ..MM.... | offline 2+2; remove 2+2; release 2+2 | "
	  "........ | removed, 6 pages migrated" },
	{ "two ranges are removed, some blocks are offline, some were removed by hand",
	  "remove 0+4 4+4 brings adds=aaaabbbb | MfM.fNN. | offline 0+1; offline 2+1; offline "
	  "5+2; remove 0+3; release 0+4; depart 0+4; remove 4+3; release 4+4; depart 4+4 | "
	  "........ | removed, 12 pages migrated" },
	{ "nothing is online",
	  "remove 0+2 lost adds=aabcdefg | ff...... | remove 0+2lost; release 0+2 | ........ | "
	  "removed, 0 pages migrated" },
	{ "blocks between others",
	  "remove 2+3 adds=aabbbccc | MMMMMMMM | offline 2+3; remove 2+3; release 2+3 | "
	  "MM...MMM | removed, 9 pages migrated" },
	{ "four ranges, and the last removal is refused",
	  "remove 0+1 1+1 2+1 3+1 fails=7 uncached | NMNM.... | offline 0+1; offline 1+1; offline "
	  "2+1; "
	  "offline 3+1; remove 0+1; release 0+1; remove 1+1; release 1+1; remove 2+1; "
	  "release 2+1; remove 3+1!; add 2+1@0; online 2+1M; add 1+1@0; online 1+1M; add 0+1@0; "
	  "online 0+1M; online 3+1M | MMMM.... | -EBUSY: no remove" },
	{ "an offline is refused: blocks that were offline before stay offline",
	  "remove 0+4 5+2 fails=2 adds=aaaabccd | MfN..MM. | offline 0+1; offline 2+1; offline "
	  "5+2!; online 0+1M; online 2+1N | MfN..MM. | -EBUSY: no offline" },
	{ "marked for another request: offline blocks stay offline",
	  "remove 0+2 fails=0 marked=1 marked=2 adds=aabcdefg | Mff..... | offline 0+1! | "
	  "Mff..... | -EBUSY: no offline" },
	{ "a block cannot be brought online again",
	  "remove 0+3 fails=1 fails=2 adds=aaabcdef | MfN..... | offline 0+1; offline 2+1!; "
	  "online 0+1M! | ffN..... | -EBUSY: block 8 stays offline: it could not be brought online "
	  "again" },
	{ "the second removal is refused",
	  "remove 0+2@1 2+1@2 3+1 brings fails=4 adds=aabcdefg | MMNM.... | offline 0+2; "
	  "offline 2+1; offline 3+1; remove 0+2; release 0+2; depart 0+2; remove 2+1!; arrive "
	  "0+2@1; add 0+2@1; online 0+2M; online 2+1N; online 3+1M | MMNM.... | -EBUSY: no "
	  "remove" },
	{ "the third removal is refused: two are undone",
	  "remove 0+1 1+1 2+1 fails=5 | MMM..... | offline 0+1; offline 1+1; offline 2+1; "
	  "remove 0+1; release 0+1; remove 1+1; release 1+1; remove 2+1!; add 1+1@0; online "
	  "1+1M; add 0+1@0; online 0+1M; online 2+1M | MMM..... | -EBUSY: no remove" },
	{ "it holds memmap of other blocks: the blocks are removed, and the memory stays",
	  "remove 0+1 brings stays | M....... | offline 0+1; remove 0+1; release 0+1 | "
	  "........ | -EBUSY: kept" },
	{ "of another source",
	  "remove 0+1 1+2 owner=ssxsssss adds=abbcdefg | MMM..... |  | MMM..... | -EPERM: "
	  "block 10 was not added by plain" },
	{ "boot memory",
	  "remove 0+1 owner=Bsssssss | N....... |  | N....... | -EPERM: block 8 is boot memory" },
	{ "nothing is there",
	  "remove 3+2 | MM...... |  | MM...... | -ENXIO: block 11 is not there" },
	{ "removed by hand",
	  "remove 3+2 brings here | MM...... | release 3+2; depart 3+2 | MM...... | removed, 0 "
	  "pages migrated" },
	{ "beyond the linear map",
	  "remove 6+2 adds=abcdefgg less | ......MM |  | ......MM | -ERANGE: 0x70000000+256M "
	  "is beyond what the linear map reaches" },
};

static const struct row small[] = {
	{ "they come",
	  "add 1+2@5 | ........ | small 1+2@5 | .MM..... | by sub-sections, in no zone, "
	  "memmap=block" },
	{ "the second add is refused",
	  "add 1+2 4+1 brings fails=1 | ........ | arrive 1+2@0; small 1+2@0; arrive 4+1@0; "
	  "small 4+1@0!; depart 4+1; unsmall 1+2; release 1+2; depart 1+2 | ........ | "
	  "-ENOMEM: no sub-sections" },
	{ "they are removed, and their neighbours stay",
	  "remove 2+3 | MMM.MMMM | unsmall 2+1; unsmall 4+1; release 2+3 | MM...MMM | removed, "
	  "0 pages migrated" },
	{ "a removal is refused",
	  "remove 2+3 fails=1 | ..M.M... | unsmall 2+1; unsmall 4+1! | ....M... | -EBUSY: no "
	  "removal" },
	{ "none is there",
	  "remove 2+3 | MM...MMM |  | MM...MMM | -ENXIO: no sub-section of 0x50000000+384M is "
	  "there" },
	{ "removed by hand",
	  "remove 2+3 here | MM...MMM | release 2+3 | MM...MMM | removed, 0 pages migrated" },
	{ "others were added in their place",
	  "remove 2+3 stays | ..MM.... | unsmall 2+2; release 2+3 | ........ | -EBUSY: kept" },
};

static const struct row devices[] = {
	{ "it comes",
	  "add 1+2@5 | ........ | device 1+2@5 | .MM..... | as device memory, in no zone, "
	  "memmap=host" },
	{ "of a bus",
	  "add 1+1 brings of=bus uncached | ........ | arrive 1+1@0; device 1+1@0 | .M...... | "
	  "as device memory, not cacheable, in no zone, memmap=host" },
	{ "its memory is described as such",
	  "add 1+2 brings claim=1+2:pmem | ........ | arrive 1+2@0; device 1+2@0 | .MM..... | "
	  "as device memory, in no zone, memmap=host" },
	{ "over registers",
	  "add 1+2 brings claim=1+2:registers | ........ |  | ........ | -EEXIST: the memory "
	  "at 0x48000000 overlaps registers of it" },
	{ "it holds its struct pages",
	  "add 1+2 of=kept data=2M | ........ | device 1+2@0 | .MM..... | as device memory, "
	  "in no zone, memmap=device, data from 0x48200000" },
	{ "the second add is refused",
	  "add 1+2 4+1 fails=1 | ........ | device 1+2@0; device 4+1@0!; undevice 1+2 | "
	  "........ | -ENOMEM: no device memory" },
	{ "it goes",
	  "remove 1+2 brings | .MM..... | undevice 1+2; depart 1+2 | ........ | removed, 0 "
	  "pages migrated" },
	{ "the second removal is refused",
	  "remove 1+2 4+1@2 brings fails=1 | .MM.M... | undevice 1+2; depart 1+2; undevice "
	  "4+1!; arrive 1+2@0; device 1+2@0 | .MM.M... | -EBUSY: no removal" },
	{ "a part of it",
	  "remove 1+1 | .MM..... |  | .MM..... | -EINVAL: it was added with 0x48000000+256M: only "
	  "all of it can be removed" },
	{ "the end of it",
	  "remove 2+1 | .MM..... |  | .MM..... | -EINVAL: it was added with 0x48000000+256M: only "
	  "all of it can be removed" },
	{ "of another",
	  "remove 1+2 owner=xxxxxxxx | .MM..... |  | .MM..... | -EPERM: the device range "
	  "0x48000000+256M was not added by plain" },
	{ "nothing is there",
	  "remove 1+2 | ...M.... |  | ...M.... | -ENXIO: no device range of 0x48000000+256M is "
	  "there" },
	{ "removed by hand",
	  "remove 1+2 brings here | ...M.... | release 1+2; depart 1+2 | ...M.... | removed, 0 "
	  "pages migrated" },
	{ "other memory is there",
	  "remove 1+2 here stays | ........ | release 1+2 | ........ | -EBUSY: kept" },
};

enum { HOW, BEFORE, ASKED, AFTER, SAYS, FIELDS };

static void flag(struct event *e, const char *word)
{
	e->op = !strcmp(word, "remove") ? EVENT_REMOVE : e->op;
	e->brings |= !strcmp(word, "brings");
	e->here |= !strcmp(word, "here");
	e->surprise |= !strcmp(word, "lost");
	e->uncached |= !strcmp(word, "uncached");
	fake.mapped_less |= !strcmp(word, "less");
	fake.kept |= !strcmp(word, "stays");
	if (!strcmp(word, "of=bus"))
		e->source = &bus;
	if (!strcmp(word, "of=kept"))
		e->source = &kept;
}

static unsigned claim_kind(const char *kind)
{
	return !strcmp(kind, "registers") ? CLAIM_REGISTERS
	       : !strcmp(kind, "kept")    ? CLAIM_KEPT
	       : !strcmp(kind, "pmem")    ? CLAIM_PMEM
					  : CLAIM_WINDOW;
}

static void value(struct event *e, const char *word)
{
	int first, nr, node = 0;
	char kind[16];

	if (sscanf(word, "%d+%d@%d", &first, &nr, &node) >= 2)
		e->range[e->nr_ranges++] = units(first, nr, (unsigned)node);
	else if (sscanf(word, "fails=%d", &nr) == 1)
		fake.fails |= BIT(nr);
	else if (sscanf(word, "claim=%d+%d:%15s", &first, &nr, kind) == 3)
		fake.claim = (struct claimed) { first, nr, claim_kind(kind), "it" };
	else if (sscanf(word, "marked=%d", &nr) == 1)
		fake_mark(nr);
	else if (sscanf(word, "data=%dM", &nr) == 1)
		fake.data = (u64)nr * MiB;
	else if (sscanf(word, "owner=%8s", fake.owner) != 1 &&
		 sscanf(word, "adds=%8s", fake.came) != 1 &&
		 sscanf(word, "memmap=%15s", fake.memmap) != 1 &&
		 sscanf(word, "online=%15s", fake.online) != 1)
		flag(e, word);
}

static void prepare(char *how, const char *before, enum event_kind kind, struct event *e)
{
	fake_begin();
	*e = (struct event) { .source = &plain, .kind = kind };
	strcpy(fake.state, before);
	for (char *word = strtok(how, " "); word; word = strtok(NULL, " "))
		value(e, word);
	for (unsigned i = e->nr_ranges; i < EVENT_RANGES; i++)
		e->range[i] = units(0, UNITS, 1); /* no range of the event */
	fake_source = e->source;
	begun = 0;
}

static void check_row(const struct row *r, enum event_kind kind)
{
	unsigned failed = want_failed;
	char field[FIELDS][320], text[80] = "", said[200];
	struct hotplug_report report = { .moved_pages = 99 };
	struct why why = { 0 };
	struct event e;
	u64 moved;
	int code;

	acts_fields(r->text, field[0], FIELDS, sizeof(field[0]));
	prepare(field[HOW], field[BEFORE], kind, &e);
	code = e.op == EVENT_ADD ? event_add(&e, &report, text, sizeof(text), &why)
				 : event_remove(&e, &report, text, sizeof(text), &why);
	snprintf(said, sizeof(said), "%s%s%s", code ? err_name(code) : "", code ? ": " : "",
		 code ? why.text : text);
	WANT_TEXT(said, field[SAYS]);
	WANT(why.code == code);
	if (sscanf(text, "removed, %lu", &moved) == 1)
		WANT(report.moved_pages == moved);
	WANT_TEXT(fake.asked, field[ASKED]);
	WANT_TEXT(fake.state, field[AFTER]);
	WANT(begun == (e.op == EVENT_REMOVE && (!code || fake.changes)));
	if (failed != want_failed)
		printf("#   kind %d, %s\n", kind, r->name);
}

/* The event and its source determine the options under which memory is added. */
static void check_options(bool brings, const struct event_source *s)
{
	static const char parts; /* never read */
	bool leaves = brings && s == &kept;
	struct hotplug_report report;
	char how[] = "add 1+2", again[] = "add 1+2", text[80];
	struct event e;

	prepare(how, "........", EVENT_BLOCKS, &e);
	e.source = fake_source = s;
	e.brings = brings;
	e.subblocks = (const struct subblock_map *)&parts;
	WANT(!event_add(&e, &report, text, sizeof(text), NULL));
	WANT(fake.opts.subblocks == e.subblocks && fake.opts.owner == s);
	WANT(fake.opts.leaves == leaves);
	WANT_TEXT(fake.opts.memmap->s.name, s == &kept ? "device" : "block");
	prepare(again, "........", EVENT_DEVICE, &e);
	e.source = fake_source = s;
	e.brings = brings;
	e.uncached = !leaves;
	WANT(!event_add(&e, &report, text, sizeof(text), NULL));
	WANT(fake.dev_opts.owner == s && fake.dev_opts.reserve == s->reserve);
	WANT(fake.dev_opts.leaves == leaves && fake.dev_opts.uncached == !leaves);
	WANT_TEXT(fake.dev_opts.memmap->s.name, s == &kept ? "device" : "host");
}

/* Ranges that no add can have created. */
static void check_bad_ranges(void)
{
	static const struct {
		u64 pa, len;
		const char *sentence;
		int code;
	} bad[] = {
		{ BASE, 0, "0x40000000+0x0 is not made of whole blocks of 128 MiB" },
		{ BASE + 4096, UNIT, "0x40001000+128M is not made of whole blocks of 128 MiB" },
		{ BASE, UNIT + 4096, "0x40000000+131076K is not made of whole blocks of 128 MiB" },
		{ -UNIT, 2 * UNIT,
		  "0xfffffffff8000000+256M is not made of whole blocks of 128 MiB" },
		{ 0, UNIT, "0x0+128M is beyond what the linear map reaches", -ERANGE },
	};
	struct hotplug_report report;
	struct why why;
	struct event e;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		char how[] = "remove 0+1", text[80];

		prepare(how, "MMMMMMMM", EVENT_BLOCKS, &e);
		e.range[0].pa = bad[i].pa;
		e.range[0].len = bad[i].len;
		WANT(event_remove(&e, &report, text, sizeof(text), &why) ==
		     (bad[i].code ?: -EINVAL));
		WANT_TEXT(why.text, bad[i].sentence);
		WANT_TEXT(fake.asked, "");
	}
}

int main(void)
{
	for (unsigned i = 0; i < 4; i++)
		check_options(i & 1, i & 2 ? &kept : &plain);
	check_bad_ranges();
	for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++)
		check_row(&blocks[i], EVENT_BLOCKS);
	for (unsigned i = 0; i < ARRAY_SIZE(small); i++)
		check_row(&small[i], EVENT_SUBSECTIONS);
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
		check_row(&devices[i], EVENT_DEVICE);
	printf("event_act: %u not so\n", want_failed);
	return want_failed != 0;
}

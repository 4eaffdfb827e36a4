/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/rows_add.c - adds. */
#include "rows.h"
#include <mm/page/buddy_late.h>
#include <want.h>

#define ALL "withheld=0+8@1"
#define TWO "withheld=0+2@1 withheld=2+6@2"
#define BEGIN "lock; ABC:may-add 1+2 ........"
#define RESERVED BEGIN "; shares 1+2; plan 1+2"
#define PLANNED RESERVED "; create 1+1; create 2+1"
#define CLAIMED PLANNED "; -withheld 1+2; +hot 1+2@3"
#define TWICE PLANNED "; -withheld 1+1; +hot 1+1@3; -withheld 2+1"
#define ACTED "; linear 1+2; map 1+2; write 1+2; plan-end 1+2; ABC:added 1+2 .ff.....; unlock"
#define FREED "; end 1+2; unlock"
#define UNPLANNED "; destroy 2+1; destroy 1+1" FREED
#define REPORTED "memmap=1024 new=7 leaves=128 vleaves=21 arrive=5242880"

static const struct row rows[] = {
	{ "each block holds its memmap",
	  "add 1+2@3 tables=7 " ALL " | ........ | " CLAIMED ACTED
	  " | .ff..... |  | blocks=2 pages=65536 usable=64512 " REPORTED },
	{ "no report, no why",
	  "add 1+2@3 unreported mute " ALL " | ........ | " CLAIMED ACTED " | .ff..... |  | " },
	{ "the first holds all memmap",
	  "add 1+2@3 tables=7 memmap=device " ALL " | ........ | " CLAIMED ACTED
	  " | .ff..... |  | blocks=2 pages=65536 usable=64512 " REPORTED },
	{ "the memmap is in old memory",
	  "add 1+2@3 tables=7 memmap=host " ALL " | ........ | " CLAIMED ACTED
	  " | .ff..... |  | blocks=2 pages=65536 usable=65536 memmap=1024 host=4194304 new=7 "
	  "leaves=128 vleaves=21 arrive=5242880" },
	{ "options by argument",
	  "add 1+2@3 default " ALL " | ........ | " CLAIMED ACTED
	  " | .ff..... |  | blocks=2 pages=65536 usable=64512 memmap=1024 leaves=128 vleaves=21 "
	  "arrive=5242880" },
	{ "memory that was never withheld",
	  "add 1+2@3 anywhere withheld=0+1@1 | ........ | " PLANNED "; +hot 1+2@3" ACTED
	  " | .ff..... |  | blocks=2 pages=65536 usable=64512 memmap=1024 leaves=128 vleaves=21 "
	  "arrive=5242880" },
	{ "an unknown option", "add 1+2@3 memmap=unknown " ALL
			       " | ........ |  | ........ | -EINVAL: memmap=unknown | " },
	{ "a node that does not exist",
	  "add 1+2@8 " ALL
	  " | ........ |  | ........ | -EINVAL: node 8: there are nodes 0 to 7 | " },
	{ "the lock is not available",
	  "add 1+2@3 fails=ENTER:1 " ALL
	  " | ........ |  | ........ | -EBUSY: the hotplug lock is not to be had | " },
	/* ---- notifiers ---- */
	{ "the first does not allow it",
	  "add 1+2@3 fails=A:1 " ALL
	  " | ........ | lock; A:may-add 1+2 ........!; unlock | ........ | -EPERM: A says no | " },
	{ "the last does not allow it",
	  "add 1+2@3 fails=C:1 " ALL
	  " | ........ | lock; AB:may-add 1+2 ........; C:may-add 1+2 ........!; unlock | "
	  "........ | -EPERM: C says no | " },
	{ "without a sentence",
	  "add 1+2@3 fails=B:1 silent " ALL
	  " | ........ | lock; A:may-add 1+2 ........; B:may-add 1+2 ........!; unlock | "
	  "........ | -EBUSY: B does not allow it for 0x48000000+256M | " },
	{ "by injection",
	  "add 1+2@3 fails=NOTE:2 " ALL
	  " | ........ | lock; A:may-add 1+2 ........; unlock | ........ | -EBUSY: B does not "
	  "allow it for 0x48000000+256M | " },
	/* ---- a resource is missing: all is undone ---- */
	{ "no block", "add 1+2@3 fails=create:1 " ALL " | ........ | " RESERVED
		      "; create 1+1!" FREED " | ........ | -ENOMEM: no create | " },
	{ "no second block",
	  "add 1+2@3 fails=create:2 " ALL " | ........ | " RESERVED
	  "; create 1+1; create 2+1!; destroy 1+1" FREED " | ........ | -ENOMEM: no create | " },
	{ "no memmap", "add 1+2@3 fails=plan:1 " ALL " | ........ | " BEGIN
		       "; shares 1+2; plan 1+2!; unlock | ........ | -ENOMEM: no plan | " },
	{ "no tables", "add 1+2@3 fails=shares:1 " ALL " | ........ | " BEGIN
		       "; shares 1+2!; unlock | ........ | -ENOMEM: no shares | " },
	{ "no room to split the withheld range",
	  "add 1+2@3 fails=-withheld:1 " ALL " | ........ | " PLANNED "; -withheld 1+2!" UNPLANNED
	  " | ........ | -ENOMEM: no split | " },
	{ "the same, for the second range",
	  "add 1+2@3 fails=-withheld:2 " TWO " | ........ | " TWICE
	  "!; -hot 1+1; +withheld 1+1@1" UNPLANNED " | ........ | -ENOMEM: no split | " },
	{ "the same, after a range of two blocks",
	  "add 1+3@3 fails=-withheld:2 withheld=0+3@1 withheld=3+5@2 | ........ | lock; "
	  "ABC:may-add 1+3 ........; shares 1+3; plan 1+3; create 1+1; create 2+1; create 3+1; "
	  "-withheld 1+2; +hot 1+2@3; -withheld 3+1!; -hot 2+1; +withheld 2+1@1; -hot 1+1; "
	  "+withheld 1+1@1; destroy 3+1; destroy 2+1; destroy 1+1; end 1+3; unlock | ........ | "
	  "-ENOMEM: no split | " },
	{ "a part of the second block is withheld",
	  "add 1+2@3 anywhere fails=-withheld:1 bytes=54000000+1000:2 | ........ | " PLANNED
	  "; +hot 1+1@3; -withheld 2+1!; -hot 1+1" UNPLANNED " | ........ | -ENOMEM: no split | " },
	{ "no entry", "add 1+2@3 fails=+hot:1 " ALL " | ........ | " PLANNED
		      "; -withheld 1+2; +hot 1+2@3!; +withheld 1+2@1" UNPLANNED
		      " | ........ | -ENOMEM: no entry | " },
	{ "no entry for the second range",
	  "add 1+2@3 fails=+hot:2 " TWO " | ........ | " TWICE
	  "; +hot 2+1@3!; +withheld 2+1@2; -hot 1+1; +withheld 1+1@1" UNPLANNED
	  " | ........ | -ENOMEM: no entry | " },
	{ "the same, where the first was never withheld",
	  "add 1+2@3 anywhere fails=+hot:2 withheld=2+6@2 | ........ | " PLANNED
	  "; +hot 1+1@3; -withheld 2+1; +hot 2+1@3!; +withheld 2+1@2; -hot 1+1" UNPLANNED
	  " | ........ | -ENOMEM: no entry | " },
	{ "no room, by injection",
	  "add 1+2@3 fails=REGION:1 " ALL " | ........ | " PLANNED UNPLANNED
	  " | ........ | -ENOMEM: the registry has no room for 1 more ranges | " },
	{ "no room for the second entry, by injection",
	  "add 1+2@3 fails=REGION:4 " TWO " | ........ | " TWICE
	  "; +withheld 2+1@2; -hot 1+1; +withheld 1+1@1" UNPLANNED
	  " | ........ | -ENOMEM: the registry has no room for 1 more ranges | " },
	/* ---- parts: the memmap of a block takes 512 pages ---- */
	{ "each block has room for its memmap",
	  "add 1+2@3 unreported parts=1.0+512,2.0+512 " ALL " | ........ | " CLAIMED ACTED
	  " | .ff..... |  | " },
	{ "the first has none",
	  "add 1+2@3 parts=1.0+511,2.0+512 " ALL " | ........ | lock; unlock | ........ | -ENXIO: "
	  "memmap=block: block 9 lacks the sub-blocks that would hold it; memmap=host "
	  "needs "
	  "none | " },
	{ "the second begins with a hole",
	  "add 1+2@3 parts=1.0+512,2.1+600 " ALL " | ........ | lock; unlock | ........ | -ENXIO: "
	  "memmap=block: block 10 lacks the sub-blocks that would hold it; memmap=host "
	  "needs none | " },
	{ "the first has room for all memmap",
	  "add 1+2@3 unreported memmap=device parts=1.0+1024 " ALL " | ........ | " CLAIMED ACTED
	  " | .ff..... |  | " },
	{ "the first has no room for all memmap",
	  "add 1+2@3 memmap=device parts=1.0+1023 " ALL " | ........ | lock; unlock | ........ | "
	  "-ENXIO: memmap=device: block 9 lacks the sub-blocks that would hold it; "
	  "memmap=host needs none | " },
	{ "old memory needs none",
	  "add 1+2@3 memmap=host parts=7.0+1 " ALL " | ........ | " CLAIMED ACTED
	  " | .ff..... |  | blocks=2 pages=65536 memmap=1024 host=4194304 leaves=128 vleaves=21 "
	  "arrive=5242880" },
};
const struct rows add_rows = { rows, ARRAY_SIZE(rows) };

/* ---- fields of blocks that an add writes ---- */

static void check_block(unsigned i, const struct hotplug_opts *o, pfn_t altmap, u32 pages)
{
	const struct block *b = &of[i];

	WANT(b->state == BLOCK_OFFLINE && b->node == 5 && b->memmap == o->memmap);
	WANT(b->owner == o->owner && b->leaves == o->leaves && b->subblocks == o->subblocks);
	WANT(b->range_pfn == pfn_of(2) && b->range_blocks == 2);
	WANT(b->altmap_pfn == altmap && b->altmap_pages == pages);
	WANT(b->withheld == !o->anywhere && b->home_node == (o->anywhere ? 5 : 1));
	WANT(!b->boot && !b->held && !b->isolated && !b->removing);
	WANT(b->late == (late_adds && !o->memmap_now && !o->subblocks));
}

static void add_two(struct hotplug_opts *o)
{
	fake_begin("........");
	fake.tables = 6;
	if (!o->anywhere)
		fake.range[0] = (struct mem_range) { BASE, UNITS * UNIT, MEM_WITHHELD, 1 };
	strcpy(fake.present, "2.0+1024,3.0+512");
	WANT(!hotplug_add(BASE + 2 * UNIT, 2 * UNIT, 5, o, NULL, NULL));
}

void check_blocks(void)
{
	struct hotplug_opts o = { .leaf = -1, .memmap = &in_each, .owner = &o, .leaves = true };

	add_two(&o);
	check_block(2, &o, pfn_of(2), 100);
	check_block(3, &o, pfn_of(3), 101);
	late_adds = true;
	add_two(&o);
	check_block(3, &o, pfn_of(3), 101);
	WANT(!hotplug_online(BASE + 2 * UNIT, 2 * UNIT, ZONE_MOVABLE, NULL, NULL));
	WANT(!of[2].late && !of[3].late);
	WANT(fake.given_late == 2 * PAGES - 201);
	o.memmap = &in_old;
	add_two(&o);
	of[3].late = false; /* as if it had been online before */
	WANT(!hotplug_online(BASE + 2 * UNIT, 2 * UNIT, ZONE_MOVABLE, NULL, NULL));
	WANT(fake.given_late == PAGES);
	o.memmap = &in_each;
	o.memmap_now = true;
	add_two(&o);
	check_block(2, &o, pfn_of(2), 100);
	o.memmap_now = false;
	o.anywhere = true;
	o.leaves = false;
	o.memmap = &in_first;
	o.subblocks = &parts_map;
	add_two(&o);
	check_block(2, &o, pfn_of(2), 300);
	check_block(3, &o, pfn_of(2), 0);
	o.memmap = &in_old;
	add_two(&o);
	check_block(2, &o, 0, 0);
	check_block(3, &o, 0, 0);
	late_adds = false;
}

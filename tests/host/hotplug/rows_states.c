/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/rows_states.c - online and offline. */
#include "rows.h"

#define GOING "lock; ABC:may-online 1+2 .gg....."

static const struct row online[] = {
	{ "to Movable", "online 1+2 node=1:3 node=2:3 | .ff..... | " GOING
			"; give 1+2@3M; ABC:online 1+2 .MM.....; unlock | .MM..... |  | blocks=2 "
			"pages=65536 usable=65536" },
	{ "to Normal, no report and no why",
	  "online 1+2 zone=normal unreported mute | .ff..... | " GOING
	  "; give 1+2@0N; ABC:online 1+2 .NN.....; unlock | .NN..... |  | " },
	{ "pages that hold memmap stay out",
	  "online 1+2 alt=1:512 alt=2:3 | .ff..... | " GOING
	  "; give 1.512+32256@0M; give 2.3+32765@0M; ABC:online 1+2 .MM.....; unlock | .MM..... "
	  "|  | blocks=2 pages=65536 usable=65021" },
	{ "parts alone",
	  "online 1+2 partly=2 parts=1.0+1,2.0+600,2.1000+24,2.32000+768 alt=2:512 | .ff..... "
	  "| " GOING
	  "; give 1+1@0M; give 2.512+88@0M; give 2.1000+24@0M; give 2.32000+768@0M; ABC:online "
	  "1+2 .MM.....; unlock | .MM..... |  | blocks=2 pages=65536 usable=33648" },
	{ "no part is there",
	  "online 1+2 partly=1 partly=2 | .ff..... | " GOING
	  "; ABC:online 1+2 .MM.....; unlock | .MM..... |  | blocks=2 pages=65536" },
	{ "into a zone that has no pages",
	  "online 1+2 zone=device | .ff..... |  | .ff..... | -EINVAL: 0x48000000+256M cannot be "
	  "brought online in zone Device | " },
	{ "no range at all",
	  "online at=40000000+0 | ff...... |  | ff...... | -EINVAL: 0x40000000+0 "
	  "is empty | " },
	{ "the lock is not to be had",
	  "online 1+2 fails=ENTER:1 | .ff..... |  | .ff..... | -EBUSY: the hotplug lock is not to "
	  "be had | " },
	{ "the wrong state",
	  "online 1+2 | .fM..... | lock; unlock | .fM..... | -EBUSY: 0x48000000+256M: block 10 is "
	  "online, not offline | " },
	{ "boot memory",
	  "online 1+2 | .Bf..... | lock; unlock | .Bf..... | -EPERM: block 9 is boot memory | " },
	{ "the first does not allow it: none had agreed",
	  "online 1+2 fails=A:1 | .ff..... | lock; A:may-online 1+2 .gg.....!; unlock | .ff..... "
	  "| -EPERM: A says no | " },
	{ "the last does not allow it",
	  "online 1+2 fails=C:1 | .ff..... | lock; AB:may-online 1+2 .gg.....; C:may-online 1+2 "
	  ".gg.....!; BA:no-online 1+2 .gg.....; unlock | .ff..... | -EPERM: C says no | " },
	{ "without a why",
	  "online 1+2 fails=B:1 mute | .ff..... | lock; A:may-online 1+2 .gg.....; B:may-online "
	  "1+2 .gg.....!; A:no-online 1+2 .gg.....; unlock | .ff..... | -EPERM | " },
};
const struct rows online_rows = { online, ARRAY_SIZE(online) };

#define ISOLATED "lock; ABC:may-offline 1+2 .MN.....; isolate 1+1; isolate 2+1; purge; look 1+1"
#define UNDONE "; unisolate 1+1; unisolate 2+1; ABC:no-offline 1+2 .MN.....; unlock"
#define MOVED ISOLATED "; look 2+1; move 1+1; move 2+1"
#define TAKEN "; take 1+1; take 2+1; ABC:offline 1+2 .ff.....; unlock"

static const struct row offline[] = {
	{ "pages move",
	  "offline 1+2 moved=7 | .MN..... | " MOVED TAKEN " | .ff..... |  | blocks=2 pages=65536 "
	  "usable=65536 moved=14" },
	{ "no report and no why",
	  "offline 1+2 unreported mute | .MN..... | " MOVED TAKEN " | .ff..... |  | " },
	{ "pages that hold memmap were never in",
	  "offline 1+2 alt=1:512 alt=2:3 | .MM..... | lock; ABC:may-offline 1+2 .MM.....; isolate "
	  "1.512+32256; isolate 2.3+32765; purge; look 1.512+32256; look 2.3+32765; move "
	  "1.512+32256; move 2.3+32765; take 1.512+32256; take 2.3+32765; ABC:offline 1+2 "
	  ".ff.....; unlock | .ff..... |  | blocks=2 pages=65536 usable=65021" },
	{ "the same, and it does not move",
	  "offline 1+2 alt=1:512 alt=2:3 fails=move:1 | .MM..... | lock; ABC:may-offline 1+2 "
	  ".MM.....; isolate 1.512+32256; isolate 2.3+32765; purge; look 1.512+32256; look "
	  "2.3+32765; move 1.512+32256!; unisolate 1.512+32256; unisolate 2.3+32765; "
	  "ABC:no-offline 1+2 .MM.....; unlock | .MM..... | -ECANCELED: no move | " },
	{ "just enough pages are free elsewhere",
	  "offline 1+2 used=100 spare=200 | .MN..... | " MOVED TAKEN
	  " | .ff..... |  | blocks=2 pages=65536 usable=65536" },
	{ "one page too few",
	  "offline 1+2 used=100 spare=199 moved=7 | .MN..... | " ISOLATED "; look 2+1" UNDONE
	  " | .MN..... | -ENOMEM: 0x48000000+256M: 200 pages are in use, only 199 are free "
	  "elsewhere | " },
	{ "a page of the first block cannot move", "offline 1+2 fails=look:1 | .MN..... | " ISOLATED
						   "!" UNDONE " | .MN..... | -EBUSY: no look | " },
	{ "a page of the second block cannot move",
	  "offline 1+2 fails=look:2 used=5 spare=4 | .MN..... | " ISOLATED "; look 2+1!" UNDONE
	  " | .MN..... | -EBUSY: no look | " },
	{ "the second does not, after pages were moved",
	  "offline 1+2 fails=move:2 moved=7 | .MN..... | " MOVED "!" UNDONE
	  " | .MN..... | -ECANCELED: no move; 14 pages were moved and are not "
	  "moved back | " },
	{ "the same, without a why", "offline 1+2 fails=move:2 moved=7 mute | .MN..... | " MOVED
				     "!" UNDONE " | .MN..... | -ECANCELED | " },
	{ "the first does not, before a page was moved",
	  "offline 1+2 fails=move:1 | .MN..... | " ISOLATED "; look 2+1; move 1+1!" UNDONE
	  " | .MN..... | -ECANCELED: no move | " },
	{ "the last does not allow it",
	  "offline 1+2 fails=C:1 | .MN..... | lock; AB:may-offline 1+2 .MN.....; C:may-offline 1+2 "
	  ".MN.....!; BA:no-offline 1+2 .MN.....; unlock | .MN..... | -EPERM: C says no | " },
	{ "the first does not allow it",
	  "offline 1+2 fails=A:1 | .MN..... | lock; A:may-offline 1+2 .MN.....!; unlock | "
	  ".MN..... | -EPERM: A says no | " },
	{ "the lock is not to be had",
	  "offline 1+2 fails=ENTER:1 | .MN..... |  | .MN..... | -EBUSY: the hotplug lock is not "
	  "to be had | " },
	{ "the wrong state",
	  "offline 1+2 | .fM..... | lock; unlock | .fM..... | -EBUSY: 0x48000000+256M: block 9 is "
	  "offline, not online | " },
	{ "no whole block",
	  "offline at=48000000+8000001 | .M...... |  | .M...... | -EINVAL: 0x48000000+0x8000001 "
	  "is not made of whole blocks of 128 MiB | " },
};
const struct rows offline_rows = { offline, ARRAY_SIZE(offline) };

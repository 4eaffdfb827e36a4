/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/rows_remove.c - removals. */
#include "rows.h"

#define BEGIN "lock; ABC:may-remove 1+2 .ff....."
#define MARKED BEGIN "; mark 1+2; begin"
#define PLANNED MARKED "; linear-plan 1+2; leave-plan 1+2; commit 1+2; unmap 1+2"
#define GONE                                                                                       \
	"; -hot 1+1; destroy 1+1; -hot 2+1; destroy 2+1; ABC:removed 1+2 ........; unlock; free; " \
	"free-linear"
#define REPORTED                                                                                   \
	"blocks=2 pages=65536 memmap=11 host=32768 freed=11 leaves=70 vleaves=40 gathers=2 "       \
	"waits=2"

static const struct row rows[] = {
	{ "both are removed", "remove 1+2 run=1+2 | .ff..... | " PLANNED "; unlinear 1+2" GONE
			      " | ........ |  | " REPORTED },
	{ "no report and no why", "remove 1+2 run=1+2 unreported mute | .ff..... | " PLANNED
				  "; unlinear 1+2" GONE " | ........ |  | " },
	{ "options by argument", "remove 1+2 run=1+2 default | .ff..... | " PLANNED
				 "; unlinear 1+2" GONE " | ........ |  | " REPORTED },
	{ "one is withheld again",
	  "remove 1+2 run=1+2 was=2:3 | .ff..... | " PLANNED
	  "; unlinear 1+2; -hot 1+1; destroy 1+1; -hot 2+1; +withheld 2+1@3; destroy 2+1; "
	  "ABC:removed 1+2 ........; unlock; free; free-linear | ........ |  | " REPORTED },
	{ "two runs, and a held block is removed with them",
	  "remove 1+2 run=1+2 run=4+1 room=2/2 | .ff.h... | lock; ABC:may-remove 1+2 .ff.h..."
	  "; mark 1+2; begin; linear-plan 1+2; leave-plan 1+2; linear-plan 4+1; leave-plan 4+1; "
	  "commit 1+2; unmap 1+2; unmap 4+1; unlinear 1+2; unlinear 4+1; -hot 1+1; destroy 1+1; "
	  "-hot 2+1; destroy 2+1; -hot 4+1; destroy 4+1; ABC:removed 1+2 ........; unlock; free; "
	  "free-linear | ........ |  | blocks=2 pages=65536 memmap=22 host=65536 freed=22 "
	  "leaves=140 vleaves=80 gathers=2 waits=4" },
	{ "the second stays and holds memmap of others",
	  "remove 1+2 run=1+1 held=1 | .ff..... | " BEGIN
	  "; mark 1+2; begin; linear-plan 1+1; leave-plan 1+1; commit 1+2; unmap 1+1; unlinear "
	  "1+1; -hot 1+1; destroy 1+1; ABC:removed 1+2 ..h.....; unlock; free; free-linear | "
	  "..h..... |  | " REPORTED " held=1" },
	{ "both stay and hold memmap of others",
	  "remove 1+2 held=2 room=0/0 | .ff..... | " MARKED
	  "; commit 1+2; ABC:removed 1+2 .hh.....; unlock; free; free-linear | .hh..... |  | "
	  "blocks=2 pages=65536 held=2" },
	{ "none may stay, and none does",
	  "remove 1+2 run=1+2 refuse | .ff..... | " BEGIN
	  "; mark 1+2; stays? 1+2; begin; linear-plan 1+2; leave-plan 1+2; commit 1+2; unmap 1+2; "
	  "unlinear 1+2" GONE " | ........ |  | " REPORTED },
	/* ---- caches ---- */
	{ "caches are cleaned before the last mapping is removed",
	  "remove 1+2 run=1+2 owed leaves=1 leaves=2 | .ff..... | " PLANNED
	  "; clean 1+1; clean 2+1; unlinear 1+2" GONE " | ........ |  | " REPORTED
	  " leave=268435456" },
	{ "of one block alone",
	  "remove 1+2 run=1+2 owed leaves=2 | .ff..... | " PLANNED "; clean 2+1; unlinear 1+2" GONE
	  " | ........ |  | " REPORTED " leave=134217728" },
	{ "none is owed", "remove 1+2 run=1+2 leaves=1 leaves=2 | .ff..... | " PLANNED
			  "; unlinear 1+2" GONE " | ........ |  | " REPORTED },
	{ "memory that vanished is dropped from caches",
	  "remove 1+2 run=1+2 owed leaves=1 lost | .ff..... | " PLANNED
	  "; drop 1+1; unlinear 1+2" GONE " | ........ |  | " REPORTED " drop=134217728" },
	/* ---- refused: all is undone ---- */
	{ "one would stay",
	  "remove 1+2 run=1+1 held=1 refuse fails=stays?:1 | .ff..... | " BEGIN
	  "; mark 1+2; stays? 1+2!; unmark 1+2; unlock | .ff..... | -EBUSY: no stays | " },
	{ "no room among ranges of RAM",
	  "remove 1+2 run=1+1 run=4+1 room=1/2 | .ff.h... | lock; ABC:may-remove 1+2 .ff.h..."
	  "; mark 1+2; unmark 1+2; unlock | .ff.h... | -ENOMEM: the registry has no room for 2 "
	  "more ranges | " },
	{ "no room among withheld ranges",
	  "remove 1+2 run=1+1 run=4+1 room=2/1 | .ff.h... | lock; ABC:may-remove 1+2 .ff.h..."
	  "; mark 1+2; unmark 1+2; unlock | .ff.h... | -ENOMEM: the registry has no room for 2 "
	  "more ranges | " },
	{ "no room, by injection",
	  "remove 1+2 run=1+2 fails=REGION:1 | .ff..... | " BEGIN
	  "; mark 1+2; unmark 1+2; unlock | .ff..... | -ENOMEM: the registry has no room for 1 "
	  "more ranges | " },
	{ "a leaf would be split",
	  "remove 1+2 run=1+2 fails=linear-plan:1 | .ff..... | " MARKED
	  "; linear-plan 1+2!; abort; unmark 1+2; unlock | .ff..... | -EBUSY: no linear-plan | " },
	{ "a frame without a struct page",
	  "remove 1+2 run=1+2 fails=leave-plan:1 | .ff..... | " MARKED
	  "; linear-plan 1+2; leave-plan 1+2!; abort; unmark 1+2; unlock | .ff..... | -EIO: no "
	  "leave-plan | " },
	{ "the same, in the second run",
	  "remove 1+2 run=1+1 run=2+1 fails=leave-plan:2 | .ff..... | " MARKED
	  "; linear-plan 1+1; leave-plan 1+1; linear-plan 2+1; leave-plan 2+1!; abort; unmark 1+2; "
	  "unlock | .ff..... | -EIO: no leave-plan | " },
	{ "the last does not allow it",
	  "remove 1+2 run=1+2 fails=C:1 | .ff..... | lock; AB:may-remove 1+2 .ff.....; "
	  "C:may-remove 1+2 .ff.....!; unlock | .ff..... | -EPERM: C says no | " },
	{ "the wrong state",
	  "remove 1+2 run=1+2 | .fN..... | lock; unlock | .fN..... | -EBUSY: 0x48000000+256M: "
	  "block 10 is online, not offline | " },
	{ "boot memory, without the option for it",
	  "remove 1+2 run=1+2 | .fB..... | lock; unlock | .fB..... | -EPERM: block 10 is boot "
	  "memory | " },
	{ "an unknown option",
	  "remove 1+2 remove=unknown | .ff..... |  | .ff..... | -EINVAL: remove=unknown | " },
	{ "the lock is not available",
	  "remove 1+2 fails=ENTER:1 | .ff..... |  | .ff..... | -EBUSY: the hotplug lock is not to "
	  "be had | " },
	{ "no whole block",
	  "remove at=48200000+8000000 | .ff..... |  | .ff..... | -EINVAL: 0x48200000+128M is not "
	  "made of whole blocks of 128 MiB | " },
};
const struct rows remove_rows = { rows, ARRAY_SIZE(rows) };

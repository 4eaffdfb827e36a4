/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/rows_check.c - ranges that operations have to refuse, and memory that is not
 * released. */
#include "rows.h"

#define ALL "withheld=0+8@1"
#define LOCKED "lock; unlock"
#define ADDED_AFTER(claims)                                                                        \
	"shares 1+2; plan 1+2; create 1+1; create 2+1; " claims                                    \
	"; linear 1+2; map 1+2; write 1+2; plan-end 1+2"
#define ADDED ADDED_AFTER("-withheld 1+2; +hot 1+2@0")
#define ADDED_TWO ADDED_AFTER("-withheld 1+1; +hot 1+1@0; -withheld 2+1; +hot 2+1@0")

static const struct row checks[] = {
	/* ---- the range itself ---- */
	{ "empty",
	  "add at=48000000+0 | ........ |  | ........ | -EINVAL: 0x48000000+0 is empty | " },
	{ "wraps", "add at=fffffffff8000000+10000000 | ........ |  | ........ | -EINVAL: "
		   "0xfffffffff8000000+256M wraps around | " },
	{ "ends at the very top, which is beyond",
	  "add at=fffffffff8000000+8000000 | ........ |  | ........ | -EINVAL: "
	  "0xfffffffff8000000+128M wraps around | " },
	{ "wraps to its beginning",
	  "add at=48000000+ffffffffffffffff | ........ |  | ........ | -EINVAL: "
	  "0x48000000+0xffffffffffffffff wraps around | " },
	{ "wraps from the last byte",
	  "add at=ffffffffffffffff+8000000 | ........ |  | ........ | -EINVAL: "
	  "0xffffffffffffffff+128M wraps around | " },
	{ "begins within a block",
	  "add at=48001000+8000000 | ........ |  | ........ | -EINVAL: 0x48001000+128M is not made "
	  "of whole blocks of 128 MiB | " },
	{ "ends within a block",
	  "add at=48000000+8200000 | ........ |  | ........ | -EINVAL: 0x48000000+130M is not made "
	  "of whole blocks of 128 MiB | " },
	{ "the last that the linear map reaches",
	  "add 1+2 unreported limit=3 " ALL " | ........ | lock; ABC:may-add 1+2 ........; " ADDED
	  "; ABC:added 1+2 .ff.....; unlock | .ff..... |  | " },
	{ "and beyond it",
	  "add 1+2 limit=2 " ALL " | ........ |  | ........ | -ERANGE: 0x48000000+256M is beyond "
	  "what the linear map of four levels reaches, 0x40000000 to 0x4fffffff | " },
	/* ---- blocks in the wrong state ---- */
	{ "all are there but the last",
	  "online 1+3 | .ff..... | " LOCKED " | .ff..... | -ENXIO: 0x48000000+384M: block 11 is "
	  "not there | " },
	{ "sub-sections are in its place",
	  "online 1+3 sub=3.512+512 | .ff..... | " LOCKED " | .ff..... | -ENXIO: 0x48000000+384M: "
	  "block 11 is not there, only sub-sections of it, which have no state | " },
	{ "sub-sections follow it",
	  "online 1+3 sub=4.0+512 | .ff..... | " LOCKED " | .ff..... | -ENXIO: 0x48000000+384M: "
	  "block 11 is not there | " },
	{ "sub-sections precede it",
	  "online 1+3 sub=0.0+512 | .ff..... | " LOCKED " | .ff..... | -ENXIO: 0x48000000+384M: "
	  "block 11 is not there | " },
	{ "held",
	  "online 1+2 | .fh..... | " LOCKED " | .fh..... | -ENXIO: block 10 was removed and only "
	  "holds memmap of others | " },
	{ "partly boot memory",
	  "offline 1+2 | .Mp..... | " LOCKED " | .Mp..... | -EPERM: block 10 is boot memory, and "
	  "only partly | " },
	/* ---- the range is occupied ---- */
	{ "a block in the middle",
	  "add 1+3 " ALL " | N.f..... | " LOCKED " | N.f..... | -EEXIST: 0x48000000+384M overlaps "
	  "block 10, which is offline | " },
	{ "the last block",
	  "add 1+3 " ALL " | ...N.... | " LOCKED " | ...N.... | -EEXIST: 0x48000000+384M overlaps "
	  "block 11, which is online | " },
	{ "boot memory",
	  "add 1+1 " ALL " | .B...... | " LOCKED " | .B...... | -EEXIST: 0x48000000+128M overlaps "
	  "block 9, which is boot memory | " },
	{ "a block that holds memmap of itself alone",
	  "add 1+1 " ALL " | .h...... | " LOCKED " | .h...... | -EBUSY: 0x48000000+128M: memmap "
	  "of block 0 still lives in block 9 | " },
	{ "a block that holds memmap of two others",
	  "add 1+1 adds=1+3 " ALL " | .hff.... | " LOCKED
	  " | .hff.... | -EBUSY: 0x48000000+128M: memmap of blocks 10-11 still lives in block 9 "
	  "| " },
	{ "blocks before and after do not matter",
	  "add 1+2 unreported " ALL " | N..N.... | lock; ABC:may-add 1+2 N..N....; " ADDED
	  "; ABC:added 1+2 NffN....; unlock | NffN.... |  | " },
	{ "the end of sub-sections",
	  "add 1+2 sub=0.32256+1024 " ALL " | ........ | " LOCKED " | ........ | -EEXIST: "
	  "0x48000000+256M overlaps the sub-sections of 0x47e00000+4M | " },
	{ "sub-sections before and device ranges after",
	  "add 1+2 unreported sub=0.32256+512 dev=3+1:1 " ALL " | ........ | lock; ABC:may-add 1+2 "
	  "........; " ADDED "; ABC:added 1+2 .ff.....; unlock | .ff..... |  | " },
	{ "device ranges before and sub-sections after",
	  "add 1+2 unreported sub=3.0+512 dev=0+1:1 " ALL " | ........ | lock; ABC:may-add 1+2 "
	  "........; " ADDED "; ABC:added 1+2 .ff.....; unlock | .ff..... |  | " },
	{ "a device range",
	  "add 1+2 dev=2+2:1 " ALL " | ........ | " LOCKED " | ........ | -EEXIST: "
	  "0x48000000+256M overlaps the device range 0x50000000+256M, which is dax | " },
	{ "a device range whose blocks count instead",
	  "add 1+2 unreported dev=1+2:2 " ALL " | ........ | lock; ABC:may-add 1+2 ........; " ADDED
	  "; ABC:added 1+2 .ff.....; unlock | .ff..... |  | " },
	{ "RAM without a block",
	  "add 1+2 bytes=57fff000+2000:0 " ALL " | ........ | " LOCKED " | ........ | -EEXIST: "
	  "0x48000000+256M overlaps 0x57fff000+8K, which is ram | " },
	{ "reserved memory",
	  "add 1+2 bytes=47fff000+2000:4 " ALL " | ........ | " LOCKED " | ........ | -EEXIST: "
	  "0x48000000+256M overlaps 0x47fff000+8K, which is nomap | " },
	{ "RAM before, reserved memory after",
	  "add 1+2 unreported bytes=47fff000+1000:0 bytes=58000000+1000:3 " ALL
	  " | ........ | lock; ABC:may-add 1+2 ........; " ADDED
	  "; ABC:added 1+2 .ff.....; unlock | .ff..... |  | " },
	{ "reserved memory before, RAM after",
	  "add 1+2 unreported bytes=47fff000+1000:3 bytes=58000000+1000:0 " ALL
	  " | ........ | lock; ABC:may-add 1+2 ........; " ADDED
	  "; ABC:added 1+2 .ff.....; unlock | .ff..... |  | " },
	/* ---- the range has no memory to add ---- */
	{ "nothing is withheld in the second block",
	  "add 1+2 withheld=0+2@1 | ........ | " LOCKED " | ........ | -ENXIO: 0x48000000+256M: no "
	  "memory is withheld in block 10 | " },
	{ "not all of the first is",
	  "add 1+2 bytes=48000001+10000000:2 | ........ | " LOCKED " | ........ | -ENXIO: "
	  "0x48000000+256M: no memory is withheld in block 9, or only in part of it | " },
	{ "not all of the last is",
	  "add 1+2 bytes=48000000+fffffff:2 | ........ | " LOCKED " | ........ | -ENXIO: "
	  "0x48000000+256M: no memory is withheld in block 10, or only in part of it | " },
	{ "all of both, by two ranges",
	  "add 1+2 unreported bytes=48000000+8000000:2 bytes=50000000+8000000:2 | ........ | "
	  "lock; ABC:may-add 1+2 ........; " ADDED_TWO
	  "; ABC:added 1+2 .ff.....; unlock | .ff..... |  | " },
};
const struct rows check_rows = { checks, ARRAY_SIZE(checks) };

static const struct row releases[] = {
	{ "nothing is there", "release 1+2 | N..M.... |  | N..M.... |  | " },
	{ "a block of the range",
	  "release 1+3 | ...f.... |  | ...f.... | -EBUSY: block 11 is offline | " },
	{ "a sub-section in a block",
	  "release at=48200000+200000 | .M...... |  | .M...... | -EBUSY: block 9 is online | " },
	{ "the last sub-section before a block",
	  "release at=47e00000+200000 | .M...... |  | .M...... |  | " },
	{ "a block that holds memmap of others",
	  "release 1+1 adds=1+3 | .hf..... |  | .hf..... | -EBUSY: memmap of "
	  "block 10 lives in block 9 | " },
	{ "sub-sections",
	  "release 1+1 sub=1.512+1024 | ........ |  | ........ | -EBUSY: the sub-sections of "
	  "0x48200000+4M are there | " },
	{ "sub-sections after and device memory before",
	  "release 1+1 sub=2.0+512 dev=0+1:1 | ........ |  | ........ |  | " },
	{ "sub-sections before and device memory after",
	  "release 1+1 sub=0.32256+512 dev=2+1:1 | ........ |  | ........ |  | " },
	{ "device memory, whatever its mode",
	  "release 1+1 dev=1+2:2 | ........ |  | ........ | -EBUSY: the device range "
	  "0x48000000+256M is there, it is kmem | " },
	{ "no whole sub-sections",
	  "release at=48200000+201000 | ........ |  | ........ | -EINVAL: 0x48200000+2052K is not "
	  "made of whole sub-sections of 2 MiB | " },
	{ "no why", "release 1+1 mute | .f...... |  | .f...... | -EBUSY | " },
};
const struct rows release_rows = { releases, ARRAY_SIZE(releases) };

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/event_act/fake.h - a fake of the core of hotplug: eight units of memory, each a
 * block, a sub-section or a part of a device range, the registry, and the log of calls.
 *
 * A unit is 128 MiB; unit 0 begins at 1 GiB.  Each call is a word of `fake.asked`: its name, the
 * units, and other arguments; "!" after it: it was refused, as the row requires.
 */
#pragma once
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/event_internal.h>

#define UNITS 8
#define UNIT (128 * MiB)
#define BASE GiB

struct claimed { /* claimed units */
	int first, nr;
	unsigned kind;
	const char *name;
};

struct fake {
	/* one letter a unit: '.' absent, 'f' offline, 'M' and 'N' online in their zones */
	char state[UNITS + 1];
	char owner[UNITS + 1]; /* 's' the source, 'x' another, 'B' boot */
	char came[UNITS + 1];  /* units of one add have one letter */
	u32 fails;             /* bit n: the n-th call that changes memory is refused, from 0 */
	u32 changes;
	bool mapped_less;            /* unit 7 is beyond the linear map */
	bool kept;                   /* hotplug_may_release() refuses */
	char memmap[16], online[16]; /* words of the source that were given; else "" */
	struct claimed claim;
	char asked[512];
	struct hotplug_opts opts; /* of the last add */
	struct devmem_opts dev_opts;
	u64 data; /* offset of the data of a device range */
};
extern struct fake fake;
extern const struct event_source *fake_source;

void fake_begin(void); /* no memory is present, and the log is empty */

void fake_mark(int unit); /* an event before this one marked the block to return */

static inline struct event_range units(int first, int nr, unsigned node)
{
	return (struct event_range) { BASE + (u64)first * UNIT, (u64)nr * UNIT, node };
}

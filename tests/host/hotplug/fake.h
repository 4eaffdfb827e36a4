/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/hotplug/fake.h - fakes for the hotplug core: eight blocks of memory, the registry, the
 * buddy, page tables, the memmap, caches, two notifiers and the lock.
 *
 * A block is 128 MiB; block 0 of the program begins at 1 GiB, so users see it as block 8.  Each
 * call that changes something is a word of `fake.asked`; "!" after it: it was refused, as the row
 * requires.
 */
#pragma once
#include <asserts.h>
#include <mm/hotplug/devmem.h>
#include <mm/hotplug/hotplug_map.h>
#include <mm/hotplug/hotplug_removal_set.h>
#include <mm/hotplug/subblock.h>
#include <mm/hotplug/subsection.h>
#include <mm/pt/pt_tap.h>

#define UNITS 8
#define UNIT (128 * MiB)
#define BASE GiB
#define PAGE 4096ul
#define PAGES (UNIT / PAGE)
#define LINEAR 0xffff000000000000ul
#define SECTIONS 5u /* of a block in these tests */

struct fake {
	char fails[32];   /* the name of the call that is refused ... */
	int fails_at;     /* ... and which one of this name, from 1 on */
	bool silent;      /* a notifier gives no sentence */
	u64 used, spare;  /* pages of a block that are in use; pages free elsewhere */
	u64 moved;        /* pages that each evacuation moves */
	char present[96]; /* parts of the program's map, "1.0+512,..." in blocks and pages */
	struct subsection_range sub;
	struct devmem dev;             /* claimed if it has a length */
	struct mem_range range[UNITS]; /* of the registry */
	struct {
		int first, nr;
	} run[4]; /* of blocks that depart */
	unsigned runs, held, ram_room, withheld_room;
	bool owed;           /* cache maintenance */
	u32 tables;          /* that a mapping takes */
	u64 given_late;      /* pages that the buddy got from blocks that are late */
	u64 limit;           /* blocks from 0 that the linear map reaches */
	const char *args[2]; /* memmap=, remove= */
	const char *leaf, *device_remove;
	struct pt_link *given; /* tables that wait for the end of the lock */
	char asked[2048];
	unsigned reading, writing;
	char metered[2][UNITS + 1]; /* the blocks when costs were read first, and last */
	u64 work, told, tlbi;       /* calls that cost; notes that cost; invalidations */
};
extern struct fake fake;
extern struct block of[UNITS];
extern struct subblock_map parts_map;
extern const struct memmap_scheme in_old, in_each, in_first;
extern const struct remove_scheme remove_two, remove_one;

void fake_begin(const char *state); /* no other memory is present, the log is empty */
/*
 * By block: '.' absent, 'h' absent and held, 'f' offline, 'N' and 'M' online, 'B' boot memory, 'p'
 * boot memory that fills it partly, 'g' being brought online, 'o' being taken offline.
 */
void fake_blocks(const char *state);
void fake_came(unsigned first, unsigned nr); /* by one add */
void fake_states(char out[UNITS + 1]);
void ask(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* A call on pages costs; is it refused? */
bool work(const char *name, pfn_t pfn, u64 nr, const char *more);
bool refused(const char *name);
int fake_refuse(struct why *why, int code, const char *name);
const char *run_text(pfn_t pfn, u64 nr);
void changing(void); /* the lock is held for write, by the declared writer */

static inline pfn_t pfn_of(u64 unit)
{
	return (BASE + unit * UNIT) / PAGE;
}

void check_levels(void);
void check_arrivals(void);
void check_departures(void);
void check_options(void);
void check_texts(void);
void check_meter(void);
void check_lock(void);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/shadow/main.c - mm/kernel/shadow.c: each page of shadow is mapped once, to a zeroed
 * frame of its own, and all frames are freed after the flush; after a failure nothing has changed.
 *
 * A page of shadow is for 32 KiB of memory.
 */
#include "fake.h"
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/shadow.h>
#include <mm/page/region.h>
#include <want.h>

#define KIB32 (32 * KiB)

REG_DECLARE(notifiers, struct hotplug_notifier);

/* Exactly the pages of shadow from `first` on are mapped, and nothing is lost. */
static void check_mapped(unsigned first, unsigned nr)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < SHADOW_PAGES; i++)
		bad += (fake.frame[i] != NULL) != (i >= first && i < first + nr);
	WANT(!bad);
	WANT(fake.frames_out == nr);
	WANT(!fake.plans && !fake.gathers);
	WANT(cpus[0].writer == PT_WRITER_MIGRATE);
}

static void check_populate(void)
{
	static const unsigned sizes[] = { 1, 2, 127, 128, 129, 400 };
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned scattered = 0; scattered < 3; scattered++) {
			fake_begin();
			fake.scattered = scattered;
			WANT(!shadow_populate(3 * KIB32, sizes[i] * KIB32, 1, &why));
			WANT(fake.asked_node == 1);
			check_mapped(3, sizes[i]);
			WANT(fake.mapped_runs <= (scattered ? sizes[i] : 1));
			WANT(shadow_populate(3 * KIB32, KIB32, 1, &why) == -EEXIST);
			WANT(shadow_populate(0, 4 * KIB32, 1, &why) == -EEXIST);
			check_mapped(3, sizes[i]);
			WANT(!shadow_populate(0, 3 * KIB32, 0, &why));
			check_mapped(0, 3 + sizes[i]);
			shadow_tear_down(0, 3 * KIB32);
			check_mapped(3, sizes[i]);
			shadow_tear_down(3 * KIB32, sizes[i] * KIB32);
			check_mapped(0, 0);
		}
}

/* One frame too few, and none at all. */
static void check_no_memory(void)
{
	static const unsigned sizes[] = { 1, 128, 200, 256 };
	struct why why;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned one = 0; one < 2; one++) {
			char text[64];

			fake_begin();
			fake.frames_most = one ? sizes[i] - 1 : 0;
			WANT(shadow_populate(0, sizes[i] * KIB32, 0, &why) == -ENOMEM);
			snprintf(text, sizeof(text), "no memory for a shadow of %u KiB",
				 4 * sizes[i]);
			WANT_TEXT(why.text, text);
			check_mapped(0, 0);
			fake.frames_most = sizes[i];
			WANT(!shadow_populate(0, sizes[i] * KIB32, 0, &why));
			check_mapped(0, sizes[i]);
		}
}

/* ---- blocks ---- */

static int note(enum hotplug_note what)
{
	struct why why;
	int err = 0;

	reg_for_each (notifiers, it)
		err |= (*it)->call(what, 2 * BLOCK, BLOCK, &why);
	return err;
}

#define FIRST (2 * BLOCK / KIB32)
#define PAGES (BLOCK / KIB32)

static void check_notes(void)
{
	static const u8 ends[] = { NOTE_CANCEL_ONLINE, NOTE_OFFLINE };

	for (unsigned late = 0; late < 2; late++)
		for (unsigned e = 0; e < ARRAY_SIZE(ends); e++) {
			fake_begin();
			shadow_late = late;
			WANT(!note(NOTE_PREPARE_ADD) && !note(NOTE_ADDED));
			check_mapped(0, 0);
			WANT(!note(NOTE_GOING_ONLINE));
			check_mapped(FIRST, late ? 0 : PAGES);
			WANT(!note(NOTE_ONLINE));
			check_mapped(FIRST, PAGES);
			WANT(fake.asked_node == BLOCK_NODE);
			WANT(!note(NOTE_GOING_OFFLINE) && !note(NOTE_CANCEL_OFFLINE));
			check_mapped(FIRST, PAGES);
			WANT(!note(ends[e]));
			check_mapped(0, 0);
			WANT(!note(NOTE_PREPARE_REMOVE) && !note(NOTE_REMOVED));
			check_mapped(0, 0);
		}
	shadow_late = false;
	fake_begin();
	fake.frames_most = PAGES - 1;
	WANT(note(NOTE_GOING_ONLINE) == -ENOMEM); /* the block stays offline */
	check_mapped(0, 0);
	fake_begin();
	layout.r[REGION_SHADOW].len = 0; /* shadow=off */
	for (unsigned n = NOTE_PREPARE_ADD; n <= NOTE_REMOVED; n++)
		WANT(!note((enum hotplug_note)n));
	check_mapped(0, 0);
	WANT(!shadow_boot(NULL));
}

/* ---- boot memory ---- */

static const struct {
	struct {
		u64 from, to; /* KiB */
		unsigned node;
	} range[4];
} boots[] = {
	{ { { 0, 64 } } },
	{ { { 32, 96 }, { 128, 160, 1 } } },
	{ { { 4, 36 } } },
	{ { { 0, 40 }, { 40, 100, 1 } } },                                /* one page serves both */
	{ { { 0, 40 }, { 44, 48, 1 }, { 52, 56, 2 }, { 60, 4096, 3 } } }, /* and all of two */
	{ { { 64, 96 }, { 0, 68 } } },                                    /* whatever the order */
	{ { { 32, 64 }, { 64, 96 }, { 40, 80, 1 } } },
	{ { { 8, 12 }, { 16, 20, 1 } } },
	{ { { 32, 96 }, { 0, 128, 1 } } }, /* only at its ends: see below */
};

static void check_boot(unsigned row, bool last_unmappable)
{
	struct why why = { 0 };
	unsigned nr = 0, bad = 0;
	int err;

	fake_begin();
	for (; nr < 4 && boots[row].range[nr].to; nr++) {
		u64 from = boots[row].range[nr].from, to = boots[row].range[nr].to;

		fake.ram[nr] = (struct mem_range) { from * KiB, (to - from) * KiB, MEM_RAM,
						    (u8)boots[row].range[nr].node };
	}
	fake.nr_ram = nr;
	fake.unmappable = last_unmappable ? nr - 1 : nr;
	err = shadow_boot(&why);
	if (row == ARRAY_SIZE(boots) - 1 && !last_unmappable) {
		WANT(err == -EEXIST); /* RAM does not overlap: a range in the middle is a mistake */
		return;
	}
	WANT(!err);
	for (unsigned i = 0; i < SHADOW_PAGES; i++) {
		bool want = false;

		for (unsigned r = 0; r < fake.unmappable; r++)
			want |= boots[row].range[r].from < (i + 1) * 32 &&
				i * 32 < boots[row].range[r].to;
		bad += (fake.frame[i] != NULL) != want;
	}
	WANT(!bad);
	if (bad)
		printf("#   boot memory, row %u\n", row);
}

static void check_boot_fails(void)
{
	struct why why;

	fake_begin();
	fake.nr_ram = fake.unmappable = 2;
	fake.ram[0] = (struct mem_range) { 0, 64 * KiB, MEM_RAM, 0 };
	fake.ram[1] = (struct mem_range) { 128 * KiB, 64 * KiB, MEM_RAM, 5 };
	fake.frames_most = 3;
	WANT(shadow_boot(&why) == -ENOMEM);
	check_mapped(0, 2);
	WANT(fake.asked_node == 5);
}

int main(void)
{
	check_populate();
	check_no_memory();
	check_notes();
	for (unsigned row = 0; row < ARRAY_SIZE(boots); row++)
		for (unsigned cut = 0; cut < 2; cut++)
			check_boot(row, cut);
	check_boot_fails();
	printf("shadow: %u not so\n", want_failed);
	return want_failed != 0;
}

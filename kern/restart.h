/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/restart.h - restart the kernel and resume the run: one record in memory that boot does not
 * clear (kern/persist.h), and the function that ends this boot.
 *
 * A restart is a first boot that finds an armed record: same entry, same instructions, MMU off,
 * same registers.  The record is disarmed as soon as it is read, so nothing is resumed twice; an
 * invalid record, or that of another image, means a cold boot.
 *
 * The kernel fills in `restart` and calls restart_leave(); after restart_adopt() the next boot has
 * the same contents there.  `run` belongs to the test runner: kern/ does not look into it.
 */
#pragma once
#include <kern/args.h>

#define RESTART_RUN_BYTES 6144

enum restart_how {
	RESTART_DISARMED,
	RESTART_SOFT,     /* every other CPU is off, the image's entry is called again */
	RESTART_FIRMWARE, /* some CPU does not answer: a warm reset by firmware */
};

struct restart {
	u32 how;
	u32 resumed;        /* this boot continues one that ended by restart_leave() */
	u32 lives;          /* boots since power-on, this one included */
	u32 soft, firmware; /* how many of them began by each kind of restart */
	u32 began;          /* how this boot began: enum restart_how, DISARMED = no restart */
	u64 fdt_pa;         /* physical address of the device tree */
	u64 left_cost;      /* cost of restart_leave(), in cost_unit() */
	u32 entry_el;       /* exception level at which firmware entered the first time */
	u32 entry;          /* enum boot_entry, of the first time */
	char geometry[32];  /* for the next boot; "" = that of the arguments */
	struct args args;   /* the boot arguments, with later changes */
	char reason[200];   /* why: "" = a requested restart, else the text of a crash */
	u64 run[RESTART_RUN_BYTES / 8];
};
extern struct restart restart;

/* Boot CPU, once, early: true when this boot continues one that called restart_leave(). */
bool restart_adopt(void);
/*
 * Turn the other CPUs off, write the record, restart.  Any CPU may call it, in a crash too; the
 * boot CPU enters the image again.  If a CPU does not answer, or the image cannot be entered again,
 * firmware resets the machine.  Returns only if that fails too: then the caller can only print and
 * halt, because interrupts are off and CPUs may be.
 */
void restart_leave(const char *geometry, const char *reason);
NORETURN void restart_begin(void); /* boot CPU, the record sealed, the others off or turning off */

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/restart.h - the machine starts again without losing its thread: one record in memory that
 * nobody clears, and the way out of this life.
 *
 * A restart is a first boot that finds a record which somebody armed.  Same entry, same
 * instructions, MMU off, same registers.  The record is disarmed as soon as it is read, so nothing
 * is resumed twice; what is not whole, or another image's, is a cold boot.
 *
 * This life fills in `restart` and calls restart_leave(); the next one finds it there again after
 * restart_adopt().  `run` belongs to the test runner: kern/ does not look into it.
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
	u32 resumed;        /* this life continues one that ended by restart_leave() */
	u32 lives;          /* boots since power came on, this one included */
	u32 soft, firmware; /* of them: how they began */
	u32 began;          /* how this life did: an enum restart_how, DISARMED = by itself */
	u64 fdt_pa;         /* where the device tree lay */
	u64 left_cost;      /* what leaving cost, in cost_unit() */
	u32 entry_el;       /* as firmware entered the first time */
	u32 entry;          /* enum boot_entry, of the first time */
	u32 machine;        /* the machine's hash, 0: not known yet, and the RAM it is over: */
	u64 machine_memory; /* they belong to the shell */
	char geometry[32];  /* for the next life; "" = what the arguments say */
	struct args args;   /* the boot words, and what was changed since */
	char reason[200];   /* why: "" = it was asked for, else the text of a crash */
	u64 run[RESTART_RUN_BYTES / 8];
};
extern struct restart restart;

/* Early in boot: true when this life continues one that called restart_leave(). */
bool restart_adopt(void);
/*
 * Turn the other CPUs off, keep the record, begin again.  Any CPU may call it, in a crash too; the
 * boot CPU begins the next life.  Comes back only if that is impossible: a CPU does not answer and
 * firmware cannot reset the machine.  Then nothing but printing and a halt is left.
 */
void restart_leave(const char *geometry, const char *reason);
NORETURN void restart_begin(void); /* the boot CPU, everything written: the next life */

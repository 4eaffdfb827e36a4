/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/follow.h - agreement with QEMU, instruction by instruction.
 *
 * QEMU runs the same image on one CPU, with one instruction in each translated block, and prints
 * its state before each (-singlestep -d nochain,exec,cpu); tools/hotplate worst-agree starts it.
 * The machine, without adversaries, executes the same instructions and compares every register of
 * the log.  Its memory starts with QEMU's device tree, and at the end both memories are compared.
 *
 * A value from outside the model (enum outside) is taken from QEMU's next state, only for an
 * instruction that may read such a value, and is counted by kind.  QEMU determines when an
 * interrupt is taken; the machine executes its entry.
 */
#pragma once
#include <lib/types.h>

#define FOLLOW_SLOTS 48u

/* Registers by slot; slot 0 is pc.  The mask has the bits that are compared. */
struct follow_name {
	const char *name; /* its name in QEMU's log; NULL ends the list */
	u64 mask;
};

struct follow_state {
	u64 slot[FOLLOW_SLOTS];
};

enum outside {
	OUTSIDE_DEVICE,    /* loads outside RAM */
	OUTSIDE_TIME,      /* counters of time, cycles, events */
	OUTSIDE_INTERRUPT, /* pending interrupts, and an interrupt controller's registers */
	OUTSIDE_IDENTITY,  /* identification registers */
	OUTSIDE_FIRMWARE,  /* results of calls of firmware */
	OUTSIDE_NR
};

struct follow {
	const char *log, *ram; /* files; NULL: QEMU is not followed */
	u64 most;              /* instructions; 0: until QEMU ends */
	u64 blocks;            /* 1: the log has one state for each block of instructions */
	u64 outside[OUTSIDE_NR], interrupts;
};
extern struct follow follow;

/* Read QEMU's first state at `entry` into *s; false: its log has none. */
bool follow_begin(u64 entry, struct follow_state *s);
/* Copy from QEMU's memory to the machine's. */
bool follow_copy(u64 pa, u64 bytes);
/* Run until QEMU or the machine ends; a difference stops the machine. */
void follow_run(const struct follow_state *first);

/* ---- defined by an architecture: <arch>/follow.c ---- */
extern const struct follow_name core_follow_names[];
void core_follow_set(const struct follow_state *s); /* set the first CPU's registers */
u64 core_follow_tree(const struct follow_state *s); /* the tree's address, by the boot protocol */
void core_follow_get(struct follow_state *s);
/* One instruction.  next: QEMU's state after it, or NULL if there is none. */
void core_follow_step(const struct follow_state *next);
u32 core_follow_word(void); /* of the next instruction, 0 if it cannot be fetched */

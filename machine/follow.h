/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/follow.h - agreement with QEMU, instruction by instruction.
 *
 * QEMU runs the same image on one CPU, a translated block an instruction, and writes its state
 * before each (-singlestep -d nochain,exec,cpu); tools/hotplate worst-agree starts it.  The
 * machine, without adversaries, executes each instruction as well and compares every register of
 * the log.  Its memory begins with QEMU's device tree, and at the end both memories are compared.
 *
 * What an instruction takes from outside the model is taken from QEMU's next state, counted by
 * kind, and for one instruction that may do so only: enum outside.  QEMU says when an interrupt is
 * taken; what its entry does is the machine's own.
 */
#pragma once
#include <lib/types.h>

#define FOLLOW_SLOTS 48u

/* Registers by slot; slot 0 is pc.  A mask says which bits both have. */
struct follow_name {
	const char *name; /* as QEMU's log calls it; NULL ends them */
	u64 mask;
};

struct follow_state {
	u64 slot[FOLLOW_SLOTS];
};

enum outside {
	OUTSIDE_DEVICE,    /* loads that no RAM answers */
	OUTSIDE_TIME,      /* counters of time, cycles, events */
	OUTSIDE_INTERRUPT, /* pending interrupts, and an interrupt controller's registers */
	OUTSIDE_IDENTITY,  /* which features the CPU has */
	OUTSIDE_FIRMWARE,  /* results of calls */
	OUTSIDE_NR
};

struct follow {
	const char *log, *ram; /* files; NULL: nobody is followed */
	u64 most;              /* instructions; 0: until QEMU ends */
	u64 blocks;            /* 1: the log has a state a block of instructions */
	u64 outside[OUTSIDE_NR], interrupts;
};
extern struct follow follow;

/* The first state of QEMU at `entry` is in *s; false: its log has none. */
bool follow_begin(u64 entry, struct follow_state *s);
/* Copy from QEMU's memory to the machine's. */
bool follow_copy(u64 pa, u64 bytes);
/* Until QEMU or the machine ends; a difference stops the machine. */
void follow_run(const struct follow_state *first);

/* ---- an architecture gives: <arch>/follow.c ---- */
extern const struct follow_name core_follow_names[];
void core_follow_set(const struct follow_state *s); /* as firmware left the first CPU */
u64 core_follow_tree(const struct follow_state *s); /* where the boot protocol says it is */
void core_follow_get(struct follow_state *s);
/* One instruction.  next: QEMU's state after it, or NULL if there is none. */
void core_follow_step(const struct follow_state *next);
u32 core_follow_word(void); /* of the next instruction, 0 if it cannot be fetched */

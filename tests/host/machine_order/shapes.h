/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/machine_order/shapes.h - small concurrent programs as text, and how they are executed.
 *
 *   "Wx1 Fww Wy1 | Ry Frr Rx@a"     threads between bars, one letter of location (x, y, z)
 *   Wx1    store 1 to x             Wx1@a  data depends on register a, which is the first load's
 *   Rx     load into the next register (a, b, ... over all threads, from the left)
 *   Rx@a   the address depends on register a
 *   Fww    fence; r, w or * (rw) before and after
 *   Xx1    AMO (RVWMO): a swap, its old value is a register; Xx1a, Xx1r, Xx1ar: acquire, release
 *   Ux1    SWP (Arm), the same;  Ex1  an exclusive pair until it succeeds (LDXR, LDAXR; STXR,
 *          STLXR);  Ux1n: its result is not used, the register is for the verdict alone
 *   Sx1    store-release (Arm)
 *   Ax     load-acquire (Arm), by an atomic that writes nothing;  Qx  LDAPR
 *   Lx     load by an atomic that writes nothing (LR, LDXR); Lxn: as U is, a CAS that fails
 *   Vx     the walker's read of a word;  Vx@a  after the read of register a
 *   Ix, Jx1, Yx@a   load, store, and walker's read of memory that hardware does not keep coherent
 *   Kx, Kxd         the thread's own maintenance of x; it drops the thread's copy as well
 *   Mx, Mxd         that of all threads
 *   D      all stores of this thread leave: nothing is ordered by that
 *   B@a    a branch that depends on register a
 *
 * An outcome: the registers' values, then the final values of the locations in `finals`.
 */
#pragma once
#include <machine/order.h>

struct shape {
	const char *name, *text, *finals, *allowed;
};
extern const struct shape shapes[]; /* ends with a row without a name */

#define PLAYER_THREADS 4
#define PLAYER_REGISTERS 8

struct player {
	const char *at[PLAYER_THREADS]; /* each thread's next word, NULL at its end */
	unsigned next_register[PLAYER_THREADS];
	unsigned threads, registers;
	u64 value[PLAYER_REGISTERS], view[PLAYER_REGISTERS];
	u64 reserved[PLAYER_THREADS]; /* the word of a load-exclusive, or 0 */
};

void player_begin(struct player *p, const char *text);
/* One attempt of a thread, or a store leaves; false: all have ended, and all is in memory. */
bool player_step(struct player *p, unsigned thread);
void player_outcome(const struct player *p, const char *finals, char *outcome);

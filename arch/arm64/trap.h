/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch/arm64/trap.h - what vectors.S saves, and the offsets it shares with C (asserted in trap.c).
 *
 * struct cpu's scratch words belong to this architecture: [0] [1] hold x2 and x3 during the entry,
 * [2] is the top of the stack this CPU runs on now, [3] is 1 while an entry saves registers.
 */
#pragma once

#define CPU_STACK_TOP 16
#define CPU_OVERFLOW_TOP 24
#define CPU_SCRATCH 32
#define CPU_STACK_NOW (CPU_SCRATCH + 16)
#define CPU_ENTERING (CPU_SCRATCH + 24)

#define CPU_STACK_SHIFT 14        /* log2 of STACK_BYTES, kern/cpu.h */
#define CPU_OVERFLOW_BYTES 0x1000 /* OVERFLOW_BYTES, kern/cpu_record.c */

#define TRAP_FRAME_BYTES 320
#define TRAP_ON_OVERFLOW 16 /* in `vector`: sp was bad, this frame begins the overflow stack */

/* Room that C handlers need below a frame; with less left the overflow stack is used. */
#define TRAP_ROOM_SHIFT 11

#ifndef __ASSEMBLER__
#include <lib/types.h>

struct cpu;

struct trap_frame {
	u64 x[31];
	u64 sp, pc, pstate;
	u64 esr, far;
	u64 vector; /* 0..15 by VBAR offset, | TRAP_ON_OVERFLOW */
	u64 unused;
	u64 link_fp, link_pc; /* a frame record, so that backtraces continue beyond the exception */
};

void trap_enter(struct trap_frame *); /* from vectors.S, all exceptions masked */

extern const char vectors[];
#endif

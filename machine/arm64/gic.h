/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/gic.h - the common part of GICv2 (IHI 0048) and GICv3 (IHI 0069): the state of each
 * interrupt, registers with one, two or eight bits for each, the interrupt that a CPU interface
 * signals, and SGIs that arrive late.  gicv2.c and gicv3.c have the frames and the CPU interface;
 * features.gic selects one.
 */
#pragma once
#include "devices.h"

#define PRIVATE 32u
#define IDS 96u
#define BANKS (IDS / 32)
#define SPURIOUS 1023u
#define SGIS 16u

/* 32 interrupts, a bit each. */
struct gic_bank {
	u32 group, enabled, pending, active, wire, edge;
	u8 priority[32];
};

struct gic_part {
	struct gic_bank own;
	u32 waker;
	u32 in_flight;             /* SGIs in flight: sent, not yet pending */
	u8 sent[SGIS], from[SGIS]; /* senders, a bit for each CPU: in flight; pending.  v3: bit 0 */
	u64 due[SGIS][GICV2_CPUS]; /* slices until they are pending */
	u64 mask, enabled, binary, binary0, active_priorities;
};

struct gic_state {
	struct gic_bank shared[BANKS]; /* bank 0 is not used: its interrupts are private */
	u64 route[IDS];                /* v3: MPIDR's affinity; v2: CPU interfaces, a bit each */
	u32 control;
	struct gic_part part[WORST_CPUS];
};
extern struct gic_state gic;

struct gic_bank *gic_bank_at(unsigned cpu, unsigned bank);
/* The interrupt that the CPU's interface signals, or SPURIOUS. */
unsigned gic_best(unsigned cpu);
/* The running priority; 256: none is active. */
unsigned gic_running(const struct gic_part *p);
/* The signalled interrupt becomes active; *from: the sender of an SGI.  SPURIOUS: there is none. */
unsigned gic_acknowledge(unsigned cpu, unsigned *from);
/* Drop the highest active priority, and deactivate the interrupt. */
void gic_end(unsigned cpu, unsigned id);
/* Send an SGI; it merges with one of the same sender that is in flight or pending. */
void gic_send(unsigned to, unsigned id, unsigned from, u64 view);

/* Registers with some bits for each interrupt: at the same offsets in all frames. */
enum {
	BITS_GROUP = 0x80,
	BITS_ENABLE = 0x100,
	BITS_DISABLE = 0x180,
	BITS_PEND = 0x200,
	BITS_UNPEND = 0x280,
	BITS_ACTIVATE = 0x300,
	BITS_DEACTIVATE = 0x380,
	PRIORITIES = 0x400,
	TARGETS = 0x800, /* v2 */
	CONFIGURATION = 0xc00,
};
bool gic_in_lines(u64 offset, u64 start, unsigned bits);
void gic_read_lines(unsigned cpu, u64 offset, unsigned bytes, u64 *v);
void gic_write_lines(unsigned cpu, u64 offset, unsigned bytes, u64 v);

/* gic=0, for which only the wires and the SGIs in flight are used */
void bcm2836_reset(void);
bool bcm2836_pending(unsigned cpu);

void gicv2_reset(void);
void gicv2_reset_cpu(unsigned cpu);
bool gicv2_targets(unsigned cpu, unsigned id);

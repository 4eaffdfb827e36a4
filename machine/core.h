/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/core.h - what main.c and power.c ask of an architecture: riscv/core.c, arm64/core.c.
 * schedule.h has what is asked while CPUs run.
 *
 * A program holds one architecture.  So its CPUs are called without a table in between, and names
 * of the manuals (a hart, a CPU's SCTLR) stay within one directory.
 */
#pragma once
#include <machine/memory.h>
#include <machine/tree.h>

/* A word of the command line with a number; `shift` turns its unit into one. */
struct number_word {
	const char *name;
	u64 *value, least, most;
	unsigned shift;
};

extern const u64 core_ram;                      /* where RAM begins */
extern u64 core_reserved;                       /* firmware's part of it; the image follows */
extern const struct number_word core_numbers[]; /* name NULL ends them */
/* A word of this architecture that is not a number; false: it has none of that name. */
bool core_word(const char *word, const char *value);
/* CPUs and devices, also those of before a reset, are as power-on leaves them. */
void core_power_on(unsigned cpus);
/* Reset: each dirty cache line is either written back to RAM or lost, chosen at random. */
void core_lose_caches(void);
/* The first CPU begins.  `loaded`: bytes of the image's file; `again`: after a reset. */
void core_boot(u64 entry, u64 loaded, u64 tree, bool again);
bool core_failed(void);     /* it switched itself off for a failure */
bool core_resets(void);     /* it is off because firmware was asked for a reset */
bool core_reset_cold(void); /* ... and for one that may take RAM's power as well */
/* What is in memory, past all caches, of an aligned word. */
u64 core_memory(u64 word);
/* RAM does not answer any more that did (memory_answers()): no translation in use leads there. */
void core_memory_left(void);
/* ordering.visible, ordering.performed */
void core_visible(unsigned cpu, u64 word, struct frame_state *f);
void core_performed(unsigned cpu, unsigned reg, u64 value, u64 view);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/core.h - functions of an architecture that main.c and power.c call: riscv/core.c,
 * arm64/core.c.  Those that are called while CPUs run are in schedule.h.
 *
 * A program has one architecture, so these functions are called directly, without a table of
 * pointers.
 */
#pragma once
#include <machine/memory.h>
#include <machine/tree.h>

/* A word of the command line with a number; `shift` converts its unit. */
struct number_word {
	const char *name;
	u64 *value, least, most;
	unsigned shift;
};

extern u64 core_ram;                           /* start of RAM */
extern u64 core_io;                            /* start of the devices */
extern const u64 core_flash, core_flash_bytes; /* flash.h: bank 0, and the bytes of each bank */
extern u64 core_reserved; /* bytes at the start of RAM, of firmware or unused; the image follows */
extern const struct number_word core_numbers[]; /* ended by a NULL name */
/* Parse a word of this architecture that is not a number; false: no such word. */
bool core_word(const char *word, const char *value);
/* Enter what the firmware of the machine itself reserves (reserve.h). */
void core_reserve(void);
/* Put CPUs and devices into their power-on state; also called at a reset. */
void core_power_on(unsigned cpus);
/* Reset: each dirty cache line is either written back to RAM or lost, chosen at random. */
void core_reset_caches(void);
/* Start the first CPU.  `loaded`: bytes of the image's file, 0: it starts from flash; `again`:
 * after a reset. */
void core_boot(u64 entry, u64 loaded, u64 tree, bool again);
bool core_failed(void);     /* the machine switched itself off for a failure */
bool core_resets(void);     /* it is off for a reset by firmware */
bool core_reset_cold(void); /* ... which may power RAM off as well */
/* An aligned word at the point of coherency: no cache line hides it. */
u64 core_memory(u64 word);
/* Some RAM was removed (memory_responds() is false): drop translations in use. */
void core_memory_removed(void);
/* order_hooks.visible, order_hooks.performed (order.h) */
void core_visible(unsigned cpu, u64 word, struct frame_state *f);
void core_performed(unsigned cpu, unsigned reg, u64 value, u64 view);

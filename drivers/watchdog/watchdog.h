/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/watchdog/watchdog.h - watchdogs that firmware left running: stopped where that can be
 * done, served at the tick of the boot CPU where it cannot, else said.  One that is off stays off,
 * without a line.  (A CPU that hangs is kern/watchdog.c's affair.)
 */
#pragma once
#include <lib/types.h>

#define WATCHDOG_STEPS 4

struct watchdog_step {
	u16 at;
	u32 value;
	bool used;
};

struct watchdog_model {
	const char *compatible;
	u8 width;    /* of its registers, bytes */
	u16 state;   /* offset of the register that says whether it runs */
	u32 running; /* any of these bits: it does */
	struct watchdog_step stop[WATCHDOG_STEPS]; /* none: nothing stops it */
	struct watchdog_step serve[WATCHDOG_STEPS];
	const char *untouched; /* why it is not looked at */
};
extern const struct watchdog_model watchdog_models[]; /* ends with a compatible of NULL */

/* Registers, or those that a test plays. */
struct watchdog_io {
	u32 (*read)(volatile void *regs, u16 at, u8 width);
	void (*write)(volatile void *regs, u16 at, u8 width, u32 value);
};

enum watchdog_state { WATCHDOG_OFF, WATCHDOG_STOPPED, WATCHDOG_SERVED, WATCHDOG_RUNS };
/* Look at one, and stop it if it runs; if it runs on, serve it once. */
enum watchdog_state watchdog_calm(const struct watchdog_model *, volatile void *regs,
				  const struct watchdog_io *);
void watchdog_serve(const struct watchdog_model *, volatile void *regs, const struct watchdog_io *);

/* Those of the device tree, a line for each that runs. */
void watchdogs_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len));
void watchdogs_tick(void);

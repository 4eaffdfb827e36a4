/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/watchdog/watchdog.h - watchdogs that firmware left running: stopped if possible, else
 * served at the boot CPU's tick, else reported.  A watchdog that does not run is not changed or
 * reported.  (CPUs that hang are detected by kern/lockup.c.)
 */
#pragma once
#include <lib/types.h>

#define WATCHDOG_STEPS 4

/* A write of `value` to offset `at`.  `used` false ends the list. */
struct watchdog_step {
	u16 at;
	u32 value;
	bool used;
};

/* One model of watchdog, from its manufacturer's manual. */
struct watchdog_model {
	const char *compatible;
	u8 width;    /* width of its registers, bytes */
	u16 state;   /* offset of the register with the running state */
	u32 running; /* it runs if any of these bits is set */
	struct watchdog_step stop[WATCHDOG_STEPS]; /* empty: it cannot be stopped */
	struct watchdog_step serve[WATCHDOG_STEPS];
	const char *untouched; /* why it is not accessed; NULL: it is accessed */
};
extern const struct watchdog_model watchdog_models[]; /* ends with a compatible of NULL */

/* Register accesses; a test emulates them. */
struct watchdog_io {
	u32 (*read)(volatile void *regs, u16 at, u8 width);
	void (*write)(volatile void *regs, u16 at, u8 width, u32 value);
};

enum watchdog_state { WATCHDOG_OFF, WATCHDOG_STOPPED, WATCHDOG_SERVED, WATCHDOG_RUNS };
/* Stop the watchdog if it runs; if that fails, serve it once.  Returns the resulting state: RUNS
 * if it can be neither stopped nor served. */
enum watchdog_state watchdog_calm(const struct watchdog_model *, volatile void *regs,
				  const struct watchdog_io *);
/* The writes that restart the watchdog's count. */
void watchdog_serve(const struct watchdog_model *, volatile void *regs, const struct watchdog_io *);

/* Boot CPU: handle each watchdog of the device tree; one log line for each that ran. */
void watchdogs_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len));
/* Serve the watchdogs that cannot be stopped; from the boot CPU's tick. */
void watchdogs_tick(void);

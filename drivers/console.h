/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/console.h - the console: stdout-path, a UART driver, a receive ring, Ctrl-C.
 */
#pragma once
#include <lib/types.h>

/* Find stdout (aliases, ranges, status), map through `map`, probe.  0 or -ENODEV with the SBI
 * console or nothing instead; the reason is in the log. */
int console_init(const void *fdt, volatile void *(*map)(paddr_t, u64 len));
void console_remap(volatile void *(*map)(paddr_t, u64 len)); /* final tables took over */
void console_irq_init(const void *fdt); /* receive interrupts, once the controller is up; the tree
					   where it is now */
void console_write(const char *, size_t);
int console_getc(void);         /* -1 = nothing; -2 = end of input */
void console_poll(void);        /* from the tick: fills the ring, notices Ctrl-C */
bool console_interrupted(void); /* Ctrl-C since the last console_clear_interrupt() */
void console_clear_interrupt(void);
const char *console_name(void); /* "pl011@9000000" */

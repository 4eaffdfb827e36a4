/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/console.h - the console: stdout-path, a UART driver, a receive ring, Ctrl-C.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

/* Find stdout (aliases, ranges, status), map through `map`, probe.  Where the tree's is none, `why`
 * says what is wrong with it and what is used instead: the firmware's or, with -ENODEV, none.
 * `may_guess`, asked then: does the first UART of the tree come before those?  On silicon, reading
 * registers of one whose clock is off may never end. */
int console_init(const void *fdt, bool (*may_guess)(void), volatile void *(*map)(paddr_t, u64 len),
		 struct why *);
/* Where there is none: `first`, of the tree, or NAME,ADDRESS[,SHIFT[,WIDTH]] with the name of a
 * driver, registers so far apart (a power of two) and so wide.  Firmware has set it up.  -EINVAL or
 * -ENODEV with the sentence. */
int console_take(const void *fdt, const char *text, volatile void *(*map)(paddr_t, u64 len),
		 struct why *);
void console_remap(volatile void *(*map)(paddr_t, u64 len)); /* final tables took over */
void console_irq_init(const void *fdt); /* receive interrupts, once the controller is up; the tree
					   where it is now */
void console_write(const char *, size_t);
int console_getc(void); /* -1 = nothing; -2 = end of input; Ctrl-U behind a line that was cut */
u32 console_lost(void); /* characters that found no room since this was last asked */
/* Into the ring, until the UART has no more: true.  A UART whose clock is gated, or that is gone
 * from its bus, may say for ever that it has; so no call takes more than the ring holds. */
struct uart;
bool console_take_input(const struct uart *);
/* The same from its interrupt.  Without end: it has answered so for long, so its interrupt has to
 * be turned off, which a CPU may take before that of its timer every time (RISC-V: external before
 * timer), and the tick alone looks at it from then on. */
enum console_came { CAME_NOTHING, CAME_SOME, CAME_WITHOUT_END };
enum console_came console_receive(const struct uart *);
void console_poll(void);        /* from the tick: fills the ring, notices Ctrl-C */
bool console_interrupted(void); /* Ctrl-C since the last console_clear_interrupt() */
void console_clear_interrupt(void);
const char *console_name(void); /* "pl011@9000000" */

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/console.h - the console: stdout-path, a UART driver, a receive ring, Ctrl-C.
 *
 * The boot CPU attaches the console and reads it.  `map` maps registers: by the early map until
 * the final tables are in use.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

/*
 * Find stdout (aliases, ranges, status), map it through `map`, probe it.  If the tree's stdout
 * is unusable, `why` says what is wrong and what is used instead; -ENODEV: no console at all.
 * `may_guess` is called only then: may the first UART of the tree be tried before the firmware's
 * console?  On silicon a read of a UART whose clock is off may hang the bus.
 */
int console_init(const void *fdt, bool (*may_guess)(void), volatile void *(*map)(paddr_t, u64 len),
		 struct why *);
/*
 * Attach a console given by the user: `first` (of the tree), or NAME,ADDRESS[,SHIFT[,WIDTH]]:
 * driver name, physical address, log2 of the register distance, register width in bytes.
 * Firmware has set the UART up.  -EINVAL: syntax; -ENODEV: unknown name or the driver refuses
 * it.
 */
int console_take(const void *fdt, const char *text, volatile void *(*map)(paddr_t, u64 len),
		 struct why *);
void console_remap(volatile void *(*map)(paddr_t, u64 len)); /* once the final tables are in use */
void console_irq_init(const void *fdt); /* receive interrupts, once the controller is up; the tree
					   where it is now */
/* Write n characters, a newline as CR LF; waits for room, bounded.  Any CPU and context; the
 * caller serialises. */
void console_write(const char *, size_t);
int console_getc(void); /* -1 = none; -2 = end of input; Ctrl-U after a truncated line */
u32 console_lost(void); /* characters dropped since the last call */
/*
 * Move characters from the UART to the ring until the UART is empty: true.  One call takes at
 * most as many as the ring holds (false): a UART whose clock is gated, or that has left its bus,
 * may report data for ever.  Boot CPU, in its tick or receive interrupt: the ring has one
 * producer.
 */
struct uart;
bool console_take_input(const struct uart *);
/* The same from the receive interrupt.  CAME_WITHOUT_END: many calls in a row did not empty the
 * UART; the caller disables its interrupt, and the tick alone polls it from then on.  Otherwise
 * a CPU might never take its timer interrupt (RISC-V takes external before timer interrupts). */
enum console_came { CAME_NOTHING, CAME_SOME, CAME_WITHOUT_END };
enum console_came console_receive(const struct uart *);
void console_poll(void);        /* from the boot CPU's tick: fill the ring, notice Ctrl-C */
bool console_waiting(void);     /* console_getc() or console_interrupted() has something to say */
bool console_interrupted(void); /* Ctrl-C since the last console_clear_interrupt() */
void console_clear_interrupt(void);
const char *console_name(void); /* "pl011@9000000" */

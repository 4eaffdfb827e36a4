/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/console.h - the console: stdout-path, a UART driver, a receive ring, Ctrl-C.
 *
 * The boot CPU attaches and reads the console.  `map` maps registers, in the early map until the
 * kernel's page tables are in use.
 */
#pragma once
#include <lib/err.h>
#include <lib/types.h>

/*
 * Find stdout (aliases, ranges, status), map it by `map`, probe it.  If it is not usable, `why` has
 * the fault and the console that is used instead; -ENODEV: there is no console.  `may_guess` is
 * called only then: may the first UART of the tree be tried before the console of firmware?  On
 * hardware a read of a UART whose clock is off may hang the bus.
 */
int console_init(const void *fdt, bool (*may_guess)(void), volatile void *(*map)(paddr_t, u64 len),
		 struct why *);
/*
 * Attach the console of earlycon=: `first` (of the tree), or NAME,ADDRESS[,SHIFT[,WIDTH]]: driver
 * name, physical address, log2 of the register distance, register width in bytes.  Firmware has set
 * up the UART.  -EINVAL: syntax; -ENODEV: unknown name, or the driver refuses the device.
 */
int console_earlycon(const void *fdt, const char *text, volatile void *(*map)(paddr_t, u64 len),
		     struct why *);
/* When the kernel's page tables are in use. */
void console_remap(volatile void *(*map)(paddr_t, u64 len));
/* Enable receive interrupts, after irq_init(); `fdt`: the tree at its present address. */
void console_irq_init(const void *fdt);
/* Write n characters, a newline as CR LF; waits for FIFO space, bounded.  Any CPU and context; the
 * caller serialises. */
void console_write(const char *, size_t);
int console_getc(void);    /* -1 = none; -2 = end of input; Ctrl-U after a truncated line */
u32 console_dropped(void); /* number of characters dropped since the last call */
/*
 * Move characters from the UART to the ring.  True: the UART is empty.  False: as many as the ring
 * holds were read; a UART without clock or power may report data for ever.  Boot CPU, in its tick
 * or receive interrupt: the ring has one producer.
 */
struct uart;
bool console_fill(const struct uart *);
/* The same, from the receive interrupt.  RX_ENDLESS: many calls in a row did not empty the
 * UART; the caller disables its interrupt, and only the tick polls it from then on.  Otherwise the
 * CPU might never take its timer interrupt (RISC-V takes external interrupts before timer
 * interrupts). */
enum console_rx { RX_NOTHING, RX_SOME, RX_ENDLESS };
enum console_rx console_receive(const struct uart *);
void console_poll(void);        /* from the boot CPU's tick: fill the ring, detect Ctrl-C */
bool console_waiting(void);     /* console_getc() has input, or console_interrupted() is true */
bool console_interrupted(void); /* Ctrl-C since the last console_clear_interrupt() */
void console_clear_interrupt(void);
const char *console_name(void); /* "pl011@9000000" */

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/uart.h - the bounded wait for room, shared by all UART drivers.
 *
 * A character takes at most 1 ms (9600 baud), a register read at least tens of ns.  A device
 * without room for UART_POLLS_MAX reads is stuck: from then on a character is dropped after a
 * single read, until there is room again; so a dead console costs the long wait only once.
 */
#pragma once
#include <arch/arch.h>

#ifndef UART_POLLS_MAX /* a host test sets a smaller bound */
#define UART_POLLS_MAX 1000000u
#endif

/* Broken characters are dropped.  After more of them than any FIFO holds, getc() reports
 * nothing: a UART that has left its bus may report them for ever. */
#define UART_NOISE_MAX 256u

/* Wait for room() with a bound; false: drop the character.  *stuck belongs to the driver, false
 * at first.  Any context; the caller serialises. */
static inline bool uart_wait(bool (*room)(void), bool *stuck)
{
	for (unsigned i = *stuck ? UART_POLLS_MAX - 1 : 0; i < UART_POLLS_MAX; i++) {
		if (room()) {
			*stuck = false;
			return true;
		}
		arch_relax();
	}
	*stuck = true;
	return false;
}

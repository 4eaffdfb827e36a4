/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/uart.h - the bounded wait for space in the transmit FIFO, shared by all UART
 * drivers.
 *
 * A character takes at most 1 ms (9600 baud), a register read at least tens of ns.  A device
 * without space for UART_POLLS_MAX reads is stuck: from then on a character is dropped after one
 * read, until there is space again.  So a dead console costs the long wait only once.
 */
#pragma once
#include <arch/arch.h>

#ifndef UART_POLLS_MAX /* a host test sets a smaller bound */
#define UART_POLLS_MAX 1000000u
#endif

/* Broken characters are dropped.  After more of them than any FIFO holds, getc() returns -1: a UART
 * without clock or power may return them for ever. */
#define UART_NOISE_MAX 256u

/* Wait for tx_space() with a bound; false: drop the character.  *stuck belongs to the driver, and
 * is false initially.  Any context; the caller serialises. */
static inline bool uart_wait(bool (*tx_space)(void), bool *stuck)
{
	for (unsigned i = *stuck ? UART_POLLS_MAX - 1 : 0; i < UART_POLLS_MAX; i++) {
		if (tx_space()) {
			*stuck = false;
			return true;
		}
		arch_relax();
	}
	*stuck = true;
	return false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/uart/uart.h - the wait for room that every UART driver has, bounded as a whole.
 *
 * A character takes at most 1 ms (9600 baud), a register read at least tens of ns.  A device that
 * found no room within POLLS_MAX is stuck: from then on a character is lost after one look, so that
 * a dead console costs a moment once and not with each character, until there is room again.
 */
#pragma once
#include <arch/arch.h>

#ifndef UART_POLLS_MAX /* a test of every answer of every device waits less */
#define UART_POLLS_MAX 1000000u
#endif

/* Noise is no input.  Who has received more of it than any FIFO holds has nothing for now: a UART
 * that is gone from its bus may answer so for ever. */
#define UART_NOISE_MAX 256u

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

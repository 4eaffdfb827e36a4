/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/uart16550.c - a 16550 that is connected to the console.
 */
#include "devices.h"

static u8 enabled, line_control, modem_control, scratch, divisor[2];
static bool typed; /* there are received characters */

static void wire(void)
{
	plic_wire(UART_SOURCE, typed && (enabled & 1));
}

/* Received characters stay. */
void uart_power_on(void)
{
	uart_device.base = UART_BASE;
	enabled = line_control = modem_control = scratch = divisor[0] = divisor[1] = 0;
	wire();
}

void uart_typed(bool some)
{
	typed = some;
	wire();
}

#define DLAB 0x80u

static bool uart_read(u64 offset, unsigned bytes, u64 *value)
{
	if (bytes != 1) /* its registers are bytes */
		return false;
	switch (offset) {
	case 0:
		*value = line_control & DLAB ? divisor[0] : typed ? (u64)console_get() : 0;
		return true;
	case 1:
		*value = line_control & DLAB ? divisor[1] : enabled;
		return true;
	case 2: /* FIFOs are on; received data, transmitter empty, or nothing */
		*value = 0xc0 | (typed && (enabled & 1) ? 4 : enabled & 2 ? 2 : 1);
		return true;
	case 3:
		*value = line_control;
		return true;
	case 4:
		*value = modem_control;
		return true;
	case 5: /* the transmitter is always empty */
		*value = 0x60 | typed;
		return true;
	case 6:
		*value = 0xb0;
		return true;
	case 7:
		*value = scratch;
		return true;
	default:
		*value = 0;
		return true;
	}
}

static bool uart_write(u64 offset, unsigned bytes, u64 value)
{
	if (bytes != 1)
		return false;
	if (offset < 2 && (line_control & DLAB)) {
		divisor[offset] = (u8)value;
		return true;
	}
	switch (offset) {
	case 0:
		console_put((char)value);
		break;
	case 1:
		enabled = value & 15;
		wire();
		break;
	case 3:
		line_control = (u8)value;
		break;
	case 4:
		modem_control = (u8)value;
		break;
	case 7:
		scratch = (u8)value;
		break;
	}
	return true;
}

struct machine_device uart_device = { IO_BASE, 0x100, uart_read, uart_write };

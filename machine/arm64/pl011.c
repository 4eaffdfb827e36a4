/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/pl011.c - a PL011 (DDI 0183) that is connected to the console.
 */
#include "devices.h"

enum {
	DR = 0x00,
	FR = 0x18,
	LCR_H = 0x2c,
	CR = 0x30,
	IFLS = 0x34,
	IMSC = 0x38,
	RIS = 0x3c,
	MIS = 0x40,
	ICR = 0x44,
	PERIPH_ID = 0xfe0
};
#define RECEIVED 0x50u /* receive level, receive timeout */
#define TRANSMITTED 0x20u
#define FLAG_TX_EMPTY 0x80u
#define FLAG_RX_EMPTY 0x10u

static u32 line_control, uart_control, levels, mask;
static bool some_typed;

static u32 raw(void)
{
	return TRANSMITTED | (some_typed ? RECEIVED : 0);
}

static void wire(void)
{
	gic_wire(UART_ID, raw() & mask);
}

/* Reset values (DDI 0183, 3.2); characters in the receive FIFO stay. */
void uart_power_on(void)
{
	uart_device.base = UART_BASE;
	line_control = mask = 0;
	uart_control = 0x300;
	levels = 0x12;
	wire();
}

void uart_typed(bool some)
{
	some_typed = some;
	wire();
}

static bool uart_read(u64 offset, unsigned bytes, u64 *v)
{
	static const u8 ids[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)bytes;
	*v = 0;
	switch (offset) {
	case DR:
		*v = some_typed ? (u64)console_get() : 0;
		break;
	case FR:
		*v = FLAG_TX_EMPTY | (some_typed ? 0 : FLAG_RX_EMPTY);
		break;
	case LCR_H:
		*v = line_control;
		break;
	case CR:
		*v = uart_control;
		break;
	case IFLS:
		*v = levels;
		break;
	case IMSC:
		*v = mask;
		break;
	case RIS:
		*v = raw();
		break;
	case MIS:
		*v = raw() & mask;
		break;
	default:
		if (offset >= PERIPH_ID && offset < PERIPH_ID + 32)
			*v = ids[(offset - PERIPH_ID) / 4];
	}
	return true;
}

static bool uart_write(u64 offset, unsigned bytes, u64 v)
{
	(void)bytes;
	switch (offset) {
	case DR:
		console_put((char)v);
		break;
	case LCR_H:
		line_control = (u32)v;
		break;
	case CR:
		uart_control = (u32)v;
		break;
	case IFLS:
		levels = (u32)v;
		break;
	case IMSC:
		mask = (u32)v & 0x7ff;
		break;
	}
	wire();
	return true;
}

struct machine_device uart_device = { IO_BASE, 0x1000, uart_read, uart_write };

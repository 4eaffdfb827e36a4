/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/devices.h - the devices of the arm64 machine.
 */
#pragma once
#include "cpu.h"
#include <machine/device.h>

#define GICD_BASE 0x8000000ul
#define GICR_BASE 0x80a0000ul
#define GICR_BYTES 0x20000ul
extern const struct machine_device gicd_device;
extern struct machine_device gicr_device; /* its length is that of all CPUs' frames */
void gic_power_on(void);
void gic_wire(unsigned id, bool high); /* of a shared interrupt */

#define UART_BASE 0x9000000ul
#define UART_ID 33u
extern const struct machine_device uart_device;
void uart_power_on(void);

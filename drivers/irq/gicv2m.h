/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/gicv2m.h - the MSI frame of a GICv2 (Arm Server Base System Architecture 3.1,
 * appendix on GICv2m): a register that turns what is written to it into an SPI, out of a range of
 * its own.
 */
#pragma once
#include <drivers/device.h>

/* The frame below this controller's node, if there is one. */
void gicv2m_find(const struct device *gic);
u32 gicv2m_phandle(void); /* 0: there is none */
u32 gicv2m_take(void);    /* an SPI of its range; ~0: none is left */
void gicv2m_give(u32 irq);
paddr_t gicv2m_address(void); /* a device writes the SPI's number there */

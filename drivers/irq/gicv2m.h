/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/irq/gicv2m.h - the MSI frame of a GICv2 (Arm Server Base System Architecture 3.1,
 * appendix on GICv2m): a write to its register raises the SPI whose number is written, in a range
 * of SPIs of the frame.  Boot CPU only.
 */
#pragma once
#include <drivers/device.h>

/* Find the first MSI frame below this controller's node; the controller's probe calls it. */
void gicv2m_find(const struct device *gic);
u32 gicv2m_phandle(void);     /* 0: there is no frame */
u32 gicv2m_alloc(void);       /* allocate an SPI of its range; ~0: none is left */
void gicv2m_free(u32 irq);    /* free an SPI of gicv2m_alloc() */
paddr_t gicv2m_address(void); /* where a device writes the SPI's number */

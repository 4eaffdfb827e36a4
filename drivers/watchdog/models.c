/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/watchdog/models.c - for each model the register with its running state, and the writes
 * that stop or serve it.
 *
 * From the manufacturers' manuals: BCM2835 power management (PM_RSTC, PM_WDOG; each write with a
 * password), Zynq UltraScale+ TRM "System Watchdog Timer" (ZMR with a key, RESTART), DesignWare
 * APB watchdog (WDT_CR, WDT_CRR; only a reset clears its enable bit), i.MX reference manuals
 * "WDOG" (WCR.WDE is write-once), Arm BSA "Generic watchdog" (WCS), SP805 (DDI 0270).
 */
#include <drivers/watchdog/watchdog.h>

#define STEP(offset, v)                                                                            \
	{                                                                                          \
		.at = (offset), .value = (v), .used = true                                         \
	}

const struct watchdog_model watchdog_models[] = {
	{ .compatible = "brcm,bcm2835-pm-wdt",
	  .width = 4,
	  .state = 0x1c, /* PM_RSTC: full reset is armed */
	  .running = 0x20,
	  .stop = { STEP(0x1c, 0x5a000102) },
	  .serve = { STEP(0x24, 0x5a0fffff) } }, /* 16 s: the maximum */
	{ .compatible = "cdns,wdt-r1p2",
	  .width = 4,
	  .state = 0x0, /* ZMR.WDEN */
	  .running = 1,
	  .stop = { STEP(0x0, 0x00abc000) },
	  .serve = { STEP(0x8, 0x1999) } },
	{ .compatible = "snps,dw-wdt",
	  .width = 4,
	  .state = 0x0, /* WDT_CR.WDT_EN */
	  .running = 1,
	  .serve = { STEP(0xc, 0x76) } },
	{ .compatible = "fsl,imx21-wdt",
	  .width = 2,
	  .state = 0x0, /* WCR.WDE */
	  .running = 4,
	  .serve = { STEP(0x2, 0x5555), STEP(0x2, 0xaaaa) } },
	{ .compatible = "arm,sbsa-gwdt",
	  .width = 4,
	  .state = 0x0, /* WCS.EN of the control frame */
	  .running = 1,
	  .stop = { STEP(0x0, 0) } },
	{ .compatible = "arm,sp805",
	  .width = 4,
	  .state = 0x8, /* WdogControl.INTEN */
	  .running = 1,
	  .stop = { STEP(0xc00, 0x1acce551), STEP(0x8, 0), STEP(0xc00, 1) },
	  .serve = { STEP(0xc00, 0x1acce551), STEP(0xc, 1), STEP(0xc00, 1) } },
	{ .compatible = "starfive,jh7110-wdt", .untouched = "a read hangs if its clock is off" },
	{ .compatible = NULL },
};

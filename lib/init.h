/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/init.h - code that runs only until the menu: unmapped before the first hot add
 * (S0-44), so nothing of hotplug may carry this mark.
 */
#pragma once

#define INIT_CODE __attribute__((section(".init.text"), noinline))

/* Large and written before it is read: not cleared at boot (the first line comes within 0.1 M
 * instructions), not in the image file. */
#define NOINIT __attribute__((section(".noinit")))

/* The same, and read by the next life: written back to memory before this one ends. */
#define KEPT __attribute__((section(".kept")))

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/init.h - code that runs only until the menu: unmapped before the first hot add
 * (S0-44), so nothing of hotplug may carry this mark.
 */
#pragma once

#define INIT_CODE __attribute__((section(".init.text"), noinline))

/* For large objects that are written before they are read: neither cleared at boot, which would
 * delay the first line (0.1 M instructions), nor part of the image file.  The worst legal machine
 * stops at a read of a byte that nothing has stored to (machine/uninit.h). */
#define NOINIT __attribute__((section(".noinit")))

/* The same, and read by the next boot: written back to memory before a restart (kern/persist.h). */
#define PERSISTENT __attribute__((section(".persist")))

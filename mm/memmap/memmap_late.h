/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap_late.h - when the struct pages that boot left are written
 * (mm/page/buddy_late.h): while the shell waits for a key, and all of them before anything is done
 * that is measured or that a user asked for.
 *
 * Boot CPU, outside interrupts, with interrupts on and no lock held.  Idle CPUs help (kern/crew.h).
 */
#pragma once
#include <lib/types.h>

/*
 * Write until none is left or stop() says true; it is asked after each window of this CPU, and each
 * helper ends its own window: 64 KiB of struct pages.  False: none was left to write.
 */
bool memmap_late_write(bool (*stop)(void));
void memmap_late_finish(void);
u64 memmap_late_idle(void); /* windows that memmap_late_write() wrote */

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/memmap/memmap_late.h - the time at which late struct pages are written (mm/page/buddy_late.h):
 * while the shell waits for a key, and all of them before a measurement or a command of a user.
 *
 * Boot CPU, outside interrupts, with interrupts on and no lock held.  Idle CPUs help (kern/crew.h).
 */
#pragma once
#include <lib/types.h>

/*
 * Write until none is left or stop() returns true; it is called after each window of this CPU, and
 * each helper completes its own window: 64 KiB of struct pages.  False: there was none to write.
 */
bool memmap_late_write(bool (*stop)(void));
void memmap_late_finish(void);
u64 memmap_late_idle(void); /* windows that memmap_late_write() wrote */

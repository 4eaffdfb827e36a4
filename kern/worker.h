/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/worker.h - what a CPU does for good: run what it is handed, else sleep.  For kern/cpu.c. */
#pragma once
#include <kern/cpu.h>

NORETURN void worker_loop(struct cpu *);

/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/worker.h - the loop of every secondary CPU: run posted work, else sleep.  For kern/cpu.c. */
#pragma once
#include <kern/cpu.h>

NORETURN void worker_loop(struct cpu *);

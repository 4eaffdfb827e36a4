/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/host_cpu.c - for arch_inline.h: the running CPU, which a test may change. */
#include <arch_inline.h>
#include <kern/cpu.h>

struct cpu *host_cpu = cpus;

/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/kpt.c - for mm/kernel/kpt.h: the kernel's tree, which the test fills. */
#include <mm/kernel/kpt.h>
#include <mm/pt/pt.h>

struct pt kpt;

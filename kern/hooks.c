/* SPDX-License-Identifier: BSD-2-Clause */
/* kern/hooks.c - storage of kern/hooks.h, filled during boot by the layers above. */
#include <kern/hooks.h>

struct kern_hooks kern_hooks;

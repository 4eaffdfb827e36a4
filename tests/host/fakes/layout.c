/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/fakes/layout.c - for mm/kernel/layout.h: the layout, which the test fills. */
#include <mm/kernel/layout.h>

struct layout layout;

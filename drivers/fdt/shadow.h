/* SPDX-License-Identifier: BSD-2-Clause */
/* drivers/fdt/shadow.h - RAM that a memory node claims where devices have their registers. */
#pragma once

typedef void say_fn(const char *sentence);

/* Out of RAM; one line for each hole.  The image is reserved by now. */
void fdt_cut_shadows(const void *fdt, say_fn *say);

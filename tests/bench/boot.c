/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/boot.c - instructions to the first line of output and to the prompt. */
#include <kern/log.h>
#include <tests/harness/bench.h>

static void first_line(const struct bench *b)
{
	bench_line(b->name, log_first_line_instret(), "instructions");
}

static void menu(const struct bench *b)
{
	bench_line(b->name, bench_boot_cost, "instructions");
}

static const struct bench boot_first_line = {
	.name = "boot.first_line",
	.what = "from the image's first instruction to the end of its first line",
	.run = first_line,
};
BENCH(boot_first_line, boot_first_line);

static const struct bench boot_menu = {
	.name = "boot.menu",
	.what = "from the image's first instruction to the banner's end",
	.run = menu,
};
BENCH(boot_menu, boot_menu);

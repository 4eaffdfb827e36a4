/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/boot.c - instructions to the first line, to the prompt, and after it. */
#include <kern/crew.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <mm/memmap/memmap_late.h>
#include <mm/page/buddy_late.h>
#include <tests/harness/bench.h>

static void first_line(const struct bench *b)
{
	bench_line(b->name, log_first_line_instret(), "instructions");
}

static void menu(const struct bench *b)
{
	bench_line(b->name, bench_boot_cost, "instructions");
}

/* Measured on one CPU; less than a GiB is scaled to it. */
static void late_gib(const struct bench *b)
{
	u64 most = GiB / (page_size() << BUDDY_MAX_ORDER), n, cost;
	u32 before = crew_most;

	memmap_late_finish();
	n = late_again(most ? most : 1);
	if (!n) {
		kprintf("# bench %s left out: no window of boot memory is free\n", b->name);
		return;
	}
	crew_most = 1;
	cost = cost_now();
	memmap_late_finish();
	cost = cost_now() - cost;
	crew_most = before;
	bench_line(b->name, cost * most / n, cost_unit());
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

static const struct bench boot_late = {
	.name = "boot.late_1g",
	.what = "struct pages of 1 GiB of boot memory that boot leaves, by one CPU",
	.run = late_gib,
};
BENCH(boot_late, boot_late);

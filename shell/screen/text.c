/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/screen/text.c - small texts that several screens need.  Pure except print_wrapped(), and
 * cost_text(), which reads the machine's unit of cost.
 */
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/memory_block.h>
#include <shell/screen/text.h>

/* ns / 1,000,000 is ms, and instructions / 1,000,000 are millions: one division serves both. */
const char *cost_text(u64 cost, char buf[static 40])
{
	if (strcmp(cost_unit(), "ns") == 0)
		snprintf(buf, 40, "%lu.%02lu ms", cost / 1000000, cost / 10000 % 100);
	else
		snprintf(buf, 40, "%lu.%02lu M %s", cost / 1000000, cost / 10000 % 100,
			 cost_unit());
	return buf;
}

const char *blocks_text(u64 pa, u64 len, char buf[static 40])
{
	u64 first = block_nr(pa), last = block_nr(pa + len - 1);

	if (first == last)
		snprintf(buf, 40, "%lu", first);
	else
		snprintf(buf, 40, "%lu-%lu", first, last);
	return buf;
}

/* At most "1023.99 MiB": two decimals show that a size is not round. */
const char *rough_text(u64 bytes, char buf[static 24])
{
	static const char unit[][4] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned u = 0, last = ARRAY_SIZE(unit) - 1;
	u64 of = 1;

	while (u < last && bytes / of >= KiB) {
		of *= KiB;
		u++;
	}
	if (bytes % of)
		snprintf(buf, 24, "%lu.%02lu %s", bytes / of, bytes % of * 100 / of, unit[u]);
	else
		snprintf(buf, 24, "%lu %s", bytes / of, unit[u]);
	return buf;
}

const char *seconds_text(u64 seconds, char buf[static 24])
{
	if (seconds < 90)
		snprintf(buf, 24, "%lu s", max_u64(seconds, 1));
	else
		snprintf(buf, 24, "%lu min", (seconds + 30) / 60);
	return buf;
}

void print_wrapped(const char *label, unsigned indent, const char *text)
{
	log_wrapped(label, "", indent, text);
}

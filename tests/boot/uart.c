// SPDX-License-Identifier: BSD-2-Clause
/*
 * UARTs that misbehave: drivers of this image that no device here belongs to, on registers in
 * memory.
 */
#include <arch/arch.h>
#include <drivers/events/event.h>
#include <drivers/fdt/fdt.h>
#include <lib/string.h>
#include <tests/test.h>

#define CHARACTERS 1000 /* as many times the first one's wait, were each waited for */
#define TRIES 3 /* a host that is busy may take longer than all of them, but not each time */

static u32 regs[0x100 / 4];

static const struct uart *driver_of(const char *compatible)
{
	reg_for_each (uarts, it)
		for (unsigned i = 0; (*it)->compatible && (*it)->compatible[i]; i++)
			if (!strcmp((*it)->compatible[i], compatible))
				return *it;
	return NULL;
}

static struct device device(u32 shift, u32 width, u64 len)
{
	return (struct device) {
		.node = -1,
		.regs = { regs },
		.len = { len },
		.nr_regs = 1,
		.reg_shift = shift,
		.reg_width = width,
		.irq = ~0u,
	};
}

static const struct {
	const char *name, *compatible;
	unsigned full_at, data_at; /* status and transmit registers */
	u32 full, room;            /* what the status says */
} kinds[] = {
	{ "cadence", "cdns,uart-r1p12", 0x2c, 0x30, 0x10, 0 },
	{ "imx", "fsl,imx6q-uart", 0xb4, 0x40, 0x10, 0 },
};

static const char *const kind_names[] = { "cadence", "imx", NULL };

static u64 send(const struct uart *u, unsigned nr)
{
	u64 since = arch_counter();

	while (nr--)
		u->putc('x');
	return arch_counter() - since;
}

TEST(boot, uart_stuck, .claim = "a UART that finds no room costs a moment once, and is used again",
     .rows = "S1-22", .params = kind_names)
{
	unsigned k = strcmp(t->param, kinds[0].name) ? 1 : 0;
	const struct uart *u = driver_of(kinds[k].compatible);
	struct device d = device(0, 4, sizeof(regs));
	u64 first, rest = ~0ull;

	if (!CHECK(t, u != NULL))
		return;
	if (fdt_next_compatible(event_tree, -1, u->compatible) >= 0) {
		test_skip(t, "this machine has one, which may be the console");
		return;
	}
	memset(regs, 0, sizeof(regs));
	regs[kinds[k].full_at / 4] = kinds[k].full;
	CHECK_EQ(t, u->probe(&d), 0);
	first = send(u, 1);
	for (unsigned n = 0; n < TRIES && rest > first * (CHARACTERS / 10); n++)
		rest = send(u, CHARACTERS);
	CHECK_EQ(t, regs[kinds[k].data_at / 4], 0);
	if (rest > first * (CHARACTERS / 10))
		test_fail(t, __FILE__, __LINE__, "%u characters took %llu, the first %llu",
			  CHARACTERS, (unsigned long long)rest, (unsigned long long)first);
	regs[kinds[k].full_at / 4] = kinds[k].room;
	send(u, 1);
	CHECK_EQ(t, regs[kinds[k].data_at / 4], 'x');
}

TEST(boot, uart_layout,
     .claim = "registers of a 16550 that would overlap, or lie beyond their range, are refused",
     .rows = "S1-22")
{
	static const struct {
		u32 shift, width;
		u64 len;
	} wrong[] = { { 0, 4, 0x100 }, { 1, 4, 0x100 }, { 0, 2, 0x100 }, { 2, 3, 0x100 },
		      { 2, 8, 0x100 }, { 5, 4, 0x100 }, { 2, 4, 0x14 },  { 0, 1, 5 } };
	const struct uart *u = driver_of("ns16550a");

	for (unsigned i = 0; CHECK(t, u != NULL) && i < ARRAY_SIZE(wrong); i++) {
		struct device d = device(wrong[i].shift, wrong[i].width, wrong[i].len);

		CHECK_EQ(t, u->probe(&d), -EINVAL);
	}
}

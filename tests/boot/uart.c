/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A UART driver on registers that are plain memory: it writes and reads a character at the register
 * that the manual names, drops broken characters, and waits a bounded time for a UART that is
 * stuck.  QEMU has models of few of these UARTs.
 */
#include <arch/arch.h>
#include <drivers/fdt/fdt.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <tests/harness/test.h>

#define CHARACTERS 1000 /* as many waits, if the driver waited for each character */
#define TRIES 3         /* a busy host may exceed the limit once, but not each time */
#define BYTES 0x900
#define DRAINED_MAX 8 /* characters that a driver may still hold from the last test */

static u8 regs[BYTES] __attribute__((aligned(8)));

struct set {
	unsigned at, bytes; /* bytes 0: unused */
	u32 value;
};

static const struct uart_kind {
	const char *name, *compatible;
	struct set before[2];  /* registers before the probe */
	struct set on;         /* bits that the probe sets in registers that were 0 */
	struct set full, room; /* transmitter status */
	struct set sent;       /* 'x' */
	struct set none, there;
	struct set in;     /* 'k' */
	struct set broken; /* set with `there`: a broken character, which is dropped */
} kinds[] = {
	{ "cadence", "cdns,uart-r1p12", .on = { 0x00, 4, 0x14 }, .full = { 0x2c, 4, 0x10 },
	  .room = { 0x2c, 4, 0 }, .sent = { 0x30, 4, 'x' }, .none = { 0x2c, 4, 0x02 },
	  .there = { 0x2c, 4, 0 }, .in = { 0x30, 4, 'k' } },
	{ "imx", "fsl,imx6q-uart", .on = { 0x84, 4, 0x4027 }, .full = { 0xb4, 4, 0x10 },
	  .room = { 0xb4, 4, 0 }, .sent = { 0x40, 4, 'x' }, .none = { 0x98, 4, 0 },
	  .there = { 0x98, 4, 1 }, .in = { 0x00, 4, 'k' } },
	{ "geni", "qcom,geni-debug-uart", .before = { { 0x68, 4, 0x200 } },
	  .on = { 0x630, 4, 1 << 27 }, .full = { 0x40, 4, 1 }, .room = { 0x40, 4, 0 },
	  .sent = { 0x700, 4, 'x' }, .none = { 0x804, 4, 0 }, .there = { 0x804, 4, 0x90000001 },
	  .in = { 0x780, 4, 'k' } },
	{ "uartdm", "qcom,msm-uartdm", .before = { { 0x14, 4, ~0u } }, .on = { 0x34, 4, 0xffffff },
	  .full = { 0x08, 4, 0 }, .room = { 0x08, 4, 0x0c }, .sent = { 0x70, 4, 'x' },
	  .none = { 0x08, 4, 0x0c }, .there = { 0x08, 4, 0x0d }, .in = { 0x70, 4, 'k' } },
	{ "scif", "renesas,hscif", .on = { 0x08, 2, 0x30 }, .full = { 0x10, 2, 0 },
	  .room = { 0x10, 2, 0x60 }, .sent = { 0x0c, 1, 'x' }, .none = { 0x10, 2, 0x60 },
	  .there = { 0x10, 2, 0x02 }, .in = { 0x14, 1, 'k' }, .broken = { 0x10, 2, 0x82 } },
	{ "scif-rz", "renesas,scif-r9a07g044", .on = { 0x04, 2, 0x30 }, .full = { 0x08, 2, 0 },
	  .room = { 0x08, 2, 0x60 }, .sent = { 0x06, 1, 'x' }, .none = { 0x08, 2, 0x60 },
	  .there = { 0x08, 2, 0x01 }, .in = { 0x0a, 1, 'k' }, .broken = { 0x08, 2, 0x0a } },
	{ "lpuart", "fsl,imx8ulp-lpuart", .on = { 0x18, 4, 0xc0000 }, .full = { 0x14, 4, 0 },
	  .room = { 0x14, 4, 0x800000 }, .sent = { 0x1c, 4, 'x' }, .none = { 0x14, 4, 0x800000 },
	  .there = { 0x14, 4, 0x200000 }, .in = { 0x1c, 4, 'k' }, .broken = { 0x14, 4, 0x220000 } },
	{ "lpuart-fifo", "fsl,imx8qxp-lpuart", .before = { { 0x28, 4, 0x400008 } },
	  .on = { 0x18, 4, 0xc0000 }, .full = { 0x14, 4, 0 }, .room = { 0x14, 4, 0x800000 },
	  .sent = { 0x1c, 4, 'x' }, .none = { 0x28, 4, 0x400008 }, .there = { 0x28, 4, 0x08 },
	  .in = { 0x1c, 4, 'k' } },
	{ "meson", "amlogic,meson-gx-uart", .on = { 0x08, 4, 0xb000 },
	  .full = { 0x0c, 4, 0x200000 }, .room = { 0x0c, 4, 0 }, .sent = { 0x00, 4, 'x' },
	  .none = { 0x0c, 4, 0x100000 }, .there = { 0x0c, 4, 0 }, .in = { 0x04, 4, 'k' },
	  .broken = { 0x0c, 4, 0x10000 } },
	{ "samsung", "samsung,exynos4210-uart", .before = { { 0x08, 4, 1 } },
	  .full = { 0x18, 4, 0x1000000 }, .room = { 0x18, 4, 0 }, .sent = { 0x20, 4, 'x' },
	  .none = { 0x18, 4, 0 }, .there = { 0x18, 4, 1 }, .in = { 0x24, 4, 'k' },
	  .broken = { 0x14, 4, 4 } },
	{ "samsung-no-fifo", "google,gs101-uart", .full = { 0x10, 4, 0 }, .room = { 0x10, 4, 2 },
	  .sent = { 0x20, 4, 'x' }, .none = { 0x10, 4, 2 }, .there = { 0x10, 4, 3 },
	  .in = { 0x24, 4, 'k' } },
	{ "armada3700", "marvell,armada-3700-uart", .full = { 0x0c, 4, 0x800 },
	  .room = { 0x0c, 4, 0 }, .sent = { 0x04, 4, 'x' }, .none = { 0x0c, 4, 0 },
	  .there = { 0x0c, 4, 0x10 }, .in = { 0x00, 4, 'k' }, .broken = { 0x0c, 4, 0x12 } },
	{ "sprd", "sprd,sc9836-uart", .full = { 0x0c, 4, 0x100 }, .room = { 0x0c, 4, 0 },
	  .sent = { 0x00, 4, 'x' }, .none = { 0x0c, 4, 0 }, .there = { 0x0c, 4, 1 },
	  .in = { 0x04, 4, 'k' } },
	{ "owl", "actions,owl-uart", .full = { 0x0c, 4, 0x40 }, .room = { 0x0c, 4, 0 },
	  .sent = { 0x08, 4, 'x' }, .none = { 0x0c, 4, 0x20 }, .there = { 0x0c, 4, 0 },
	  .in = { 0x04, 4, 'k' } },
	{ "ma35", "nuvoton,ma35d1-uart", .full = { 0x18, 4, 0x800000 }, .room = { 0x18, 4, 0 },
	  .sent = { 0x00, 4, 'x' }, .none = { 0x18, 4, 0x4000 }, .there = { 0x18, 4, 0 },
	  .in = { 0x00, 4, 'k' } },
	{ "bcm63xx", "brcm,bcm6345-uart", .full = { 0x10, 4, 0 }, .room = { 0x10, 4, 0x20 },
	  .sent = { 0x14, 4, 'x' }, .none = { 0x10, 4, 0x20 }, .there = { 0x10, 4, 0x800 },
	  .in = { 0x14, 4, 'k' } },
	{ "stm32", "st,stm32h7-uart", .full = { 0x1c, 4, 0 }, .room = { 0x1c, 4, 0x80 },
	  .sent = { 0x28, 4, 'x' }, .none = { 0x1c, 4, 0x80 }, .there = { 0x1c, 4, 0x20 },
	  .in = { 0x24, 4, 'k' } },
	{ "words", "mediatek,mt6577-uart", .full = { 0x14, 4, 0 }, .room = { 0x14, 4, 0x20 },
	  .sent = { 0x00, 4, 'x' }, .none = { 0x14, 4, 0x20 }, .there = { 0x14, 4, 1 },
	  .in = { 0x00, 4, 'k' } },
	{ "xscale", "intel,xscale-uart", .on = { 0x04, 4, 0x40 }, .full = { 0x14, 4, 0 },
	  .room = { 0x14, 4, 0x20 }, .sent = { 0x00, 4, 'x' }, .none = { 0x14, 4, 0x20 },
	  .there = { 0x14, 4, 1 }, .in = { 0x00, 4, 'k' } },
};

static const struct uart_kind *kind_named(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static const struct uart *driver_of(const char *compatible)
{
	reg_for_each (uarts, it)
		for (unsigned i = 0; (*it)->compatible && (*it)->compatible[i]; i++)
			if (!strcmp((*it)->compatible[i], compatible))
				return *it;
	return NULL;
}

static void put(const struct set *s)
{
	for (unsigned i = 0; i < s->bytes; i++)
		regs[s->at + i] = (u8)(s->value >> 8 * i);
}

static u32 is(const struct set *s)
{
	u32 v = 0;

	for (unsigned i = s->bytes; i; i--)
		v = v << 8 | regs[s->at + i - 1];
	return v;
}

/* Is the driver in use, perhaps by the console?  Drivers of one file share their state. */
static bool in_use(const struct uart *u)
{
	reg_for_each (uarts, it)
		if ((*it)->putc == u->putc && (*it)->compatible &&
		    fdt_next_compatible(fdt_of_boot, -1, (*it)->compatible) >= 0)
			return true;
	return false;
}

/* Probe the driver with fresh registers.  NULL: failed and reported. */
static const struct uart *uart_begin(struct test_run *t, const struct uart_kind *k)
{
	const struct uart *u = k ? driver_of(k->compatible) : NULL;
	struct device d = { .node = -1,
			    .regs = { regs },
			    .len = { sizeof(regs) },
			    .nr_regs = 1,
			    .reg_shift = 2,
			    .reg_width = 4,
			    .irq = ~0u };

	if (!CHECK(t, u != NULL))
		return NULL;
	if (in_use(u)) {
		test_skip(t, "this machine has such a UART, which may be the console");
		return NULL;
	}
	memset(regs, 0, sizeof(regs));
	put(&k->before[0]);
	put(&k->before[1]);
	return CHECK_EQ(t, u->probe(&d), 0) ? u : NULL;
}

static u64 send(const struct uart *u, unsigned nr)
{
	u64 since = arch_counter();

	while (nr--)
		u->putc('x');
	return arch_counter() - since;
}

TEST(boot, uart_stuck, .claim = "a UART without room delays once and briefly, and is used again",
     .rows = "S1-22", .params = PARAMS_OF(kinds))
{
	const struct uart_kind *k = &kinds[t->param_at];
	const struct uart *u = uart_begin(t, k);
	u64 first, rest = ~0ul;

	if (!u)
		return;
	put(&k->full);
	put(&(struct set) { k->sent.at, k->sent.bytes, 0 });
	first = send(u, 1);
	for (unsigned n = 0; n < TRIES && rest > first * (CHARACTERS / 10); n++)
		rest = send(u, CHARACTERS);
	CHECK_EQ(t, is(&k->sent), 0);
	if (rest > first * (CHARACTERS / 10))
		test_fail(t, __FILE__, __LINE__, "%u characters took %lu, the first %lu",
			  CHARACTERS, rest, first);
	put(&k->room);
	send(u, 1);
	CHECK_EQ(t, is(&k->sent), k->sent.value);
}

TEST(boot, uart_on, .claim = "transmitter and receiver are on after the probe", .rows = "S1-22",
     .params = PARAMS_OF(kinds))
{
	const struct uart_kind *k = &kinds[t->param_at];

	if (uart_begin(t, k))
		CHECK_EQ(t, is(&k->on) & k->on.value, k->on.value);
}

TEST(boot, uart_input,
     .claim = "a received character is read when it is present, a broken one is dropped",
     .rows = "S1-22", .params = PARAMS_OF(kinds))
{
	const struct uart_kind *k = &kinds[t->param_at];
	const struct uart *u = uart_begin(t, k);

	if (!u)
		return;
	put(&k->none);
	for (unsigned n = 0; n < DRAINED_MAX && u->getc() >= 0; n++)
		continue;
	put(&k->in);
	CHECK_EQ(t, u->getc(), -1);
	put(&k->there);
	CHECK_EQ(t, u->getc(), 'k');
	if (!k->broken.bytes)
		return;
	put(&k->there);
	put(&k->broken);
	CHECK_EQ(t, u->getc(), -1);
}

/* A word of four characters, then fewer, which the driver must flush. */
TEST(boot, uart_packed, .claim = "characters of one word are returned one by one, in order",
     .rows = "S1-22")
{
	const struct set three = { 0x50, 4, 3 << 7 };
	const struct uart_kind *k = kind_named("uartdm");
	const struct uart *u = uart_begin(t, k);

	if (!u)
		return;
	put(&k->none);
	for (unsigned n = 0; n < DRAINED_MAX && u->getc() >= 0; n++)
		continue;
	put(&k->there);
	put(&(struct set) { 0x70, 4, 0x64636261 });
	for (int c = 'a'; c <= 'd'; c++)
		CHECK_EQ(t, u->getc(), c);
	put(&k->none);
	put(&three);
	for (int c = 'a'; c <= 'c'; c++)
		CHECK_EQ(t, u->getc(), c);
	put(&(struct set) { 0x50, 4, 0 });
	CHECK_EQ(t, u->getc(), -1);
}

TEST(boot, uart_layout,
     .claim = "registers of a 16550 that overlap or exceed their range are refused",
     .rows = "S1-22")
{
	static const struct {
		u32 shift, width, offset;
		u64 len;
	} wrong[] = { { 0, 4, 0, 0x100 }, { 1, 4, 0, 0x100 },   { 0, 2, 0, 0x100 },
		      { 2, 3, 0, 0x100 }, { 2, 8, 0, 0x100 },   { 5, 4, 0, 0x100 },
		      { 2, 4, 0, 0x14 },  { 0, 1, 0, 5 },       { 2, 4, 0x100, 0x100 },
		      { 2, 4, 2, 0x100 }, { 2, 4, 0x20, 0x34 }, { 0, 1, ~0u, 0x100 } };
	const struct uart *u = driver_of("ns16550a");

	for (unsigned i = 0; CHECK(t, u != NULL) && i < ARRAY_SIZE(wrong); i++) {
		struct device d = { .node = -1,
				    .regs = { regs },
				    .len = { wrong[i].len },
				    .nr_regs = 1,
				    .reg_shift = wrong[i].shift,
				    .reg_width = wrong[i].width,
				    .reg_offset = wrong[i].offset,
				    .irq = ~0u };

		CHECK_EQ(t, u->probe(&d), -EINVAL);
	}
}

TEST(boot, uart_offset, .claim = "the registers of a 16550 begin at reg-offset", .rows = "S1-22")
{
	const struct uart *u = driver_of("snps,dw-apb-uart");
	struct device d = { .node = -1,
			    .regs = { regs },
			    .len = { 0x100 },
			    .nr_regs = 1,
			    .reg_shift = 2,
			    .reg_width = 4,
			    .reg_offset = 32,
			    .irq = ~0u };

	if (!CHECK(t, u != NULL))
		return;
	if (in_use(u)) {
		test_skip(t, "this machine has such a UART, which may be the console");
		return;
	}
	memset(regs, 0, sizeof(regs));
	put(&(struct set) { 32 + 0x14, 4, 0x20 });
	if (CHECK_EQ(t, u->probe(&d), 0))
		send(u, 1);
	CHECK_EQ(t, is(&(struct set) { 32, 4, 0 }), 'x');
	CHECK_EQ(t, is(&(struct set) { 0, 4, 0 }), 0);
}

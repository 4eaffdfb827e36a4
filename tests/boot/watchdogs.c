/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A watchdog that firmware left running is stopped by the writes of its model, or served if it
 * cannot be stopped; a stopped one is not accessed.  The registers are emulated: QEMU has only one
 * of the models.
 */
#include <drivers/watchdog/watchdog.h>
#include <lib/string.h>
#include <tests/harness/util.h>

enum kind { ALIVE, OBSTINATE, OFF };

static struct {
	u32 state; /* value of the state register */
	u16 state_at;
	bool obstinate;
	struct watchdog_step written[2 * WATCHDOG_STEPS];
	unsigned nr;
} fake;

static u32 fake_read(volatile void *regs, u16 at, u8 width)
{
	(void)regs, (void)width;
	return at == fake.state_at ? fake.state : 0;
}

static void fake_write(volatile void *regs, u16 at, u8 width, u32 value)
{
	(void)regs, (void)width;
	if (at == fake.state_at && !fake.obstinate)
		fake.state = value;
	if (fake.nr < ARRAY_SIZE(fake.written))
		fake.written[fake.nr++] = (struct watchdog_step) { at, value, true };
}

static const struct watchdog_io io = { fake_read, fake_write };

static void fake_watchdog(const struct watchdog_model *m, enum kind kind)
{
	memset(&fake, 0, sizeof(fake));
	fake.state_at = m->state;
	fake.state = kind == OFF ? ~m->running : m->running;
	fake.obstinate = kind == OBSTINATE;
}

static unsigned steps(const struct watchdog_step *s)
{
	unsigned n = 0;

	while (n < WATCHDOG_STEPS && s[n].used)
		n++;
	return n;
}

/* Check that the writes from number `from` on are these steps, in this order. */
static void check_written(struct test_run *t, unsigned from, const struct watchdog_step *s)
{
	for (unsigned i = 0; i < steps(s); i++) {
		CHECK_EQ(t, fake.written[from + i].at, s[i].at);
		CHECK_EQ(t, fake.written[from + i].value, s[i].value);
	}
}

/*
 * From the makers' manuals, written independently of drivers/watchdog/models.c: the register and
 * bit that indicate a running watchdog, then the writes, in order, that stop it and that serve it.
 *
 *   BCM2835   PM_RSTC 0x1c, WRCFG bits 5:4 = 2 arms a full reset; every write carries 0x5a in bits
 *             31:24; the reset value of PM_RSTC is 0x102; PM_WDOG 0x24 takes 20 bits of 1/65536 s
 *   Cadence   UG1085, SWDT: ZMR 0x0 takes effect with 0xabc in bits 23:12, WDEN is bit 0;
 *             RESTART 0x8 takes 0x1999
 *   DesignWare  WDT_CR 0x0, WDT_EN bit 0; WDT_CRR 0xc takes 0x76
 *   i.MX      WCR 0x0, WDE bit 2 (set once); WSR 0x2 takes 0x5555, then 0xaaaa
 *   SBSA      WCS 0x0 of the control frame, EN bit 0
 *   SP805     DDI 0270: WdogControl 0x8, INTEN bit 0; WdogIntClr 0xc takes anything; WdogLock 0xc00
 *             opens with 0x1acce551 and closes with another value
 */
static const struct manual {
	const char *compatible;
	u16 state;
	u32 running;
	u8 width;
	u8 stops, serves;
	struct {
		u16 at;
		u32 value;
	} stop[WATCHDOG_STEPS], serve[WATCHDOG_STEPS];
} manuals[] = {
	{ "brcm,bcm2835-pm-wdt",
	  0x1c,
	  BIT(5),
	  4,
	  1,
	  1,
	  { { 0x1c, 0x5a000102 } },
	  { { 0x24, 0x5a000000 | (BIT(20) - 1) } } },
	{ "cdns,wdt-r1p2", 0, BIT(0), 4, 1, 1, { { 0, 0xabc << 12 } }, { { 8, 0x1999 } } },
	{ "snps,dw-wdt", 0, BIT(0), 4, 0, 1, { { 0 } }, { { 0xc, 0x76 } } },
	{ "fsl,imx21-wdt", 0, BIT(2), 2, 0, 2, { { 0 } }, { { 2, 0x5555 }, { 2, 0xaaaa } } },
	{ "arm,sbsa-gwdt", 0, BIT(0), 4, 1, 0, { { 0, 0 } }, { { 0 } } },
	{ "arm,sp805",
	  8,
	  BIT(0),
	  4,
	  3,
	  3,
	  { { 0xc00, 0x1acce551 }, { 8, 0 }, { 0xc00, 1 } },
	  { { 0xc00, 0x1acce551 }, { 0xc, 1 }, { 0xc00, 1 } } },
};

static void same_steps(struct test_run *t, const struct watchdog_model *m, bool stop,
		       const struct manual *w)
{
	const struct watchdog_step *s = stop ? m->stop : m->serve;
	unsigned n = stop ? w->stops : w->serves;

	if (steps(s) != n)
		test_fail(t, __FILE__, __LINE__, "%s: %u steps, the manual has %u", m->compatible,
			  steps(s), n);
	for (unsigned i = 0; i < n; i++)
		if (s[i].at != (stop ? w->stop[i].at : w->serve[i].at) ||
		    s[i].value != (stop ? w->stop[i].value : w->serve[i].value))
			test_fail(t, __FILE__, __LINE__, "%s: step %u to %s it writes 0x%x at 0x%x",
				  m->compatible, i, stop ? "stop" : "serve", s[i].value, s[i].at);
}

static void by_the_manual(struct test_run *t, const struct watchdog_model *m)
{
	for (unsigned i = 0; i < ARRAY_SIZE(manuals); i++) {
		const struct manual *w = &manuals[i];

		if (strcmp(w->compatible, m->compatible))
			continue;
		CHECK_EQ(t, m->state, w->state);
		CHECK_EQ(t, m->running, w->running);
		CHECK_EQ(t, m->width, w->width);
		same_steps(t, m, true, w);
		same_steps(t, m, false, w);
		return;
	}
	test_fail(t, __FILE__, __LINE__, "%s: the test has no values from its manual",
		  m->compatible);
}

static void try(struct test_run *t, const struct watchdog_model *m)
{
	unsigned stops = steps(m->stop), serves = steps(m->serve);

	by_the_manual(t, m);
	fake_watchdog(m, OFF);
	CHECK_EQ(t, watchdog_calm(m, NULL, &io), WATCHDOG_OFF);
	CHECK_EQ(t, fake.nr, 0);
	fake_watchdog(m, ALIVE);
	CHECK_EQ(t, watchdog_calm(m, NULL, &io), stops ? WATCHDOG_STOPPED : WATCHDOG_SERVED);
	CHECK_EQ(t, fake.nr, stops ? stops : serves);
	check_written(t, 0, stops ? m->stop : m->serve);
	fake_watchdog(m, OBSTINATE);
	CHECK_EQ(t, watchdog_calm(m, NULL, &io), serves ? WATCHDOG_SERVED : WATCHDOG_RUNS);
	CHECK_EQ(t, fake.nr, stops + serves);
	check_written(t, stops, m->serve);
}

TEST(boot, watchdogs,
     .claim = "a running watchdog is stopped, or served if it cannot be; a stopped one is not "
	      "accessed; registers and keys are those of the manuals")
{
	unsigned models = 0;

	for (const struct watchdog_model *m = watchdog_models; m->compatible; m++, models++)
		if (!m->untouched)
			try(t, m);
	test_key(t, "models=%u", models);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A watchdog that firmware left running is stopped by the writes of its model, or served if it
 * runs on; one that does not run is not touched.  The registers are emulated: QEMU has only one
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
} played;

static u32 played_read(volatile void *regs, u16 at, u8 width)
{
	(void)regs, (void)width;
	return at == played.state_at ? played.state : 0;
}

static void played_write(volatile void *regs, u16 at, u8 width, u32 value)
{
	(void)regs, (void)width;
	if (at == played.state_at && !played.obstinate)
		played.state = value;
	if (played.nr < ARRAY_SIZE(played.written))
		played.written[played.nr++] = (struct watchdog_step) { at, value, true };
}

static const struct watchdog_io io = { played_read, played_write };

static void play(const struct watchdog_model *m, enum kind kind)
{
	memset(&played, 0, sizeof(played));
	played.state_at = m->state;
	played.state = kind == OFF ? ~m->running : m->running;
	played.obstinate = kind == OBSTINATE;
}

static unsigned steps(const struct watchdog_step *s)
{
	unsigned n = 0;

	while (n < WATCHDOG_STEPS && s[n].used)
		n++;
	return n;
}

/* The writes from number `from` on are these steps, in this order. */
static void check_written(struct test_run *t, unsigned from, const struct watchdog_step *s)
{
	for (unsigned i = 0; i < steps(s); i++) {
		CHECK_EQ(t, played.written[from + i].at, s[i].at);
		CHECK_EQ(t, played.written[from + i].value, s[i].value);
	}
}

/*
 * From the makers' manuals, written independently of drivers/watchdog/models.c: the register and
 * the bit that say that the watchdog counts, then the writes, in order, that stop it and that serve
 * it.
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
			test_fail(t, __FILE__, __LINE__, "%s: step %u to %s it is 0x%x at 0x%x",
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
	test_fail(t, __FILE__, __LINE__, "%s: the test has no manual of it", m->compatible);
}

static void try(struct test_run *t, const struct watchdog_model *m)
{
	unsigned stops = steps(m->stop), serves = steps(m->serve);

	by_the_manual(t, m);
	play(m, OFF);
	CHECK_EQ(t, watchdog_calm(m, NULL, &io), WATCHDOG_OFF);
	CHECK_EQ(t, played.nr, 0);
	play(m, ALIVE);
	CHECK_EQ(t, watchdog_calm(m, NULL, &io), stops ? WATCHDOG_STOPPED : WATCHDOG_SERVED);
	CHECK_EQ(t, played.nr, stops ? stops : serves);
	check_written(t, 0, stops ? m->stop : m->serve);
	play(m, OBSTINATE);
	CHECK_EQ(t, watchdog_calm(m, NULL, &io), serves ? WATCHDOG_SERVED : WATCHDOG_RUNS);
	CHECK_EQ(t, played.nr, stops + serves);
	check_written(t, stops, m->serve);
}

TEST(boot, watchdogs,
     .claim = "a watchdog that runs is stopped, or served if it runs on; one that is off is left "
	      "alone; registers and keys are the manuals'")
{
	unsigned models = 0;

	for (const struct watchdog_model *m = watchdog_models; m->compatible; m++, models++)
		if (!m->untouched)
			try(t, m);
	test_key(t, "models=%u", models);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * A watchdog that firmware left running is stopped by the steps of its model, or served if it runs
 * on; one that is off is not touched.  Played registers: QEMU has one of the models.
 */
#include <drivers/watchdog/watchdog.h>
#include <lib/string.h>
#include <tests/util.h>

enum kind { ALIVE, OBSTINATE, OFF };

static struct {
	u32 state; /* what the register says */
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

/* What was written from `from` on are these steps, in this order. */
static void check_written(struct test_run *t, unsigned from, const struct watchdog_step *s)
{
	for (unsigned i = 0; i < steps(s); i++) {
		CHECK_EQ(t, played.written[from + i].at, s[i].at);
		CHECK_EQ(t, played.written[from + i].value, s[i].value);
	}
}

static void try(struct test_run *t, const struct watchdog_model *m)
{
	unsigned stops = steps(m->stop), serves = steps(m->serve);

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
	      "alone")
{
	unsigned models = 0;

	for (const struct watchdog_model *m = watchdog_models; m->compatible; m++, models++)
		if (!m->untouched)
			try(t, m);
	test_key(t, "models=%u", models);
}

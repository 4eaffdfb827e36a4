// SPDX-License-Identifier: BSD-2-Clause
/* tests/lab/soak.c - the cycles of a soak; what is printed is soak_text.c.  See soak.h. */
#include <arch/arch.h>
#include <drivers/console.h>
#include <drivers/events/event.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <tests/lab/soak_internal.h>

#define FIRE_EVERY 32 /* cycles from one life of a block to the next */
#define FIRE_LIVES 2  /* of one block, with the CPUs firing meanwhile */
#define ROUNDS 4      /* of one pattern make a cycle */
#define ENTER '\r'

struct soak soak;
struct soak_mark soak_marks[SOAK_MARKS] NOINIT;
char soak_failures[SOAK_FAILURES][200] NOINIT;

static struct stress stress NOINIT;
static struct fire fire NOINIT;
static struct rng rng;
static struct test_run dummy NOINIT; /* ranges are asked for as by a test */

u64 soak_now_ms(void)
{
	return (clock_ns() - soak.start_ns) / 1000000;
}

static bool over(void)
{
	return soak.stopped || console_interrupted() ||
	       (soak.limit_ms && soak_now_ms() >= soak.limit_ms);
}

/* True for the first ones: they are kept and said in full, the others counted. */
static bool failed(const char *sentence)
{
	u64 nr = soak.failures++;

	if (nr >= SOAK_FAILURES)
		return false;
	snprintf(soak_failures[nr], sizeof(soak_failures[0]), "%s", sentence);
	kprintf("#: failure nr=%lu cycle=%lu seed=0x%lx\n", soak.failures, soak.cycles, soak.seed);
	soak_wrapped("# FAIL ", sentence);
	return true;
}

/* ---- one cycle: some rounds of a pattern ---- */

static const struct pattern *next_pattern(void)
{
	static unsigned at;

	for (;; at++) {
		const struct pattern *p = &stress_patterns[at];

		if (!p->name)
			at = (unsigned)-1;
		else if (!stress_missing(p, &stress.lab))
			return at++, p;
	}
}

static void pattern_cycle(void)
{
	char text[200];

	stress_begin(&stress, next_pattern());
	soak.doing = stress.pattern->name;
	for (unsigned i = 0; i < ROUNDS && !over(); i++)
		stress_round(&stress);
	soak.loads += stress.observed;
	if (!stress.forbidden)
		return;
	stress_sentence(&stress.first, text, sizeof(text));
	if (failed(text))
		stress_record_print(&stress.first, "");
}

/* ---- one cycle: blocks come and go ---- */

static void fire_cycle_report(int err, const struct why *why, const struct fire_sum *sum)
{
	char text[200];

	soak.loads += sum->loads + sum->stores + sum->fetches;
	if (sum->wrong) {
		fire_sentence(&sum->first, text, sizeof(text));
		failed(text);
	}
	if (err && err != -ECANCELED && err != -ENOMEM) {
		snprintf(text, sizeof(text), "hot-plug refused: %s", why->text);
		failed(text);
	}
}

static void lives(void)
{
	static const char *const schemes[] = { "host", "block", "device" };
	const char *memmap = schemes[soak.fires % ARRAY_SIZE(schemes)];
	struct why why = { 0 };
	struct fire_sum sum;
	int err = 0;

	soak.doing = "under_fire";
	dummy.skip = NULL;
	if (!fire_begin(&fire, &dummy, 1, memmap)) {
		soak.refused = dummy.skip ? dummy.skip_text : "refused";
		return;
	}
	for (unsigned i = 0; i < FIRE_LIVES && !err && !over(); i++)
		err = fire_cycle(&fire, &rng, &why);
	soak.fires++;
	fire_end(&fire, &sum);
	fire_cycle_report(err, &why, &sum);
}

static bool may_fire(void)
{
	return cpus_online_nr() > 1 && !soak.refused;
}

/* ---- one cycle: a planted mistake ---- */

/* The same detector on the same range; only the invalidation is left out. */
static void control_cycle(void)
{
	static const char *const names[] = { "CoWinvT1+dsb-tlbi-dsb", "RBS+dsb-tlbiis-dsb",
					     "MP.invRT1+dsb-tlbiis-dsb+dsb-isb" };
	const struct pattern *p = stress_find(names[soak.planted % ARRAY_SIZE(names)]);
	bool noticed;

	if (stress_missing(p, &stress.lab))
		p = stress_find(names[0]);
	soak.doing = "control";
	stress_begin(&stress, p);
	lab_plant = true;
	for (unsigned i = 0; i < ROUNDS; i++)
		stress_round(&stress);
	lab_plant = false;
	noticed = stress.forbidden != 0;
	soak.planted++;
	soak.noticed += noticed;
	if (noticed && soak.planted > 1)
		return; /* the beats count them; the first one and those that are missed are said */
	kprintf("#: control t=%s cycle=%lu pattern=%s noticed=%s\n", soak_time(soak_now_ms()),
		soak.cycles, p->name, noticed ? "yes" : "no");
}

/* ---- while it runs ---- */

static void watch_silence(void)
{
	u64 now = arch_counter();

	for (unsigned c = 0; c < cpus_nr; c++) {
		u64 gap = now - cpus[c].last_seen;

		if (!cpus[c].online || (s64)gap < 0 || gap <= soak.silence_ticks)
			continue;
		soak.silence_ticks = gap;
		soak.silent_cpu = c;
	}
}

static void typed_line(void)
{
	soak.line[soak.line_len] = 0;
	soak.line_len = 0;
	if (strncmp(soak.line, "mark ", 5) == 0)
		soak_mark(soak.line + 5);
	else if (strcmp(soak.line, "report") == 0)
		soak_report();
	else if (soak.line[0])
		kprintf("# during a soak: `mark TEXT`, `report`, Ctrl-C\n");
}

static void typed(void)
{
	for (int c; (c = console_getc()) != -1;) {
		if (c == -2)
			soak.stopped = true;
		else if (c == ENTER || c == '\n')
			typed_line();
		else if (c >= ' ' && soak.line_len + 1 < sizeof(soak.line))
			soak.line[soak.line_len++] = (char)c;
	}
}

static void cycle(void)
{
	soak.cycles++;
	soak.seed = stress.rng.state;
	if (soak.cycles % SOAK_CONTROL == 1)
		control_cycle();
	else if (soak.cycles % FIRE_EVERY == 2 && may_fire())
		lives();
	else
		pattern_cycle();
}

void soak_run(u64 ms)
{
	struct tlb_stats before, after;

	memset(&soak, 0, sizeof(soak));
	memset(&dummy, 0, sizeof(dummy));
	soak.limit_ms = ms;
	soak.start_ns = clock_ns();
	soak.active = true;
	rng.state = dummy.rng.state = arg_number(NULL, ARG_SEED);
	if (cpus_online_nr() < 2)
		soak.refused = "one CPU";
	tlb_stats_read(&before);
	soak.no_memory = !stress_open(&stress, rng.state);
	while (!soak.no_memory && !over()) {
		cycle();
		typed();
		event_run();
		watch_silence();
		soak_beat(false);
	}
	if (!soak.no_memory) {
		soak_beat(true);
		stress_close(&stress);
	}
	tlb_stats_read(&after);
	soak.tlb_ops = after.ops - before.ops;
	soak.ms = soak_now_ms();
	soak.active = false;
}

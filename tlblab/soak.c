/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlblab/soak.c - the cycles of a soak in one geometry; soak_text.c prints, soak_saved.c
 * preserves the state across restarts.  See soak.h.
 */
#include <arch/arch.h>
#include <drivers/console.h>
#include <kern/log.h>
#include <kern/trap.h>
#include <lib/init.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <tlblab/pattern.h>
#include <tlblab/soak_internal.h>

#define FIRE_EVERY 32       /* cycles between two adds of a block */
#define FIRE_LIVES 2        /* adds and removes of one block, under load from all CPUs */
#define LOAD_NS 700000000ul /* use of hot-plugged memory, half as often; too short for pins */
#define ROUNDS 4            /* rounds of one pattern in a cycle */
#define ENTER '\r'
#define CTRL_C 3

struct soak soak;

static struct stress stress NOINIT;
static struct fire fire NOINIT;
static struct rng rng;
static struct test_run dummy NOINIT; /* ranges are requested as by a test */

static bool over(void)
{
	return soak.stopped || soak.cpus_changed || console_interrupted() ||
	       (soak.saved.limit_ms && soak_now_ms() >= soak.saved.limit_ms);
}

bool soak_failed(const char *sentence)
{
	struct soak_saved *k = &soak.saved;
	const char *geometry = k->row[k->at].geometry; /* the layout is not known early at boot */
	u64 nr = k->failures++;

	if (nr >= SOAK_FAILURES)
		return false;
	snprintf(k->failure[nr], sizeof(k->failure[0]), "%s, cycle %lu: %s", geometry, k->cycles,
		 sentence);
	soak_save();
	kprintf("#: failure nr=%lu cycle=%lu seed=0x%lx geometry=%s\n", k->failures, k->cycles,
		soak.seed, geometry);
	soak_wrapped("# FAIL ", sentence);
	return true;
}

/* ---- what is typed meanwhile, and heartbeats ---- */

/* `cpus=N`: restart with N CPUs and continue. */
static void change_cpus(const char *word)
{
	struct why why = { 0 };

	if (args_word(&boot_args, word, &why)) {
		kprintf("# %s\n", why.text);
		return;
	}
	soak_mark(word);
	soak.cpus_changed = true;
}

static void typed_line(void)
{
	soak.line[soak.line_len] = 0;
	soak.line_len = 0;
	if (strncmp(soak.line, "mark ", 5) == 0)
		soak_mark(soak.line + 5);
	else if (strncmp(soak.line, "cpus=", 5) == 0)
		change_cpus(soak.line);
	else if (strcmp(soak.line, "report") == 0)
		soak_report();
	else if (strcmp(soak.line, "crash") == 0)
		crash("requested at the console");
	else if (soak.line[0])
		kprintf("# during a soak: `mark TEXT`, `cpus=N`, `report`, `crash`, Ctrl-C\n");
}

static bool ctrl_c_read; /* the key itself; console_interrupted() reports it on arrival */

static void typed(void)
{
	for (int c; (c = console_getc()) != -1;) {
		ctrl_c_read |= c == CTRL_C;
		if (c == -2)
			soak.stopped = true;
		else if (c == ENTER || c == '\n')
			typed_line();
		else if (c >= ' ' && soak.line_len + 1 < sizeof(soak.line))
			soak.line[soak.line_len++] = (char)c;
	}
}

/* The work of a cycle has progressed: handle what was typed, and print a heartbeat if one is due.
 * Called between operations, and by watchdog_touch() inside a long one: never by a timer, so that
 * a machine that hangs is silent. */
static void progress(void)
{
	typed();
	soak_beat(false);
}

static void round_of(struct stress *s)
{
	stress_round(s);
	progress();
}

/* ---- one cycle: some rounds of a pattern ---- */

static const struct pattern *next_pattern(void)
{
	static unsigned at;
	unsigned nr = (unsigned)(__stop_reg_patterns - __start_reg_patterns);

	for (;;) {
		const struct pattern *p = __start_reg_patterns[at++ % nr];

		if (!stress_missing(p, &stress.lab))
			return p;
	}
}

static void pattern_cycle(void)
{
	char text[200];

	stress_begin(&stress, next_pattern());
	soak.doing = stress.pattern->name;
	for (unsigned i = 0; i < ROUNDS && !over(); i++)
		round_of(&stress);
	soak.saved.loads += stress.observed;
	if (!stress.forbidden)
		return;
	stress_sentence(&stress.first, text, sizeof(text));
	if (soak_failed(text))
		stress_record_print(&stress.first, "");
}

/* ---- one cycle: blocks are added and removed ---- */

static void fire_cycle_report(int err, const struct why *why, const struct fire_sum *sum)
{
	char text[200];

	soak.saved.loads += sum->loads + sum->stores + sum->fetches;
	if (sum->wrong) {
		fire_sentence(&sum->first, text, sizeof(text));
		soak_failed(text);
	}
	if (err && err != -ECANCELED && err != -ENOMEM) {
		snprintf(text, sizeof(text), "hot-plug refused: %s", why->text);
		soak_failed(text);
	}
}

/* The next back end that this machine can use, and the next order of passes, unless the user
 * chose one. */
static const struct remove_scheme *next_schemes(void)
{
	const struct remove_scheme *remove = NULL;
	char reason[120];
	unsigned nr = 0, n = 0;

	reg_for_each (tlb, it)
		nr += !(*it)->usable || (*it)->usable(reason, sizeof(reason));
	reg_for_each (tlb, it)
		if ((!(*it)->usable || (*it)->usable(reason, sizeof(reason))) &&
		    n++ == soak.saved.fires % nr && !arg_given(NULL, ARG_TLB))
			tlb_select(*it);
	nr = n = 0;
	reg_for_each (remove, it)
		nr += !(*it)->s.unsafe;
	reg_for_each (remove, it)
		if (!(*it)->s.unsafe && n++ == soak.saved.fires / 3 % nr &&
		    !arg_given(NULL, ARG_REMOVE))
			remove = *it;
	return remove;
}

static void lives(void)
{
	static const char *const schemes[] = { "host", "block", "device" };
	const char *memmap = schemes[soak.saved.fires % ARRAY_SIZE(schemes)];
	struct why why = { 0 };
	const struct remove_scheme *remove = next_schemes();
	struct fire_sum sum;
	int err = 0;

	soak.doing = "under_fire";
	dummy.skip = NULL;
	if (!fire_begin(&fire, &dummy, 1, memmap)) {
		soak.refused = dummy.skip ? dummy.skip_text : "refused";
		return;
	}
	if (remove)
		fire.range.opts.remove = remove;
	for (unsigned i = 0; i < FIRE_LIVES && !err && !over(); i++) {
		err = fire_cycle(&fire, &rng, &why);
		event_run(); /* handle events while the other CPUs use memory */
		progress();
	}
	soak.saved.fires++;
	fire_end(&fire, &sum);
	fire_cycle_report(err, &why, &sum);
}

/* ---- one cycle: hot-plugged memory in use, from any source ---- */

static void load_report(const struct load *l, const struct load_sum *sum)
{
	struct soak_saved *k = &soak.saved;
	char text[200];

	for (unsigned op = 0; op < LOAD_OPS; op++)
		k->used += sum->ops[op];
	k->uses++;
	k->evicted += sum->evicted;
	k->lives += sum->lives;
	if (load_sentence(l, sum, text, sizeof(text)) && (sum->wrong || l->failure[0]))
		soak_failed(text); /* an idle CPU in so short a time is no failure */
}

static void load_cycle(void)
{
	u64 start = clock_ns();
	struct load_sum sum;
	struct load *l;

	soak.doing = "in_use";
	l = load_begin(&rng, true);
	while (clock_ns() - start < LOAD_NS && !over())
		load_turn(l);
	load_end(l, &sum);
	load_report(l, &sum);
}

static bool may_fire(void)
{
	return cpus_online_nr() > 1 && !soak.refused;
}

/* ---- one cycle: a planted mistake ---- */

/* The same detector on the same range, but without the invalidation. */
static void control_cycle(void)
{
	static const char *const names[] = { "unmap.all.look", "write.all.flag", "unmap.all.flag",
					     "store.all.frame" };
	const struct pattern *p = stress_find(names[soak.saved.planted % ARRAY_SIZE(names)]);
	bool noticed;

	if (stress_missing(p, &stress.lab))
		p = stress_find(names[0]);
	soak.doing = "control";
	stress_begin(&stress, p);
	lab_plant = true;
	for (unsigned i = 0; i < ROUNDS; i++)
		round_of(&stress);
	lab_plant = false;
	noticed = stress.forbidden != 0;
	soak.saved.planted++;
	soak.saved.noticed += noticed;
	if (noticed && soak.saved.planted > 1)
		return; /* heartbeats count them; the first one and misses are printed */
	kprintf("#: control t=%s cycle=%lu pattern=%s noticed=%s\n", soak_time(soak_now_ms()),
		soak.saved.cycles, p->name, noticed ? "yes" : "no");
}

/* ---- during the run ---- */

static void watch_silence(void)
{
	u64 now = arch_counter();

	for (unsigned c = 0; c < cpus_nr; c++) {
		u64 gap = now - cpus[c].last_seen, ms = gap * 1000 / arch_counter_hz();

		if (!cpus[c].online || (s64)gap < 0 || ms <= soak.saved.silence_ms)
			continue;
		soak.saved.silence_ms = ms;
		soak.saved.silent_cpu = c;
	}
}

static struct event_stats seen; /* events counted already, or from before this soak */

/* Count the events that devices sent during this cycle. */
static void count_events(void)
{
	struct event_stats now;

	event_stats(&now);
	soak.saved.events += now.answered - seen.answered;
	soak.saved.refused += now.refused - seen.refused;
	seen = now;
}

/* The first cycle of every turn is a control, so each geometry has one. */
static void cycle(u64 turn)
{
	soak.saved.cycles++;
	soak.saved.row[soak.saved.at].cycles++;
	soak.seed = stress.rng.state;
	if (turn % soak.saved.control == 0)
		control_cycle();
	else if (turn % FIRE_EVERY == 1 && may_fire())
		lives();
	else if (turn % (2 * FIRE_EVERY) == FIRE_EVERY / 2)
		load_cycle();
	else
		pattern_cycle();
	soak.saved.rng = stress.rng.state;
	soak.saved.fire_rng = rng.state;
	soak.saved.idle = 0;
}

static enum soak_end why_over(void)
{
	if (soak.no_memory)
		return SOAK_NO_MEMORY;
	if (soak.saved.limit_ms && soak_now_ms() >= soak.saved.limit_ms)
		return SOAK_OVER;
	if (soak.stopped || console_interrupted())
		return SOAK_STOPPED;
	return soak.cpus_changed ? SOAK_CPUS : SOAK_STINT;
}

/* Drop the Ctrl-C that ended the soak: it is not for the prompt. */
static void drop_ctrl_c(void)
{
	while (console_interrupted() && !ctrl_c_read) {
		int c = console_getc();

		ctrl_c_read = c == CTRL_C || c == -1;
	}
}

static void cycles_until(u64 end_ms)
{
	ctrl_c_read = false;
	soak_beat_start();
	progress_hook = progress;
	for (u64 turn = 0; !over() && (soak.saved.rows < 2 || soak_now_ms() < end_ms); turn++) {
		cycle(turn);
		count_events();
		soak_save(); /* before progress is printed: a reset then resumes from there */
		typed();
		if (!may_fire()) /* else events wait for the next cycle under load */
			event_run();
		watch_silence();
		soak_beat(!turn);
	}
	progress_hook = NULL;
	drop_ctrl_c();
}

enum soak_end soak_stint(void)
{
	const struct tlb_scheme *before = tlb_selected();

	memset(&dummy, 0, sizeof(dummy));
	soak_clock_start();
	event_stats(&seen);
	soak.active = true;
	rng.state = dummy.rng.state = soak.saved.fire_rng;
	soak.refused = cpus_online_nr() < 2 ? "one CPU" : NULL;
	soak.no_memory = !stress_open(&stress, soak.saved.rng);
	if (!soak.no_memory) {
		cycles_until(soak_now_ms() + soak.saved.stint_ms);
		soak_beat(true);
		tlb_select(before);
		stress_close(&stress);
	}
	soak_save();
	soak.active = false;
	return why_over();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/cmd_load.c - load [TIME]: every CPU uses hot-plugged memory in every way, while devices and
 * an operator add and remove it (tlblab/load.h).
 */
#include <drivers/console.h>
#include <kern/args_value.h>
#include <kern/log.h>
#include <lib/printf.h>
#include <shell/command.h>
#include <shell/screen/machine_line.h>
#include <shell/screen/progress.h>
#include <tlblab/load.h>

/* Long enough for a few additions and removals, short enough for a user who only wants to watch
 * it. */
#define DEFAULT_MS 10000

/* Print which actors added and removed memory meanwhile; without any, only the pages were
 * tested. */
static void print_load_sources(const struct load_sum *s)
{
	if (s->events)
		kprintf("# devices: %lu events answered, %lu of them refused\n", s->events,
			s->refused);
	else
		kprintf("# no device added or removed memory\n");
	if (s->lives + s->lives_refused)
		kprintf("# by hand: a withheld block was added and removed %lu times, refused "
			"%lu\n",
			s->lives, s->lives_refused);
}

/* The line `#: load` as a sentence, for a pass; load_sentence() makes the others. */
static void print_load_passed(const struct load_sum *s)
{
	char text[240];

	snprintf(text, sizeof(text),
		 "load passed: %u CPUs made %lu reads, %lu writes and %lu calls in hot-plugged "
		 "memory, none wrong; %lu pages moved while in use, %lu of them for a removal",
		 cpus_online_nr(), s->ops[LOAD_READ], s->ops[LOAD_WRITE], s->ops[LOAD_RUN],
		 s->ops[LOAD_MOVE] + s->evicted, s->evicted);
	log_wrapped("#", "#", 2, text);
}

/* On a busy host a CPU may not have run every operation: such a load continues for as long again.
 * Else the verdict would be `vacuous` because of the host. */
static bool load_continues(const struct load *l, u64 end, u64 ms)
{
	u64 now = clock_ns();

	return now < end || (now < end + ms * 1000000 && load_idle(l));
}

/* The `#: load` line is docs/OUTPUT.md's: `vacuous` if some CPU never executed one of the
 * operations.  That is an error like a failure; load_sentence() has a text for both. */
static int load_run(u64 ms, struct why *why)
{
	struct rng rng = { .state = arg_number(NULL, ARG_SEED) };
	u64 end = clock_ns() + ms * 1000000;
	struct load *l;
	struct load_sum sum;
	char text[160];
	bool bad;

	console_clear_interrupt();
	l = load_begin(&rng, true);
	while (load_continues(l, end, ms) && !console_interrupted()) {
		load_turn(l);
		progress_at(min_u64(ms, ms - (end - min_u64(end, clock_ns())) / 1000000), ms);
	}
	load_end(l, &sum);
	print_load_sources(&sum);
	load_keys(&sum, text, sizeof(text));
	bad = sum.wrong || l->failure[0];
	machine_line_begin();
	kprintf("#: load verdict=%s cpus=%u %s",
		bad        ? "fail"
		: sum.idle ? "vacuous"
			   : "pass",
		cpus_online_nr(), text);
	machine_line_end();
	if (load_sentence(l, &sum, text, sizeof(text)))
		return refuse(why, EIO, "%s", text);
	print_load_passed(&sum);
	return 0;
}

static int load(const struct command_line *line, struct why *why)
{
	u64 ms = DEFAULT_MS;

	if (line->nr_words > 1 || (line->nr_words && parse_time(line->words[0], &ms)))
		return refuse(why, EINVAL, "`load [TIME]`: 500ms, 20s, 5m; 10s without");
	return load_run(ms, why);
}

static const struct command command = {
	.name = "load",
	.group = GROUP_TESTS,
	.usage = "load [TIME]",
	.help = "Lets every CPU read, write, run, allocate, free and move pages of "
		"hot-plugged memory, while devices and an operator add and remove it.  "
		"For TIME, 10 s without it, or until Ctrl-C.",
	.run = load,
};
COMMAND(load, command);

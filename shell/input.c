/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell/input.c - read one line from the console: idle until a byte arrives, edit, echo.
 *
 * Without a receive interrupt the tick fills the console's ring, so the wait is a WFI; it is a busy
 * loop only without a tick.
 */
#include <arch/arch.h>
#include <drivers/console.h>
#include <kern/cpu.h>
#include <kern/log.h>
#include <lib/string.h>
#include <mm/hotplug/event.h>
#include <mm/memmap/memmap_late.h>
#include <shell/complete.h>
#include <shell/line.h>
#include <shell/screen/progress.h>
#include <shell/shell.h>

#define CTRL_C 3

/* The one editor of the prompt; its history lives as long as the boot. */
static struct line line;
/* Zeroed by any other key and at the beginning of a line. */
static unsigned ended; /* Ctrl-D in a row */

/* Handle events of devices while the user types.  Nothing is printed into a line that was begun,
 * nor without a prompt (read_key()): such lines are held until the end of the line. */
static void serve_events(const char *prompt)
{
	event_lines_hold(true);
	event_run();
	event_lines_hold(false);
	if (!prompt || line.len || !event_lines_held())
		return;
	kputs("\n");
	event_lines_flush();
	kputs(prompt);
}

/* Printed once the input pauses, so that the user knows that characters were lost.  True: it was
 * printed, and there may be input again. */
static bool report_lost(const char *prompt)
{
	u32 n = !prompt || line.len ? 0 : console_dropped();

	if (!n)
		return false;
	kprintf("\nconsole: %u characters arrived too fast, and are lost\n%s", n, prompt);
	return true;
}

/* The CPU sleeps with interrupts masked, and WFI returns for a pending one, so no wake-up is lost.
 * Without the mask an interrupt between the check and the WFI would be handled before the CPU
 * sleeps, and its key or event would wait for the next tick, which an emulator that resumes may not
 * send. */
static void wait_interrupt(void)
{
	arch_irq_disable();
	if (!event_waiting() && !console_waiting())
		cpu_sleep();
	arch_irq_enable();
}

/* True if memmap_late_write() must stop: until then it writes the struct pages that boot deferred.
 * A key waits for at most one window. */
static bool is_called(void)
{
	return event_waiting() || console_waiting() || console_interrupted();
}

/* A byte, CTRL_C, or -2 at the end of input.  console_interrupted() is checked besides the byte: if
 * the ring was full the byte of a Ctrl-C is lost. */
static int wait_key(const char *prompt)
{
	for (;;) {
		int c = console_getc();

		if (c != -1)
			return c;
		if (console_interrupted())
			return CTRL_C;
		if (event_waiting())
			serve_events(prompt);
		else if (!report_lost(prompt) && !memmap_late_write(is_called))
			wait_interrupt();
	}
}

/*
 * A single Ctrl-D may be noise on a wire, and power off cannot be undone: two in a row on an empty
 * line are the end of input.
 */
static enum line_event end_of_input(const char *prompt)
{
	if (line.len)
		return LINE_MORE;
	if (ended++)
		return LINE_EOF;
	kputs("\nCtrl-D once more powers off.\n");
	kputs(prompt);
	return LINE_MORE;
}

/* -2 is not passed to the editor, which takes the byte of Ctrl-D: the console distinguishes the
 * two. */
static enum line_event next_event(const char *prompt)
{
	int key = wait_key(prompt);

	if (key == CTRL_C)
		console_clear_interrupt();
	if (key == -2)
		return end_of_input(prompt);
	ended = 0;
	return line_key(&line, key);
}

/* The first Tab inserts the common part of the candidates; the second lists them if there was
 * nothing to insert.  A blank is added after a complete word at the end of the line. */
static void complete_tab(const char *prompt, bool again)
{
	struct completion c;

	line.text[line.len] = 0;
	complete(line.text, line.at, &c);
	if (c.nr && c.text[c.typed]) {
		line_insert(&line, c.text + c.typed);
	} else if (c.nr > 1 && again) {
		kputs("\n");
		complete_list(line.text, line.at);
		kputs(prompt);
		line_redraw(&line);
	}
	if (c.whole && line.at == line.len)
		line_insert(&line, " ");
}

static NORETURN void input_ended(void)
{
	kputs("\nEnd of input: powering off.\n");
	power_off();
}

/* Clears the mark of Ctrl-C, because the caller gets the key: it must not stop the next command. */
int read_key(void)
{
	int key;

	ended = 0;
	while ((key = wait_key(NULL)) == -2 || (key == '\n' && line.after_cr)) {
		line.after_cr = false; /* the LF belonged to the Enter that ended the line */
		if (key == -2 && ended++)
			input_ended();
	}
	line.after_cr = key == '\r';
	console_clear_interrupt();
	return key;
}

/* Numbers count all lines since boot: a line keeps its number when older ones are dropped. */
void history_print(void)
{
	unsigned nr = line.nr_history, kept = nr < LINE_HISTORY ? nr : LINE_HISTORY;

	for (unsigned i = nr - kept; i < nr; i++)
		kprintf("%3u  %s\n", i + 1, line.history[i % LINE_HISTORY]);
}

/* Clears the mark of a Ctrl-C before the prompt: it was meant for the previous command.  Tab
 * completes at the main prompt only: questions of the menu take one letter.  Echo is printed by
 * kputs(), so the log has the typed text too. */
const char *read_line(const char *prompt)
{
	enum line_event event = LINE_MORE;
	bool tabbed;

	progress_end();
	line_begin(&line);
	console_clear_interrupt();
	ended = 0;
	kputs(prompt);
	do {
		tabbed = event == LINE_TAB;
		event = next_event(prompt);
		if (event == LINE_TAB && strcmp(prompt, PROMPT) == 0)
			complete_tab(prompt, tabbed);
		if (line.echo_len)
			kputs(line.echo);
		line.echo_len = 0;
		line.echo[0] = 0;
	} while (event == LINE_MORE || event == LINE_TAB);
	event_lines_flush();
	if (event == LINE_EOF)
		input_ended();
	if (event == LINE_DONE && line.dropped) {
		kprintf("line: longer than %u characters, %u were dropped: not executed\n",
			LINE_MAX - 1, line.dropped);
		return NULL;
	}
	return event == LINE_DONE ? line.text : NULL;
}

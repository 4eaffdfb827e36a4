/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux/init.c - process 1: mounts, the script /etc/workloads, the verdict, and power-off.
 *
 * A line of the script is a workload: one of `builtins`, or a program of /bin or of another path,
 * and its arguments. With "repeat N" before it it runs until it fails, at most N times.  With "&"
 * at its end it runs beside the next ones, and `wait` waits for it.  Each line prints one line.
 * "/init FILE" runs the lines of another script.
 * "hotplate-init: pass" or "hotplate-init: fail" is the last line.
 */
#include "user.h"

#define O_PATH 010000000
#define O_WRITE (01 | 0100 | 01000) /* O_WRONLY, O_CREAT, O_TRUNC */
#define EIO 5
#define EAGAIN 11
#define EEXIST 17
#define WORDS_MAX 32

struct builtin {
	const char *name, *usage;
	unsigned least; /* words after the name */
	bool (*run)(char **words);
};

static struct text_line reason;

/* Keep the reason why a workload fails; false. */
static bool because(const char *format, ...)
{
	va_list ap;

	reason.nr = 0;
	va_start(ap, format);
	add_format(&reason, format, ap);
	va_end(ap);
	return false;
}

static bool do_mount(char **words)
{
	long err;

	sys_mkdir(words[2]);
	err = sys_mount(words[1], words[2]);
	return !err || because("mount of %s at %s: errno %d", words[1], words[2], -err);
}

/* 0, or an errno. */
static long load_module(char **words)
{
	struct text_line path = { .nr = 0 }, options = { .nr = 0 };
	long fd, err;

	add(&path, "/modules/");
	add(&path, words[1]);
	add(&path, ".ko");
	for (char **w = words + 2; *w; w++) {
		add(&options, *w);
		add(&options, " ");
	}
	fd = sys_open(path.text, 0);
	err = fd < 0 ? fd : sys_load_module(fd, options.text);
	sys_close(fd);
	because("%s of %s: errno %d", fd < 0 ? "open" : "finit_module", path.text, -err);
	return err;
}

static bool do_load(char **words)
{
	long err = load_module(words);

	return !err || err == -EEXIST;
}

/* A module that does its work while it is loaded, and then refuses to stay. */
static bool do_once(char **words)
{
	long err = load_module(words);

	return err ? err == -EAGAIN : because("%s stays", words[1]);
}

static bool do_sleep(char **words)
{
	return !sys_sleep((const long[]) { (long)number(words[1]), 0 });
}

static bool do_unload(char **words)
{
	long err = sys_delete_module(words[1]);

	return !err || because("delete_module of %s: errno %d", words[1], -err);
}

static bool do_reload(char **words)
{
	return do_unload(words) && do_load(words);
}

/* A file of the kernel may take one word of several.  0, or -errno. */
static long write_all(long fd, const char *text, size_t nr)
{
	long taken = 0;

	for (size_t at = 0; at < nr; at += (size_t)taken) {
		taken = sys_write(fd, text + at, nr - at);
		if (taken <= 0)
			return taken ? taken : -EIO;
	}
	return 0;
}

static bool do_echo(char **words)
{
	struct text_line l = { .nr = 0 };
	char **w = words + 1;
	long fd, err;

	for (; *w && !same(*w, ">"); w++) {
		add(&l, l.nr ? " " : "");
		add(&l, *w);
	}
	if (!*w || !w[1])
		return because("there is no > FILE after the text");
	l.text[l.nr++] = '\n';
	fd = sys_open(w[1], O_WRITE);
	err = fd < 0 ? fd : write_all(fd, l.text, l.nr);
	sys_close(fd);
	return !err || because("%s %s: errno %d", fd < 0 ? "open of" : "write to", w[1], -err);
}

static bool do_cat(char **words)
{
	long fd = sys_open(words[1], 0), n;
	struct text_line l = { .nr = 0 };
	char byte[2] = "";

	if (fd < 0)
		return because("open of %s: errno %d", words[1], -fd);
	while ((n = sys_read(fd, byte, 1)) > 0)
		if (*byte != '\n') {
			add(&l, byte);
		} else {
			print("| %s", l.text);
			l = (struct text_line) { .nr = 0 };
		}
	if (l.nr)
		print("| %s", l.text);
	sys_close(fd);
	return !n || because("read of %s: errno %d", words[1], -n);
}

static bool do_wait_for(char **words)
{
	unsigned long seconds = words[2] ? number(words[2]) : 60;

	for (unsigned long n = 0; n <= 100 * seconds; n++) {
		if (!sys_close(sys_open(words[1], O_PATH)))
			return true;
		sys_sleep((const long[]) { 0, 10000000 });
	}
	return because("%s did not appear in %d s", words[1], seconds);
}

static bool do_wait(char **words)
{
	bool passed = true;
	int status;

	(void)words;
	while (sys_wait(-1, &status) > 0)
		passed &= !status;
	return passed || because("a workload that ran beside the others failed");
}

static bool do_program(char **words)
{
	static char *environment[] = { "HOME=/", "PATH=/bin", NULL };
	struct text_line path = { .nr = 0 };
	int status = 0;
	long id;

	add(&path, *words[0] == '/' ? "" : "/bin/");
	add(&path, words[0]);
	id = sys_open(path.text, O_PATH);
	if (id < 0)
		return because("no workload of init, and open of %s: errno %d", path.text, -id);
	sys_close(id);
	id = sys_fork();
	if (!id) {
		print("execve of %s: errno %d", path.text,
		      -sys_exec(path.text, words, environment));
		sys_exit(127);
	}
	if (id < 0)
		return because("fork: errno %d", -id);
	sys_wait(id, &status);
	if (status & 127)
		return because("it ended by signal %d", status & 127ul);
	return !status || because("it ended with status %d", status >> 8 & 255ul);
}

static const struct builtin builtins[] = {
	{ "mount", "TYPE DIRECTORY", 2, do_mount },
	{ "load", "MODULE [OPTION...]", 1, do_load },
	{ "once", "MODULE [OPTION...]", 1, do_once },
	{ "unload", "MODULE", 1, do_unload },
	{ "reload", "MODULE [OPTION...]", 1, do_reload },
	{ "echo", "TEXT > FILE", 2, do_echo },
	{ "cat", "FILE", 1, do_cat },
	{ "wait-for", "FILE [SECONDS]", 1, do_wait_for },
	{ "wait", "", 0, do_wait },
	{ "sleep", "SECONDS", 1, do_sleep },
	{ NULL, "", 0, do_program },
};

/* ---- the script ---- */
static bool run(const char *text, char **words)
{
	const struct builtin *b = builtins;
	unsigned long rounds = 1, nr = 0;
	bool passed;

	if (same(words[0], "repeat") && words[1] && words[2]) {
		rounds = number(words[1]);
		words += 2;
	}
	while (b->name && !same(b->name, words[0]))
		b++;
	while (words[nr])
		nr++;
	passed = rounds && nr > b->least;
	if (!passed)
		because(rounds ? "usage: %s %s" : "repeat has no rounds", b->name, b->usage);
	while (passed && rounds--)
		passed = b->run(words);
	print(passed ? "%s ok" : "%s not ok %s", text, reason.text);
	return passed;
}

/* Run a line in this process or, with "&" at its end, in a new one. */
static bool run_line(const char *line)
{
	struct text_line copy = { .nr = 0 };
	char *words[WORDS_MAX + 1];
	unsigned nr;
	long id;

	add(&copy, line);
	nr = split(copy.text, words, WORDS_MAX);
	if (!nr)
		return true;
	if (!same(words[nr - 1], "&"))
		return run(line, words);
	words[--nr] = NULL;
	id = sys_fork();
	if (!id)
		sys_exit(!nr || !run(line, words));
	if (id < 0)
		print("%s not ok fork: errno %d", line, -id);
	return id > 0;
}

static bool run_script(const char *path)
{
	static char script[16384];
	long fd = sys_open(path, 0), nr = fd < 0 ? fd : sys_read(fd, script, sizeof(script) - 1);
	bool passed = true;

	if (nr < 0)
		return print("script not ok read of %s: errno %d", path, -nr);
	if (nr == sizeof(script) - 1)
		return print("script not ok %s has %d bytes or more", path, nr);
	for (char *at = script, *next; *at; at = next) {
		for (next = at; *next && *next != '\n'; next++)
			;
		if (*next)
			*next++ = 0;
		passed &= run_line(at);
	}
	return passed & do_wait(NULL);
}

static bool mounts(void)
{
	bool passed;

	if (!do_mount((char *[]) { "", "devtmpfs", "/dev" })) /* a kernel may have none */
		print("%s", reason.text);
	passed = do_mount((char *[]) { "", "proc", "/proc" }) &&
		 do_mount((char *[]) { "", "sysfs", "/sys" });
	if (!passed)
		print("mounts not ok %s", reason.text);
	/* otherwise the kernel drops lines */
	do_echo((char *[]) { "", "on", ">", "/proc/sys/kernel/printk_devkmsg", NULL });
	return passed;
}

int user_main(char **words, const unsigned long *auxv)
{
	bool passed;

	(void)auxv;
	if (sys_getpid() != 1)
		return !words[1] || !run_script(words[1]);
	passed = mounts(); /* Linux passes boot arguments that it does not know as words: ignored */
	passed &= run_script("/etc/workloads");
	print(passed ? "pass" : "fail");
	print("reboot: errno %d", -sys_power_off());
	for (;;)
		sys_sleep((const long[]) { 1000, 0 });
}

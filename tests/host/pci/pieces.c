/* SPDX-License-Identifier: BSD-2-Clause */
/* pieces.c - a window's list of pieces, step by step, against a list of the program's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs the four above */

#include <asserts.h>
#include <tests/host/pci/made.h>
#include <tests/host/pci/rows.h>

#define AT 0x10080000ul /* no multiple of a MiB */
#define PIECES 32u
#define NO_ROOM "the window has no 1 MiB left in one piece"

static struct pci_window window;
static struct {
	u64 bus, len; /* 0: none */
} taken[PIECES];

/* The list has each piece that was taken and no other, in rising order. */
static void list_is_taken(void)
{
	unsigned known = 0;

	for (unsigned k = 0; k < PIECES; k++) {
		bool found = !taken[k].len;

		known += taken[k].len != 0;
		for (unsigned i = 0; i < window.nr; i++)
			found |= window.bus + window.piece[i].at == taken[k].bus &&
				 window.piece[i].len == taken[k].len;
		assert_true(found);
	}
	assert_int_equal(window.nr, known);
	for (unsigned i = 1; i < window.nr; i++)
		assert_true(window.piece[i - 1].at + window.piece[i - 1].len <= window.piece[i].at);
}

static void takes(u64 len, u64 align, u64 wanted)
{
	struct why why = { 0 };
	unsigned k = 0;

	assert_int_equal(pci_window_alloc(&window, len, align, &why), wanted);
	assert_int_equal(why.code, 0);
	while (taken[k].len)
		k++;
	taken[k].bus = wanted;
	taken[k].len = len;
	list_is_taken();
}

static void refuses(u64 len, u64 align, int code, const char *says)
{
	struct why why = { 0 };

	assert_int_equal(pci_window_alloc(&window, len, align, &why), PA_NONE);
	assert_int_equal(why.code, code);
	assert_string_equal(why.text, says);
	list_is_taken();
}

static void gives(u64 bus)
{
	pci_window_free(&window, bus);
	for (unsigned k = 0; k < PIECES; k++)
		if (taken[k].bus == bus)
			taken[k].len = 0;
	list_is_taken();
}

static void begin(u64 len)
{
	window = (struct pci_window) { .name = "window", .bus = AT, .pa = LOW_PA, .len = len };
	memset(taken, 0, sizeof(taken));
}

/* It is the bus address that is aligned; a gap may be used to its last byte, and not beyond. */
void pieces_are_apart(void **state)
{
	(void)state;
	begin(4 * MiB);
	takes(MiB, MiB, 0x10100000);
	takes(0x80000, 16, AT); /* all that is before it */
	takes(MiB, MiB, 0x10200000);
	takes(MiB, MiB, 0x10300000);
	refuses(MiB, MiB, -ENOMEM, NO_ROOM);
	refuses(0x80010, 16, -ENOMEM, NO_ROOM);
	takes(0x80000, 16, 0x10400000); /* all addresses after them */
	refuses(16, 16, -ENOMEM, NO_ROOM);
	gives(0x10200000);
	refuses(MiB + 16, 16, -ENOMEM, "the window has no 2 MiB left in one piece");
	takes(0x7fff0, 16, 0x10200000);
	refuses(0x80020, 16, -ENOMEM, NO_ROOM);
	takes(0x80010, 16, 0x1027fff0);
	gives(AT);
	gives(0x10400000);
	takes(16, 16, AT);
	takes(16, MiB, 0x10400000);
	takes(16, 16, AT + 16);
	gives(AT + 16);
	gives(0x10400000);
	gives(0x10300000);
	gives(AT);
	gives(0x1027fff0);
	gives(0x10200000);
	gives(0x10100000);
	assert_int_equal(window.nr, 0);
	takes(4 * MiB, 16, AT);
	refuses(4 * MiB, 16, -ENOMEM, "the window has no 4 MiB left in one piece");
	gives(AT);
	takes(2 * MiB, 16, AT);
	refuses(3 * MiB, 16, -ENOMEM, "the window has no 3 MiB left in one piece");
	gives(AT);
	takes(4 * MiB, 16, AT);
	refuses(4 * MiB + 1, 16, -ERANGE, "4 MiB do not fit into the window of 4 MiB");
	refuses(6 * MiB, 16, -ERANGE, "6 MiB do not fit into the window of 4 MiB");
}

/* A window may end anywhere. */
void odd_windows_have_an_end(void **state)
{
	(void)state;
	begin(2 * MiB - 1);
	takes(MiB, 64 * KiB, AT);
	refuses(MiB, 64 * KiB, -ENOMEM, NO_ROOM);
	begin(MiB + 64 * KiB - 1);
	takes(MiB, 64 * KiB, AT);
	takes(16, 16, AT + MiB);
	refuses(64 * KiB, 64 * KiB, -ENOMEM, NO_ROOM); /* the next multiple is after the end */
	takes(16 * KiB, 16 * KiB, AT + MiB + 16 * KiB);
}

/* So many pieces and no more; one that is not there is not given back. */
void pieces_are_counted(void **state)
{
	(void)state;
	begin(64 * MiB);
	for (unsigned i = 0; i < PIECES; i++)
		takes(64 * KiB, 64 * KiB, AT + i * 64 * KiB);
	refuses(64 * KiB, 64 * KiB, -ENOMEM, NO_ROOM);
	gives(AT + 5 * 64 * KiB);
	takes(64 * KiB, 64 * KiB, AT + 5 * 64 * KiB);
	gives(AT);
	gives(AT + 31 * 64 * KiB);
	takes(64 * KiB, 64 * KiB, AT);
	takes(64 * KiB, 128 * KiB, AT + 32 * 64 * KiB);
	assert_true(ASSERTS(pci_window_free(&window, AT + 31 * 64 * KiB)));
	list_is_taken();
	for (unsigned i = 0; i < PIECES; i++)
		gives(taken[i].bus);
	assert_true(ASSERTS(pci_window_free(&window, AT)));
}

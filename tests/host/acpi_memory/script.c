/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/acpi_memory/script.c - drivers/acpi/loader.c: commands of a table loader's script
 * (QEMU, hw/acpi/bios-linker-loader.c); each has to stay within the files that it names.
 */
#include "pages.h"
#include <drivers/acpi/loader.h>

#define ENTRY 128u
#define FILES 8u
#define AT 0x40200000ul /* of file n: n pages above */

static u8 contents[FILES + 1][64], script[16 * ENTRY];
static unsigned loads;
static u64 aligned, size = 32;
static struct loader l;
static int load_code;

static int load(struct loader_file *f, u64 align, struct why *why)
{
	if (load_code)
		return refuse(why, -load_code, "cannot be read");
	aligned = align;
	f->data = contents[loads];
	f->pa = AT + loads * PAGE;
	f->size = size;
	loads++;
	return 0;
}

static u8 *command(unsigned n, u32 what, const char *first, const char *second)
{
	u8 *p = script + n * ENTRY;

	memset(p, 0, ENTRY);
	memcpy(p, &what, 4);
	strcpy((char *)p + 4, first);
	strcpy((char *)p + 4 + 56, second);
	return p + 4;
}

static void put(u8 *p, u64 v, unsigned bytes)
{
	memcpy(p, &v, bytes);
}

static int run(unsigned entries, struct why *why)
{
	*why = (struct why) { 0 };
	memset(&l, 0, sizeof(l));
	loads = 0;
	l.load = load;
	return loader_run(&l, script, entries * ENTRY, why);
}

static void file(unsigned n, const char *name, u32 align)
{
	put(command(n, 1, name, "") + 56, align, 4);
}

static void allocates(void)
{
	struct why why;
	char name[3] = "f0";

	for (unsigned i = 0; i < FILES; i++) {
		name[1] = (char)('0' + i);
		file(i, name, i ? 1u << i : 0);
		WANT(run(i + 1, &why) == 0 && l.files_nr == i + 1 && aligned == 1u << i);
	}
	for (unsigned i = 0; i < FILES; i++) {
		name[1] = (char)('0' + i);
		WANT(loader_file(&l, name) == &l.file[i] && l.file[i].data == contents[i]);
	}
	WANT(!loader_file(&l, "f8") && !loader_file(&l, ""));
	file(FILES, "f8", 1);
	WANT(run(FILES + 1, &why) == -EINVAL && l.files_nr == FILES);
	WANT_TEXT(why.text, "table loader: file 8 is one too many or without a name");
	file(1, "f0", 1);
	WANT(run(2, &why) == -EINVAL && l.files_nr == 1);
	WANT_TEXT(why.text, "table loader: file 1 is one too many or without a name");
	memset(script + ENTRY + 4, 'x', 56);
	WANT(run(2, &why) == -EINVAL && l.files_nr == 1);
	file(1, "f1", 48);
	WANT(run(2, &why) == -EINVAL && l.files_nr == 1);
	WANT_TEXT(why.text, "table loader: alignment 0x30");
	file(1, "f1", 16);
	load_code = -EIO;
	WANT(run(2, &why) == -EIO && !l.files_nr);
	load_code = 0;
}

/* Command 2: adds the address of the second file to the value at offset `at` of the first. */
static int pointer(u32 at, unsigned bytes, u64 value, struct why *why)
{
	u8 *args = command(2, 2, "a", "b");

	file(0, "a", 1);
	file(1, "b", 1);
	put(args + 112, at, 4);
	args[116] = (u8)bytes;
	memset(contents, 0x11, sizeof(contents));
	if (bytes <= 8 && at <= 56)
		put(contents[0] + at, value, bytes);
	return run(3, why);
}

static void pointers(void)
{
	struct why why;

	for (unsigned bytes = 4; bytes <= 8; bytes += 4)
		for (unsigned at = 0; at + bytes <= size; at++) {
			u64 is = 0;

			WANT(pointer(at, bytes, 8, &why) == 0 && l.pointers == 1);
			memcpy(&is, contents[0] + at, bytes);
			WANT(is == AT + PAGE + 8 && contents[0][at + bytes] == 0x11);
			WANT(!at || contents[0][at - 1] == 0x11);
		}
	WANT(pointer(28, 4, size, &why) == 0); /* to its end */
	WANT(pointer(28, 4, size + 1, &why) == -EINVAL && !l.pointers);
	WANT_TEXT(why.text, "table loader: pointer to 0x21 of b, which ends at 0x20");
	WANT(pointer(29, 4, 0, &why) == -EINVAL);
	WANT_TEXT(why.text, "table loader: pointer of 4 bytes at 0x1d of a");
	WANT(pointer(0xffffffff, 4, 0, &why) == -EINVAL);
	WANT(pointer(33, 0, 0, &why) == -EINVAL);
	WANT(pointer(0, 3, 0, &why) == -EINVAL && pointer(0, 16, 0, &why) == -EINVAL);
	WANT(pointer(0, 0, 0, &why) == -EINVAL);
	WANT(pointer(0, 2, 0, &why) == -ERANGE && !l.pointers);
	WANT_TEXT(why.text, "table loader: 0x40201000 does not fit into 2 bytes");
	WANT(pointer(0, 1, 0, &why) == -ERANGE);
	pointer(0, 8, 0, &why);
	put(command(2, 2, "c", "b") + 116, 8, 1);
	WANT(run(3, &why) == -EINVAL);
	WANT_TEXT(why.text, "table loader: pointer of 8 bytes at 0x0 of no file");
	put(command(2, 2, "a", "") + 116, 8, 1);
	memset(contents, 0, sizeof(contents));
	WANT(run(3, &why) == -EINVAL && !l.pointers);
	put(command(2, 2, "a", "c") + 116, 8, 1);
	WANT(run(3, &why) == -EINVAL);
}

/* Command 3: sets the byte at `at`, so that the sum of [from, from + len) is 0. */
static int checksum(const char *name, u32 at, u32 from, u32 len, struct why *why)
{
	u8 *args = command(1, 3, name, "");

	file(0, "a", 1);
	put(args + 56, at, 4);
	put(args + 60, from, 4);
	put(args + 64, len, 4);
	for (unsigned i = 0; i < sizeof(contents[0]); i++)
		contents[0][i] = (u8)(i * 5 + 3);
	return run(2, why);
}

static void checksums(void)
{
	struct why why;

	for (unsigned from = 0; from < size; from += 3)
		for (unsigned len = 1; from + len <= size; len += 2) {
			unsigned at = from + len / 2;
			u8 sum = 0;

			WANT(checksum("a", at, from, len, &why) == 0 && l.checksums == 1);
			for (unsigned i = 0; i < len; i++)
				sum = (u8)(sum + contents[0][from + i]);
			WANT(!sum && contents[0][from + len] == (u8)((from + len) * 5 + 3));
		}
	WANT(checksum("a", 32, 0, 8, &why) == -EINVAL && checksum("a", 0, 0, 33, &why) == -EINVAL);
	WANT_TEXT(why.text, "table loader: checksum of 0x0+0x21 of a");
	WANT(checksum("a", 0, 33, 0, &why) == -EINVAL && !l.checksums);
	WANT(checksum("a", 0xffffffff, 0, 1, &why) == -EINVAL);
	WANT(checksum("b", 0, 0, 1, &why) == -EINVAL);
	WANT_TEXT(why.text, "table loader: checksum of 0x0+0x1 of no file");
}

/* An error ends the script; unknown commands and a partial last entry are ignored. */
static void scripts(void)
{
	struct why why;

	command(0, 4, "a", "b");
	command(1, 77, "", "");
	file(2, "a", 1);
	WANT(run(3, &why) == 0 && l.ignored == 2 && l.files_nr == 1);
	command(1, 3, "b", "");
	WANT(run(3, &why) == -EINVAL && l.ignored == 1 && !l.files_nr);
	file(0, "a", 1);
	file(1, "b", 1);
	l = (struct loader) { .load = load };
	loads = 0;
	WANT(!loader_run(&l, script, 2 * ENTRY - 1, &why) && l.files_nr == 1);
	l = (struct loader) { .load = load };
	loads = 0;
	WANT(!loader_run(&l, script, 2 * ENTRY, &why) && l.files_nr == 2);
	WANT(!loader_run(&l, script, ENTRY - 1, &why) && !loader_run(&l, script, 0, &why));
}

void loader_tests(void)
{
	allocates();
	pointers();
	checksums();
	scripts();
}

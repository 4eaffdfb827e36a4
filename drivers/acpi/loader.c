/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/acpi/loader.c - runs the table loader's script; see loader.h.
 *
 * The script is from the emulator and is not trusted: each offset is checked against its file.  A
 * bad command ends the script, because incompletely linked tables are worse than none.
 */
#include <drivers/acpi/loader.h>
#include <lib/printf.h>
#include <lib/string.h>

/* Commands and the size of an entry: docs/specs of QEMU, bios-linker-loader. */
enum { ALLOCATE = 1, ADD_POINTER = 2, ADD_CHECKSUM = 3, WRITE_POINTER = 4 };
#define ENTRY 128
#define SECOND LOADER_NAME /* offset of the second name of a command */

/* Offsets of the arguments, from the end of the 32-bit command. */
enum { ALLOC_ALIGN = 56, POINTER_AT = 112, POINTER_SIZE = 116 };
enum { SUM_AT = 56, SUM_FROM = 60, SUM_LEN = 64 };

/* Little-endian fields of a script or table are not aligned. */
static u64 read_le(const u8 *p, unsigned bytes)
{
	u64 v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static void write_le(u8 *p, unsigned bytes, u64 v)
{
	for (; bytes; bytes--, v >>= 8)
		*p++ = (u8)v;
}

/* The file with a name from the script; NULL also if the name is not terminated. */
static struct loader_file *named(struct loader *l, const u8 *name)
{
	if (!memchr(name, 0, LOADER_NAME))
		return NULL;
	for (unsigned i = 0; i < l->files_nr; i++)
		if (!strcmp(l->file[i].name, (const char *)name))
			return &l->file[i];
	return NULL;
}

/* Search for a constant of the caller; named() searches for a name in the script. */
const struct loader_file *loader_file(const struct loader *l, const char *name)
{
	for (unsigned i = 0; i < l->files_nr; i++)
		if (!strcmp(l->file[i].name, name))
			return &l->file[i];
	return NULL;
}

/* Is [at, at + len) inside the file?  Written so that untrusted values cannot overflow. */
static bool inside(const struct loader_file *f, u64 at, u64 len)
{
	return at <= f->size && len <= f->size - at;
}

/* A refused command does not change files_nr; the caller frees the memory that `load` allocated. */
static int allocate(struct loader *l, const u8 *args, struct why *why)
{
	struct loader_file *f = &l->file[l->files_nr];
	u64 align = read_le(args + ALLOC_ALIGN, 4);
	int err;

	if (l->files_nr == LOADER_FILES || !memchr(args, 0, LOADER_NAME) || named(l, args))
		return refuse(why, EINVAL,
			      "table loader: file %u is one too many or without a name",
			      l->files_nr);
	if (align && !is_pow2(align))
		return refuse(why, EINVAL, "table loader: alignment 0x%lx", align);
	memset(f, 0, sizeof(*f));
	memcpy(f->name, args, LOADER_NAME);
	err = l->load(f, align ? align : 1, why);
	if (!err)
		l->files_nr++;
	return err;
}

/* Replace an offset into the file `from`, stored in the file `to`, by its physical address. */
static int add_pointer(struct loader *l, const u8 *args, struct why *why)
{
	struct loader_file *to = named(l, args), *from = named(l, args + SECOND);
	u64 at = read_le(args + POINTER_AT, 4), value;
	unsigned size = args[POINTER_SIZE];

	if (!to || !from || !is_pow2(size) || size > 8 || !inside(to, at, size))
		return refuse(why, EINVAL, "table loader: pointer of %u bytes at 0x%lx of %.20s",
			      size, at, to ? to->name : "no file");
	value = read_le(to->data + at, size);
	if (!inside(from, value, 0))
		return refuse(why, EINVAL,
			      "table loader: pointer to 0x%lx of %.20s, which ends at 0x%lx", value,
			      from->name, from->size);
	value += from->pa;
	if (size < 8 && value >> size * 8)
		return refuse(why, ERANGE, "table loader: 0x%lx does not fit into %u bytes", value,
			      size);
	write_le(to->data + at, size, value);
	l->pointers++;
	return 0;
}

/* The sum of all bytes of the range, checksum included, becomes 0 modulo 256. */
static int add_checksum(struct loader *l, const u8 *args, struct why *why)
{
	struct loader_file *f = named(l, args);
	u64 at = read_le(args + SUM_AT, 4), from = read_le(args + SUM_FROM, 4);
	u64 len = read_le(args + SUM_LEN, 4);
	u8 sum = 0;

	if (!f || !inside(f, from, len) || !inside(f, at, 1))
		return refuse(why, EINVAL, "table loader: checksum of %s of %.20s",
			      range_text(from, len).text, f ? f->name : "no file");
	for (u64 i = 0; i < len; i++)
		sum += f->data[from + i];
	f->data[at] -= sum;
	l->checksums++;
	return 0;
}

/* Execute one entry of the script; any error ends it. */
static int command(struct loader *l, const u8 *entry, struct why *why)
{
	switch (read_le(entry, 4)) {
	case ALLOCATE:
		return allocate(l, entry + 4, why);
	case ADD_POINTER:
		return add_pointer(l, entry + 4, why);
	case ADD_CHECKSUM:
		return add_checksum(l, entry + 4, why);
	case WRITE_POINTER: /* reports an address to the host; no table needs it */
	default:            /* unknown commands are skipped, as specified */
		l->ignored++;
		return 0;
	}
}

/* All entries have the same size: a script that is cut off lacks only its last entries. */
int loader_run(struct loader *l, const u8 *script, u64 len, struct why *why)
{
	int err = 0;

	for (u64 at = 0; !err && at + ENTRY <= len; at += ENTRY)
		err = command(l, script + at, why);
	return err;
}

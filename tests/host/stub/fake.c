/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/stub/fake.c - an emulated firmware; see fake.h. */
#include "fake.h"
#include <drivers/acpi/tree.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define GUARD 4096
#define SHIFT_MAX (2 * MiB + IMAGE_HEAD_BYTES) /* image_home() */
#define POISON 0xa5

struct fake fake;

/* The image, and the handover behind it, which is written relative to where the image will be
 * moved. */
char image_start[sizeof(struct handover) + SHIFT_MAX + GUARD] __attribute__((aligned(64)));
__asm__(".globl handover_record\n.set handover_record, image_start");

void assert_failed(const char *file, int line, const char *what, u64 a, u64 b)
{
	(void)a, (void)b;
	mock_assert(0, what, file, line);
	abort();
}

const char *acpi_console_missing(const u8 *(*at)(paddr_t, u64), paddr_t rsdp, struct why *why)
{
	(void)at, (void)rsdp, (void)why;
	return NULL;
}

static void in_time(const char *service)
{
	if (fake.exits)
		fail_msg("%s is called after ExitBootServices", service);
}

static efi_status output(struct efi_text_out *out, const u16 *text)
{
	size_t n = strlen(fake.said);

	(void)out;
	fake.over = fake.exits;
	for (; *text; text++) {
		assert_in_range(n, 0, sizeof(fake.said) - 2);
		assert_in_range(*text, '\n', '~');
		fake.lines += *text == '\n';
		fake.said[n++] = (char)*text;
	}
	fake.said[n] = 0;
	return 0;
}

static efi_status allocate_pages(u32 how, u32 type, u64 pages, u64 *pa)
{
	in_time("AllocatePages");
	assert_int_equal(how, EFI_ANY_PAGES);
	assert_int_equal(type, EFI_LOADER_DATA);
	*pa = (uintptr_t)aligned_alloc(4096, pages * 4096);
	return 0;
}

static efi_status memory_map(u64 *bytes, void *map, u64 *key, u64 *step, u32 *version)
{
	u64 room = *bytes, want = fake.map_bytes + fake.maps++ * fake.map_grows;

	assert_false(fake.over);
	*bytes = want;
	if (fake.maps == fake.map_fails_at)
		return EFI_UNSUPPORTED;
	if (want > room && want != ~0ul)
		return EFI_BUFFER_TOO_SMALL;
	memset(map, (int)fake.maps, want == ~0ul ? room : want);
	*key = ++fake.key;
	*step = 48;
	*version = 1;
	return 0;
}

static efi_status leave(efi_handle self, u64 key)
{
	(void)self;
	assert_false(fake.over);
	assert_int_equal(key, fake.key);
	assert_in_range(++fake.exits, 1, NEVER - 1);
	fake.key++; /* a handler allocates */
	return fake.exits <= fake.stale_keys ? EFI_INVALID_PARAMETER : fake.exit_status;
}

/* ---- files ---- */

static efi_status file_close(struct efi_file *file)
{
	(void)file;
	in_time("Close");
	fake.files_open--;
	return 0;
}

static efi_status file_read(struct efi_file *file, u64 *bytes, void *to)
{
	(void)file;
	in_time("Read");
	if (*bytes > fake.file_bytes)
		*bytes = fake.file_bytes;
	memcpy(to, fake.file, *bytes);
	if (fake.read_bytes)
		*bytes = fake.read_bytes;
	return fake.read_status;
}

static efi_status file_open(struct efi_file *root, struct efi_file **opened, const u16 *name,
			    u64 mode, u64 attributes)
{
	static struct efi_file file = { .close = file_close, .read = file_read };
	unsigned n = 0;

	(void)root;
	in_time("Open");
	assert_int_equal(mode, EFI_FILE_READ);
	assert_int_equal(attributes, 0);
	for (; name[n]; n++) {
		assert_in_range(n, 0, sizeof(fake.opened) - 2);
		fake.opened[n] = (char)name[n];
	}
	fake.opened[n] = 0;
	if (!fake.file)
		return EFI_FAILED(14);
	fake.files_open++;
	*opened = &file;
	return 0;
}

static efi_status volume_open(struct efi_volume *volume, struct efi_file **root)
{
	static struct efi_file file = { .open = file_open, .close = file_close };

	(void)volume;
	in_time("OpenVolume");
	fake.files_open++;
	*root = &file;
	return 0;
}

static int device;

static efi_status protocol_of(efi_handle handle, const struct efi_guid *guid, void **interface)
{
	static struct efi_loaded_image image;
	static struct efi_volume volume = { .open = volume_open };

	in_time("HandleProtocol");
	image = (struct efi_loaded_image) { .device = fake.no_device ? NULL : &device,
					    .path = fake.path,
					    .options = fake.options,
					    .options_bytes = fake.options_bytes };
	if (handle != &device)
		*interface = &image;
	else
		*interface = fake.no_volume ? NULL : &volume;
	assert_int_equal(guid->a, handle == &device ? 0x964e5b22 : 0x5b1b31a1);
	return 0;
}

/* ---- a run ---- */

void fake_begin(void)
{
	fake = (struct fake) { .map_bytes = 96 };
	memset(image_start, POISON, sizeof(image_start));
}

static const void *tree(void)
{
	static u8 fdt[512] __attribute__((aligned(8)));

	assert_int_equal(fdt_create(fdt, sizeof(fdt)), 0);
	assert_int_equal(fdt_finish_reservemap(fdt), 0);
	assert_int_equal(fdt_begin_node(fdt, ""), 0);
	assert_int_equal(fdt_end_node(fdt), 0);
	assert_int_equal(fdt_finish(fdt), 0);
	return fdt;
}

const struct handover *left(void)
{
	return stub_handover();
}

static void untouched(const char *from, const char *to)
{
	for (; from < to; from++)
		assert_int_equal((u8)*from, POISON);
}

efi_status play_run(void)
{
	static struct efi_text_out out = { .output = output };
	static struct efi_boot boot = { .allocate_pages = allocate_pages,
					.memory_map = memory_map,
					.protocol_of = protocol_of,
					.exit = leave };
	struct efi_config config = {
		{ 0xb1b621d5, 0xf19c, 0x41a5, { 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 } },
		(void *)(uintptr_t)(fake.no_tree ? NULL : tree())
	};
	struct efi_system system = { .out = &out,
				     .boot = &boot,
				     .vendor = (u16 *)(uintptr_t)fake.vendor,
				     .nr_config = 1,
				     .config = fake.no_tables ? NULL : &config };
	struct stub_exit how;
	efi_status err = stub_main(image_start, &system, &how);

	untouched(image_start, (const char *)left());
	untouched((const char *)(left() + 1), image_start + sizeof(image_start));
	assert_int_equal(fake.files_open, 0);
	if (!err)
		assert_int_equal(how.fdt_pa, left()->fdt_pa);
	return err;
}

int main(void)
{
	int failed = run_words_tests();

	return (failed + run_leave_tests()) != 0;
}

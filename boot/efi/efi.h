/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/efi.h - the part of UEFI's binary interface that the stub uses (UEFI 2.10, sections 4,
 * 7, 9, 12, 13).  Members that the stub does not use are only placeholders.  Functions have the C
 * calling convention of the architecture (2.3.6 AArch64, 2.3.7 RISC-V).
 */
#pragma once
#include <lib/types.h>

typedef u64 efi_status;
typedef void *efi_handle;
typedef void efi_unused(void);

#define EFI_FAILED(nr) (1ul << 63 | (nr))
#define EFI_INVALID_PARAMETER EFI_FAILED(2)
#define EFI_UNSUPPORTED EFI_FAILED(3)
#define EFI_BUFFER_TOO_SMALL EFI_FAILED(5)

struct efi_guid {
	u32 a;
	u16 b, c;
	u8 d[8];
};

struct efi_header {
	u64 signature;
	u32 revision, size, crc, reserved;
};

struct efi_text_out {
	efi_unused *reset;
	efi_status (*output)(struct efi_text_out *, const u16 *text);
};

enum { EFI_ANY_PAGES = 0, EFI_LOADER_DATA = 2 };

struct efi_boot {
	struct efi_header header;
	efi_unused *tpl[2];
	efi_status (*allocate_pages)(u32 how, u32 type, u64 pages, u64 *pa);
	efi_unused *free_pages;
	efi_status (*memory_map)(u64 *bytes, void *map, u64 *key, u64 *step, u32 *version);
	efi_unused *pool[2], *events[6], *interface[3];
	efi_status (*protocol_of)(efi_handle, const struct efi_guid *, void **interface);
	efi_unused *handles[9];
	efi_status (*exit)(efi_handle image, u64 key);
	efi_unused *misc[10];
	efi_status (*find_protocol)(const struct efi_guid *, void *registration, void **interface);
};

struct efi_config {
	struct efi_guid guid;
	void *table;
};

struct efi_system {
	struct efi_header header;
	u16 *vendor;
	u32 revision;
	efi_handle in_handle;
	void *in;
	efi_handle out_handle;
	struct efi_text_out *out;
	efi_handle err_handle;
	void *err;
	void *runtime;
	struct efi_boot *boot;
	u64 nr_config;
	struct efi_config *config;
};
_Static_assert(offsetof(struct efi_system, config) == 112, "UEFI 2.10, 4.3.1");
_Static_assert(offsetof(struct efi_boot, exit) == 24 + 26 * 8, "UEFI 2.10, 4.4.1");
_Static_assert(offsetof(struct efi_boot, find_protocol) == 24 + 37 * 8, "UEFI 2.10, 4.4.1");

/* A device path is a sequence of nodes; text of a file path is UCS-2 (10.3.5.4). */
struct efi_path {
	u8 type, subtype;
	u8 length[2];
};
#define EFI_PATH_MEDIA 4
#define EFI_PATH_FILE 4
#define EFI_PATH_END 0x7f

struct efi_loaded_image {
	u32 revision;
	efi_handle parent;
	struct efi_system *system;
	efi_handle device;
	const struct efi_path *path;
	void *reserved;
	u32 options_bytes;
	const void *options;
	void *base;
	u64 size;
};
_Static_assert(offsetof(struct efi_loaded_image, base) == 64, "UEFI 2.10, 9.1");

struct efi_file {
	u64 revision;
	efi_status (*open)(struct efi_file *, struct efi_file **opened, const u16 *name, u64 mode,
			   u64 attributes);
	efi_status (*close)(struct efi_file *);
	efi_unused *remove;
	efi_status (*read)(struct efi_file *, u64 *bytes, void *to);
};
#define EFI_FILE_READ 1

struct efi_volume {
	u64 revision;
	efi_status (*open)(struct efi_volume *, struct efi_file **root);
};

struct efi_riscv_boot {
	u64 revision;
	efi_status (*boot_hart)(struct efi_riscv_boot *, u64 *hwid);
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/stub.c - calls UEFI, up to ExitBootServices.
 */
#include <boot/boot.h>
#include <boot/efi/stub.h>
#include <lib/string.h>

#define TRIES 16

extern struct handover handover_record;

/* The common entry moves the image, but not .noinit and .kept, so the handover is written to its
 * address after the move.  The size in the PE header includes that memory. */
struct handover *stub_handover(void)
{
	uintptr_t image = (uintptr_t)image_start;

	return (struct handover *)((uintptr_t)&handover_record + image_home(image) - image);
}

efi_status stub_map(const struct stub *s, u64 *key)
{
	struct handover *to = s->to;
	u64 bytes = sizeof(to->map), step = 0;
	efi_status err = s->boot->memory_map(&bytes, to->map, key, &step, &to->map_version);

	if (!err && bytes > sizeof(to->map))
		err = EFI_BUFFER_TOO_SMALL; /* although firmware reported success */
	to->map_bytes = err ? 0 : (u32)bytes;
	to->map_step = (u32)step;
	return err;
}

/* From the system table: the vendor as UCS-2, and the vendor's own revision number. */
static void copy_vendor(const struct stub *s)
{
	const u16 *from = s->system->vendor;
	size_t n = 0;

	for (; from && from[n] && n + 1 < sizeof(s->to->vendor); n++)
		s->to->vendor[n] = from[n] >= ' ' && from[n] < 0x7f ? (char)from[n] : '?';
	s->to->vendor[n] = 0;
	s->to->vendor_revision = s->system->revision;
}

/*
 * Any allocation makes the map outdated, even one by a handler of ExitBootServices: then the key is
 * wrong, and both calls are repeated (UEFI 2.10, 7.4.6).  After the first attempt no other service
 * may be called; the stub prints the reason only when it fails.
 */
static efi_status exit_boot_services(const struct stub *s)
{
	static const char no_map[] = "hotplate: GetMemoryMap fails: status %x";
	static const char no_exit[] =
		"hotplate: ExitBootServices fails: status %x; return to firmware";
	efi_status err = EFI_INVALID_PARAMETER;
	bool map = true;

	for (unsigned n = 0; n < TRIES && map && err == EFI_INVALID_PARAMETER; n++) {
		u64 key = 0;

		err = stub_map(s, &key);
		map = !err;
		if (map)
			err = s->boot->exit(s->self, key);
	}
	if (err)
		stub_print(s, map ? no_exit : no_map, err);
	return err;
}

efi_status stub_main(efi_handle self, struct efi_system *system, struct stub_exit *out)
{
	struct stub s = {
		.self = self, .system = system, .boot = system->boot, .to = stub_handover()
	};
	efi_status err;

	memset(&s.to->head, 0, sizeof(s.to->head));
	s.to->fdt_pa = 0;
	err = stub_tables(&s);
	if (!err)
		err = stub_hart(&s);
	if (err)
		return err;
	stub_words(&s);
	copy_vendor(&s);
	if (s.to->fdt_pa)
		stub_print(&s, "hotplate: device tree at %x; exit boot services", s.to->fdt_pa);
	else
		stub_print(&s, "hotplate: ACPI, RSDP at %x; exit boot services", s.to->rsdp_pa);
	out->fdt_pa = s.to->fdt_pa;
	out->hwid = s.to->hwid;
	return exit_boot_services(&s);
}

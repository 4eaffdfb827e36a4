/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot/efi/hart.c - the id of the boot hart, which S-mode cannot read: from
 * RISCV_EFI_BOOT_PROTOCOL, else from /chosen/boot-hartid.  Not needed on arm64.
 */
#include <boot/efi/stub.h>
#include <libfdt.h>

static bool hart_from_protocol(const struct stub *s, u64 *hwid)
{
	static const struct efi_guid guid = {
		0xccd15fec, 0x6f73, 0x4eec, { 0x83, 0x95, 0x3e, 0x69, 0xe4, 0xb9, 0x40, 0xbf }
	};
	void *found = NULL;
	struct efi_riscv_boot *protocol;

	if (s->boot->find_protocol(&guid, NULL, &found) || !found)
		return false;
	protocol = found;
	return !protocol->boot_hart(protocol, hwid);
}

/* The property may have 4 or 8 bytes. */
static bool hart_from_tree(const struct stub *s, u64 *hwid)
{
	const void *fdt = (const void *)s->to->fdt_pa;
	int len = 0, chosen = fdt ? fdt_path_offset(fdt, "/chosen") : -1;
	const void *value = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, "boot-hartid", &len);

	if (value && len == 4)
		*hwid = fdt32_ld(value);
	else if (value && len == 8)
		*hwid = fdt64_ld(value);
	return value && (len == 4 || len == 8);
}

efi_status stub_hart(const struct stub *s)
{
	s->to->hwid = 0;
#ifdef __riscv
	if (!hart_from_protocol(s, &s->to->hwid) && !hart_from_tree(s, &s->to->hwid)) {
		stub_print(s,
			   "hotplate: neither RISCV_EFI_BOOT_PROTOCOL nor /chosen/boot-hartid has "
			   "the boot hart's id",
			   0);
		return EFI_UNSUPPORTED;
	}
#else
	(void)hart_from_protocol;
	(void)hart_from_tree;
#endif
	return 0;
}

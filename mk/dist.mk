# SPDX-License-Identifier: BSD-2-Clause
# mk/dist.mk - `make dist`: a release with the images of both architectures, built twice in different
# directories and compared, hashes, notices, an SPDX document, the provenance and the results of a quick run on each.
# SIGN=KEY signs the hashes.
DIST := $(BUILD)/dist

.PHONY: dist
dist:
	@SIGN='$(SIGN)' tools/dist $(DIST)

# `make install`: images, tools and boards, and the worst legal machine, below DESTDIR and PREFIX (debian/ has them in two
# packages).  The command `hotplate` is tools/hotplate there; its logs are in the user's directory (mk/hotplate.sh).
# tests/system/test_install.py runs every verb and every board from there.
PREFIX := /usr/local
SHARE := $(DESTDIR)$(PREFIX)/share/hotplate
LIB := $(DESTDIR)$(PREFIX)/lib/hotplate
INSTALLED := VERSION NOTICE mk/help.txt docs/ERRATA.md $(ARCHES:%=arch/%/tlb_forms.c) \
	$(addprefix tools/,hotplate dtb locked third third.sha256 version)
WRITTEN := $(abspath $(SHARE))/installed.txt# each file, and each directory that was missing, for `make uninstall`
TO := $(abspath $(DESTDIR)/)

.PHONY: install install-tools install-machine uninstall
install: all init machine man
	@stage=$$(mktemp -d) && trap 'rm -rf "$$stage" "$$stage.tar" "$$stage.new"' EXIT && \
	$(MAKE) --no-print-directory install-tools install-machine DESTDIR="$$stage" && mkdir -p $(TO) && cd $(TO) && \
	mkdir -p "$$stage$(PREFIX)/share/hotplate" && touch "$$stage$(PREFIX)/share/hotplate/installed.txt" && \
	new=$$(find "$$stage" -mindepth 1 -printf '%P\n' | while read -r f; do [ -d "$$f" ] || echo "$$f"; done) && \
	all=$$({ cat $(WRITTEN) 2>/dev/null; echo "$$new"; } | LC_ALL=C sort -u) && \
	echo "$$new" > "$$stage.new" && tar -C "$$stage" --no-recursion -T "$$stage.new" -cf "$$stage.tar" && tar -xof "$$stage.tar" && \
	mkdir -p $(dir $(WRITTEN)) && echo "$$all" > $(WRITTEN)
	@echo '  $(DESTDIR)$(PREFIX)/bin/hotplate: `hotplate run` boots to the menu, `hotplate` lists the verbs, `man 7 hotplate`'

uninstall:
	@[ -f $(WRITTEN) ] || { echo 'make uninstall: $(DESTDIR)$(PREFIX) has no installation: $(WRITTEN) is missing' >&2; exit 4; }
	@cd $(TO) && for f in $$(LC_ALL=C sort -r $(WRITTEN)); do \
	if [ -d "$$f" ] && [ ! -L "$$f" ]; then rmdir --ignore-fail-on-non-empty "$$f"; else rm -f "$$f"; fi || exit 1; done

install-tools:
	@for f in $(INSTALLED); do install -D -m $$([ -x $$f ] && echo 755 || echo 644) $$f $(SHARE)/$$f || exit 1; done
	@cp -R --no-preserve=ownership LICENSES boards lab linux litmus $(SHARE)
	@tar=$(BUILD)/tools.tar.$$$$ && tar -C tools --exclude=__pycache__ -cf $$tar python gdb && \
	tar -C $(SHARE)/tools -xof $$tar && rm -f $$tar
	@for a in $(ARCHES); do install -D -m 644 -t $(LIB)/$$a $(BUILD)/$$a/Image $(BUILD)/$$a/hotplate.elf \
		$$([ ! -e boards/qemu-virt-$$a/flash.S ] || echo $(BUILD)/$$a/flash.bin) || exit 1; done
	@list=$(BUILD)/tests.txt.$$$$ && tools/hotplate tests list > $$list && install -D -m 644 -T $$list $(SHARE)/tests.txt && rm -f $$list
	@install -D -m 755 -t $(LIB)/linux $(LINUX_PROGRAMS)
	@install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 $(BUILD)/hotplate.7
	@mkdir -p $(DESTDIR)$(PREFIX)/share/man/man1 && ln -sf ../man7/hotplate.7 $(DESTDIR)$(PREFIX)/share/man/man1/hotplate.1
	@mkdir -p $(DESTDIR)$(PREFIX)/bin && sed 's|@PREFIX@|$(PREFIX)|' mk/hotplate.sh > $(DESTDIR)$(PREFIX)/bin/hotplate
	@chmod 755 $(DESTDIR)$(PREFIX)/bin/hotplate

install-machine:
	@install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(MACHINE_PROGRAMS)
	@install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 machine/worst.1
	@for a in $(ARCHES); do ln -sf worst.1 $(DESTDIR)$(PREFIX)/share/man/man1/worst-$$a.1 || exit 1; done

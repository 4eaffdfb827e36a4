# SPDX-License-Identifier: BSD-2-Clause
# mk/check.mk - `make check` runs every lint and fails at the end if one has a finding.
CHECKS := check-layers check-asm check-a53 check-shape check-names check-could check-rows check-third check-image check-text check-atomics check-lab check-results check-headers check-format check-cppcheck check-spelling
.PHONY: check $(CHECKS)

check:
	@$(MAKE) --no-print-directory $(JOBS) all >/dev/null
	@failed=; for c in $(CHECKS); do $(MAKE) -s --no-print-directory $$c || failed="$$failed $$c"; done; \
	if [ -n "$$failed" ]; then echo "make check:$$failed"; exit 1; fi; echo "make check: all ok"

check-layers check-asm check-a53 check-shape check-names check-could check-rows check-third check-image check-text check-lab check-results: check-%:
	@tools/hotplate lint $*

# Probes every installed cross compiler; a build probes the one that it uses.
check-atomics:
	@tools/hotplate atomic-probe

ifeq ($(ARCH),)
check-headers:
	@for a in $(ARCHES); do $(MAKE) -s --no-print-directory ARCH=$$a check-headers || exit 1; done
else
check-headers: export CFLAGS := $(CFLAGS)
check-headers: export CC := $(CC)
check-headers:
	@tools/lint-headers $(ARCH)
endif

# No file at all is an error: a lint of none finds nothing.
C_FILES = $(or $(wildcard $(shell git ls-files -co --exclude-standard '*.c' '*.h')),$(error git lists no C file here))
# Other versions of clang-format have other layouts: only version 14 (Debian 12) is used.
check-format:
	@f=$$(command -v clang-format-14 || command -v clang-format); \
	case $$($$f --version) in *"version 14."*) ;; *) echo "format         skipped: clang-format 14 is the judge"; exit 0;; esac; \
	$$f --dry-run --Werror $(C_FILES) > $(BUILD)/format.txt 2>&1 && { echo "format         ok  ($(words $(C_FILES)) files)"; exit 0; }; \
	grep -E 'error:' $(BUILD)/format.txt | cut -d: -f1 | sort | uniq -c | sed 's/$$/: not laid out (clang-format -i)/' | grep . || \
	cat $(BUILD)/format.txt; exit 1

CPPCHECK := cppcheck -q -j 2 --std=c11 --language=c --platform=unix64 --enable=warning,portability \
	--inline-suppr --suppressions-list=tools/cppcheck.txt --error-exitcode=1 -I. -Ilib/shim \
	--template='{file}:{line}: {id}: {message}'
check-cppcheck:
	@for a in $(ARCHES); do $(CPPCHECK) -Iarch/$$a \
		$$(echo $(C_FILES) | tr ' ' '\n' | grep '\.c$$' | grep -vE '^tests/host/|^arch/' ; ls arch/$$a/*.c) || exit 1; done; \
	echo "cppcheck       ok"

check-spelling:
	@files=$$(git ls-files -co --exclude-standard) && codespell -q 3 -I tools/spelling.txt \
		$$(echo "$$files" | grep -v '^tests/host/fuzz/corpus') && echo "spelling       ok"

# Each file has a licence and a holder of the copyright: its own line, or .reuse/dep5.
CHECKS += check-reuse
.PHONY: check-reuse
check-reuse:
	@out=$$(reuse lint 2>&1) || { echo "$$out"; exit 1; }; echo "reuse          ok"

# Types, names and layout of the Python files; the settings are in pyproject.toml and .flake8.
CHECKS += check-python
.PHONY: check-python
check-python:
	@out=$$(mypy) || { echo "$$out"; exit 1; }; flake8 tools/hotplate tools/python lab && echo "python         ok  ($${out#Success: })"

CHECKS += check-mutants check-barriers
.PHONY: check-mutants check-barriers
check-mutants check-barriers: check-%:
	@tools/hotplate $* check

MORE_CHECKS := check-words check-needs check-taps check-circles check-promises check-symbols check-knobs
CHECKS += $(MORE_CHECKS)
.PHONY: $(MORE_CHECKS)
$(MORE_CHECKS): check-%:
	@tools/hotplate lint $*

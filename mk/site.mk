# SPDX-License-Identifier: BSD-2-Clause
# mk/site.mk - `make site`: the documents as a site with search, and the manual page; both are part of `make dist`.
.PHONY: site man
man:
	@mkdir -p $(BUILD) && $(PYTHON) tools/hotplate manpage > $(BUILD)/hotplate.7.$$$$ && mv $(BUILD)/hotplate.7.$$$$ $(BUILD)/hotplate.7
	@mandoc -T lint -W warning $(BUILD)/hotplate.7

site: man
	@$(PYTHON) tools/hotplate site

# make run CMD='ls -l / | wc -l': boot, run the command, power off, print its status, fail unless it is 0.

.PHONY: run help
export CMD_TEXT := $(value CMD)
run: all
	@$(if $(CMD),,echo "make run CMD='command'" >&2; exit 2;) tools/run "$$CMD_TEXT"; s=$$?; echo "status: $$s"; exit $$s

help:
	@sed -n '/^# *make/p; /^#   [A-Z]/p' Makefile tools/*.mk | sed 's/^# *//'

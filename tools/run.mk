# make run CMD='ls -l / | wc -l': boot, run the command, power off, print its status, fail unless it is 0.

.PHONY: run help qemu-gdb print-gdbport
export CMD_TEXT := $(value CMD)
run: all
	@$(if $(CMD),,echo "make run CMD='command'" >&2; exit 2;) tools/run "$$CMD_TEXT"; s=$$?; echo "status: $$s"; exit $$s

qemu-gdb: all
	@exec tools/qemu --gdb
print-gdbport:
	@tools/gdbport

help:
	@sed -n '/^# *make/p; /^#   [A-Z]/p' Makefile tools/*.mk | sed 's/^# *//'

# make replay SEED=7 CMD='usertests': one run that repeats byte for byte; DEBUG=1: under gdb, stopped at a panic or hang.
# make hunt CMD='usertests' SEEDS=1..200: runs with many seeds, until one fails; prints how to repeat that one.
.PHONY: replay hunt
replay: all
	@$(if $(CMD),,echo "make replay SEED=n CMD='command'" >&2; exit 2;) tools/replay $(or $(SEED),1) "$$CMD_TEXT"
hunt: all
	@$(if $(CMD),,echo "make hunt CMD='command' SEEDS=1..200" >&2; exit 2;) tools/hunt $(or $(SEEDS),1..100) "$$CMD_TEXT"

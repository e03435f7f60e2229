# make trace CMD='ls -l /': boot, run the command under `trace` (EVENTS=all), write what happened to trace.json, for
# Perfetto (https://ui.perfetto.dev). The disk keeps nothing of it.
.PHONY: trace
all: build/host/trace-json
trace: all
	@$(if $(CMD),,echo "make trace CMD='command' [EVENTS=switch,syscall]" >&2; exit 2;) \
	  EVENTS='$(EVENTS)' tools/trace "$$CMD_TEXT"

build/host/trace-json: tools/trace-json.c kernel/uapi/trace.h $(GEN)/syscall_args.h
	$(call Q,HOSTCC)mkdir -p $(@D) && $(HOSTCC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -Ikernel -I$(GEN) -o $@ $<

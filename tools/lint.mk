# make lint: floors, call loops, layout, sizes (tools/lint). make format: lay the C files out as .clang-format says.
# make compile_commands.json: for editors that speak clangd.

.PHONY: lint lint-errnos format
lint: $(KERNEL_OBJS) $(SYSCALL_FILES)
	@tools/lint
lint-errnos: $(SYSCALL_FILES)
	@tools/lint-errnos
format:
	@find kernel user mkfs tests -name '*.[ch]' -type f | grep -v '^user/xv6/[^/]*$$' | xargs clang-format -i

C_SOURCES = $(wildcard kernel/*/*.c user/lib/*.c user/lib/*/*.c user/bin/*.c user/bin/*/*.c user/tests/*.c)
compile_commands.json: Makefile $(C_SOURCES)
	@{ echo '['; sep=; for f in $(C_SOURCES); do \
	  case $$f in kernel/*) flags='$(KERNEL_CFLAGS)' ;; *) flags='$(USER_CFLAGS)' ;; esac; \
	  printf '%s{"directory": "%s", "file": "%s", "command": "%s %s -c %s"}' \
	    "$$sep" '$(CURDIR)' $$f '$(CC)' "$$flags" $$f; sep=$$(printf ',\n_'); sep=$${sep%_}; \
	  done; echo; echo ']'; } > $@

# The test programs are linked with the heap of user/bin/heap.
HEAP := $(filter-out %/main.o,$(call objs,$(wildcard user/bin/heap/*.c)))
$(LAB_PROGRAMS:=.o): USER_CFLAGS += -Iuser/bin/heap
$(LAB_PROGRAMS): $(HEAP)

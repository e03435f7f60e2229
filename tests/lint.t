#!/bin/sh
# lint-floors finds what is planted: a call up, an include up, a loop of calls.
. "$(dirname "$0")/lib/tap.sh"
scratch_tree "$T/tree"
cd "$T/tree" || exit 2

floors() { tools/lint-floors --objdir "build/$config" > "$T/lint.out" 2>&1; }
plant() { # plant FILE < source: write and compile it
    cat > "$1"
    make -s "build/$config/${1%.c}.o" > "$T/make.out" 2>&1 || fail "$1 compiles" "$(cat "$T/make.out")"
}
found() { # found NAME PATTERN
    floors
    status=$?
    like "$status:$(cat "$T/lint.out")" "1:*$2*" "$1"
    rm -f kernel/*/planted*.c build/"$config"/kernel/*/planted*
}

floors
is "$?:$(cat "$T/lint.out")" 0: 'the kernel as it is has no call up and no loop'

plant kernel/mm/planted.c << 'END'
void proc_init(void);
void planted(void);
void planted(void) { proc_init(); }
END
found 'a call up is found' 'mm/planted*calls up: proc_init*'

plant kernel/sched/planted.c << 'END'
void tty_init(void);
extern void (*planted)(void);
void (*planted)(void) = tty_init;
END
found 'the address of a function above is found' 'sched/planted*calls up: tty_init*'

plant kernel/dev/planted.c << 'END'
#include "fs/file.h"
END
found 'an include from above is found' 'dev/planted.c:1: includes up*'

plant kernel/lib/planted1.c << 'END'
void planted1(void), planted2(void);
void planted1(void) { planted2(); }
END
plant kernel/lib/planted2.c << 'END'
void planted1(void), planted2(void);
void planted2(void) { planted1(); }
END
found 'a loop of two files is found' 'call loop of 2 files*lib/planted1 -> lib/planted2*'

plant kernel/fs/planted1.c << 'END'
void planted1(void), planted2(void);
void planted1(void) { planted2(); }
END
plant kernel/dev/planted2.c << 'END'
void planted2(void), planted3(void);
void planted2(void) { planted3(); }
END
plant kernel/fs/planted3.c << 'END'
void planted1(void), planted3(void);
void planted3(void) { planted1(); }
END
found 'a loop across floors is found' 'call loop of 3 files*'

plant kernel/vm/planted.c << 'END'
void debug_report(void);
void planted(void);
void planted(void) { debug_report(); }
END
found 'only boot may call debug' 'vm/planted*calls up: debug_report*'

floors
is "$?:$(cat "$T/lint.out")" 0: 'without the planted files all is well again'
finish

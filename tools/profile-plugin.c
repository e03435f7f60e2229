// profile-plugin.c: a TCG plugin for QEMU that counts every instruction the guest executes, by function and
// by call stack. tools/profile builds, loads and reads it.
//
//   -plugin profile.so,names=FILE,out=PREFIX[,user=FILE]      `nm -n` of the kernel, and of a program
//
// Writes PREFIX.stacks (folded: "a;b;c count") and PREFIX.pcs ("address count"). What is counted: all, or if
// the guest gives marks, what lies between them: `slti zero, zero, 1` begins, `slti zero, zero, 2` ends,
// `slti zero, zero, 3` ends and forgets what was before. They do nothing; the specification leaves such hints
// to custom use.
//
// Exact: QEMU calls us before each instruction. One that faults and is executed again counts twice. The
// stacks are kept by following calls and returns; a thread's waits at context_switch, where it is known by
// the address of its context.

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- QEMU's interface for plugins (docs/devel/tcg-plugins): what we use of it

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = PLUGIN_VERSION;
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { CB_NO_REGS, MEM_RW = 3 };
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                           void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
#if PLUGIN_VERSION >= 3
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *, void *, size_t);
#else
char *qemu_plugin_insn_disas(const struct qemu_plugin_insn *);
#endif
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int,
                                            void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *,
                                      void (*)(unsigned, uint32_t, uint64_t, void *), int, int, void *);
bool qemu_plugin_mem_is_store(uint32_t);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

// ---- functions and instructions

enum { TEXT_MAX = 1 << 20, HARTS = 8, CONTEXTS = 1 << 16 };
enum kind { PLAIN, CALL, RETURN, BACK_FROM_TRAP, OUTSIDE, BEGIN, END, FORGET };

struct function {
    uint64_t start;
    char *name;
};

struct insn {
    uint32_t function; // of functions[]
    bool entry;        // the first of it
    uint8_t kind;
    uint64_t count;
};

static struct function functions[1 << 14] = {{0, "user"}, {0, "firmware"}};
enum { USER, FIRMWARE, FIRST_NAMED };
// The program's come first, all of them at lower addresses than the kernel's.
static uint32_t function_count = FIRST_NAMED, trap_entry, context_switch;
static uint64_t text;                    // where the kernel's starts
static struct insn kernel[TEXT_MAX / 2]; // by (pc - text) / 2
static struct insn in_function[1 << 14]; // of a program, by function
static struct insn firmware = {FIRMWARE, false, OUTSIDE, 0};
static struct insn marks[] = {{USER, false, BEGIN, 0}, {USER, false, END, 0}, {USER, false, FORGET, 0}};
static const char *out;
static bool counting = true, marked;

// skip: names that start with one of these are none of functions.
static void read_names(const char *path, const char *skip) {
    FILE *f = fopen(path, "r");
    const uint32_t first = function_count;
    char line[512], type, name[256];
    uint64_t address;
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%lx %c %255s", &address, &type, name) != 3)
            continue;
        if (strcmp(name, "__text_start") == 0)
            text = address;
        if (!strchr("tTwW", type) || strchr(skip, name[0]))
            continue;
        if (function_count > first && functions[function_count - 1].start == address)
            continue;
        if (strcmp(name, "trap_entry") == 0)
            trap_entry = function_count;
        if (strcmp(name, "context_switch") == 0)
            context_switch = function_count;
        functions[function_count++] = (struct function){address, strdup(name)};
    }
    if (!f || function_count == first) {
        fprintf(stderr, "profile: no names in %s\n", path);
        exit(2);
    }
    fclose(f);
}

// That with pc in it; USER: none, it lies before all.
static uint32_t function_at(uint64_t pc) {
    uint32_t low = FIRMWARE, high = function_count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        *(functions[middle].start <= pc ? &low : &high) = middle;
    }
    return low == FIRMWARE ? USER : low;
}

// What the instruction is, from its code.
static enum kind kind_of(uint32_t code) {
    uint32_t rd = code >> 7 & 31, rs1 = code >> 15 & 31;
    if ((code & 0x7f) == 0x6f) // jal
        return rd == 1 ? CALL : PLAIN;
    if ((code & 0x707f) == 0x67) // jalr
        return rd == 1 ? CALL : rd == 0 && rs1 == 1 ? RETURN : PLAIN;
    if ((code & 0xf07f) == 0x8002) // c.jr
        return rd == 1 ? RETURN : PLAIN;
    if ((code & 0xf07f) == 0x9002 && rd != 0) // c.jalr
        return CALL;
    return code == 0x10200073 ? BACK_FROM_TRAP : PLAIN; // sret
}

static struct insn *insn_of(uint64_t pc, uint32_t code) {
    if ((code & 0xfffff) == 0x02013 && code >> 20 >= 1 && code >> 20 <= 3)
        return &marks[(code >> 20) - 1];
    if (pc >= 0x80000000 && pc < 0x80200000)
        return &firmware;
    uint32_t function = function_at(pc);
    struct insn *i = &in_function[function];
    if (pc < text || pc - text >= TEXT_MAX) { // also the kernel's first instructions, before paging is on
        *i = (struct insn){function, false, OUTSIDE, 0};
        return i;
    }
    i = &kernel[(pc - text) / 2];
    i->function = function;
    i->entry = functions[i->function].start == pc;
    i->kind = (uint8_t)kind_of(code);
    return i;
}

// ---- stacks: a tree of functions, by who called

struct node {
    uint32_t function;
    struct node *caller, *callees, *next; // next: the caller's next callee
    uint64_t count;
};

static struct node root;
static struct {
    struct node *at;
    uint8_t last; // kind of the instruction before
    bool leaving; // in context_switch, before it has loaded another thread's registers
} harts[HARTS];
static struct {
    uint64_t address;
    struct node *at;
} contexts[CONTEXTS]; // of threads that wait: a hash table

static struct node *callee(struct node *caller, uint32_t function) {
    struct node *n = caller->callees;
    while (n && n->function != function)
        n = n->next;
    if (!n) {
        n = calloc(1, sizeof *n);
        *n = (struct node){function, caller, NULL, caller->callees, 0};
        caller->callees = n;
    }
    return n;
}

static struct node **waiting_at(uint64_t address) {
    uint32_t i = (uint32_t)(address * 0x9e3779b97f4a7c15u >> 48);
    while (contexts[i].address && contexts[i].address != address)
        i = (i + 1) % CONTEXTS;
    contexts[i].address = address;
    return &contexts[i].at;
}

// An instruction of a function other than the one we are in, or of its beginning.
static struct node *move(struct node *at, const struct insn *i, uint8_t last) {
    if (i->entry && i->function == trap_entry) // from user mode the kernel's stack is empty
        return callee(last == OUTSIDE || at->caller == &root ? &root : at, trap_entry);
    if (i->entry && last == CALL)
        return callee(at, i->function);
    if (i->entry && last == PLAIN) // goes on as another function
        return callee(at->caller ? at->caller : &root, i->function);
    for (struct node *n = last == RETURN && at->caller ? at->caller : at; n; n = n->caller)
        if (n->function == i->function && n != &root)
            return n;
    return callee(&root, i->function); // a thread that has just begun
}

static void forget(struct node *n) {
    n->count = 0;
    for (struct node *c = n->callees; c; c = c->next)
        forget(c);
}

static void mark(enum kind kind) {
    if (!marked || kind == FORGET) {
        forget(&root);
        for (uint64_t k = 0; k < TEXT_MAX / 2; k++)
            kernel[k].count = 0;
    }
    marked = true;
    counting = kind == BEGIN;
}

static void executed(unsigned hart, void *what) {
    struct insn *i = what;
    if (i->kind >= OUTSIDE) {
        struct node *base = i == &firmware && harts[hart].at ? harts[hart].at
                            : i->function >= FIRST_NAMED     ? callee(&root, USER)
                                                             : &root;
        if (i->kind > OUTSIDE)
            mark(i->kind);
        else if (counting)
            callee(base, i->function)->count++;
        if (i != &firmware)
            harts[hart].last = OUTSIDE;
        return;
    }
    struct node *at = harts[hart].at ? harts[hart].at : &root;
    uint8_t last = harts[hart].last;
    if (i->entry || at->function != i->function || last == RETURN || at == &root)
        harts[hart].at = at = move(at, i, last);
    if (i->entry && i->function == context_switch)
        harts[hart].leaving = true;
    harts[hart].last = i->kind;
    i->count += counting;
    at->count += counting;
}

// A register saved or loaded in context_switch: the first of each is at the start of the context.
static void context_access(unsigned hart, uint32_t info, uint64_t address, void *what) {
    if (qemu_plugin_mem_is_store(info)) {
        if (harts[hart].leaving)
            *waiting_at(address) = harts[hart].at;
        harts[hart].leaving = false;
    } else if (*waiting_at(address)) {
        harts[hart].at = *waiting_at(address);
        *waiting_at(address) = NULL;
    }
}

// The code of an instruction. Old versions tell it in their disassembly alone, which begins with it.
static uint32_t code_of(struct qemu_plugin_insn *insn) {
    uint32_t code = 0;
#if PLUGIN_VERSION >= 3
    qemu_plugin_insn_data(insn, &code, sizeof code);
#else
    char *words = qemu_plugin_insn_disas(insn);
    code = (uint32_t)strtoul(words, NULL, 16);
    free(words);
#endif
    return code;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    for (size_t k = 0; k < qemu_plugin_tb_n_insns(tb); k++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, k);
        struct insn *i = insn_of(qemu_plugin_insn_vaddr(insn), code_of(insn));
        qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, CB_NO_REGS, i);
        if (i->function == context_switch)
            qemu_plugin_register_vcpu_mem_cb(insn, context_access, CB_NO_REGS, MEM_RW, NULL);
    }
}

// ---- results

static FILE *result(const char *suffix) {
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", out, suffix);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(2);
    }
    return f;
}

static void print_stacks(FILE *f, const struct node *n, char *path, size_t length) {
    if (n != &root)
        length += (size_t)sprintf(path + length, "%s%s", length ? ";" : "", functions[n->function].name);
    if (n->count)
        fprintf(f, "%s %lu\n", path, n->count);
    for (const struct node *c = n->callees; c; c = c->next) {
        path[length] = '\0';
        print_stacks(f, c, path, length);
    }
}

static void finish(qemu_plugin_id_t id, void *unused) {
    static char path[1 << 16];
    FILE *f = result("stacks");
    print_stacks(f, &root, path, 0);
    fclose(f);
    f = result("pcs");
    for (uint64_t k = 0; k < TEXT_MAX / 2; k++)
        if (kernel[k].count)
            fprintf(f, "%016lx %lu\n", text + 2 * k, kernel[k].count);
    fclose(f);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    const char *names = NULL, *program = NULL;
    for (int k = 0; k < argc; k++) {
        if (strncmp(argv[k], "names=", 6) == 0)
            names = strdup(argv[k] + 6);
        else if (strncmp(argv[k], "user=", 5) == 0)
            program = strdup(argv[k] + 5);
        else if (strncmp(argv[k], "out=", 4) == 0)
            out = strdup(argv[k] + 4);
    }
    if (!names || !out)
        return 1;
    if (program)
        read_names(program, ".$");
    read_names(names, "._$");
    if (!text || !trap_entry || !context_switch) {
        fprintf(stderr, "profile: %s has not the names of a kernel\n", names);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}

// exec.c: replace the program of a process: arguments, ELF, the new stack.
//
// Everything that can fail happens to a new address space; then the old one goes and nothing fails any more.
#include "lib/string.h"
#include "mm/page.h"
#include "proc/elf.h"
#include "proc/proc.h"
#include "riscv/panic.h"
#include "riscv/usercopy.h"

enum { STACK_LIMIT = 8 << 20, ARG_PAGES_ORDER = 5, AT_PAGESZ = 6 };
_Static_assert(PAGE_SIZE << ARG_PAGES_ORDER == UAPI_ARG_MAX, "ARG_PAGES_ORDER");

// argv and envp strings, one after the other, each with its NUL.
struct args {
    struct page *block; // holds them; one page, or UAPI_ARG_MAX when they need more
    char *text;
    size_t used, size;
    uint32_t argc, envc;
};

static int args_init(struct args *a) {
    *a = (struct args){.size = PAGE_SIZE, .block = page_alloc(0, PAGE_KERNEL, PAGE_WAIT)};
    if (!a->block)
        return -ENOMEM;
    a->text = page_va(a->block);
    return 0;
}

static void args_free(struct args *a) {
    if (a->block)
        page_put(a->block);
}

static int args_grow(struct args *a) {
    if (a->size == UAPI_ARG_MAX)
        return -E2BIG;
    struct page *larger = page_alloc(ARG_PAGES_ORDER, PAGE_KERNEL, PAGE_WAIT);
    if (!larger)
        return -ENOMEM;
    memcpy(page_va(larger), a->text, a->used);
    page_put(a->block);
    a->block = larger;
    a->text = page_va(larger);
    a->size = UAPI_ARG_MAX;
    return 0;
}

// Strings and the pointers to them count towards the limit (POSIX: ARG_MAX).
static int args_check(const struct args *a) {
    return a->used + (a->argc + a->envc + 3) * sizeof(uint64_t) > UAPI_ARG_MAX ? -E2BIG : 0;
}

static int args_add_user(struct args *a, uint64_t str) {
    for (;;) {
        ssize_t n = string_from_user(a->text + a->used, str, a->size - a->used);
        if (n >= 0) {
            a->used += n + 1;
            return args_check(a);
        }
        int err = n == -ENAMETOOLONG ? args_grow(a) : (int)n;
        if (err)
            return err;
    }
}

// A NULL-terminated vector of user strings; vector 0 is an empty one.
static int args_add_vector(struct args *a, uint64_t vector, uint32_t *count) {
    for (*count = 0; vector; ++*count) {
        uint64_t str;
        int err = copy_from_user(&str, vector + *count * sizeof(str), sizeof(str));
        if (err || str == 0)
            return err;
        err = args_add_user(a, str);
        if (err)
            return err;
    }
    return 0;
}

static int args_add_kernel(struct args *a, const char *const *vector, uint32_t *count) {
    for (*count = 0; vector[*count]; ++*count) {
        size_t n = strlen(vector[*count]) + 1;
        if (n > a->size - a->used)
            return -E2BIG;
        memcpy(a->text + a->used, vector[*count], n);
        a->used += n;
    }
    return 0;
}

// The new stack, from the top: strings; pairs (AT_PAGESZ), envp and argv with their NULLs, argc. *sp: where
// argc stands.
static int build_stack(struct space *s, const struct args *a, uint64_t *sp) {
    uint64_t top;
    int err = space_set_stack(s, STACK_LIMIT, &top);
    if (err)
        return err;
    uint64_t strings = align_down(top - a->used, 16);
    err = space_poke(s, strings, a->text, a->used);
    size_t words = 1 + a->argc + 1 + a->envc + 1 + 4;
    uint64_t at = align_down(strings - words * sizeof(uint64_t), 16);
    *sp = at;
    uint64_t value = a->argc;
    size_t off = 0;
    for (uint32_t i = 0; !err && i < words; i++) {
        bool string = (i >= 1 && i <= a->argc) || (i >= a->argc + 2 && i < a->argc + 2 + a->envc);
        if (i > 0)
            value = string ? strings + off : i == words - 4 ? AT_PAGESZ : i == words - 3 ? PAGE_SIZE : 0;
        if (string)
            off += strlen(a->text + off) + 1;
        err = space_poke(s, at + i * sizeof(value), &value, sizeof(value));
    }
    return err;
}

static int check_header(const struct elf_header *h, ssize_t n) {
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', ELF_CLASS_64, ELF_LITTLE_ENDIAN, 1};
    if (n < (ssize_t)sizeof(*h) || memcmp(h->ident, ident, sizeof(ident)) != 0)
        return -ENOEXEC;
    if (h->type != ELF_TYPE_EXEC || h->machine != ELF_MACHINE_RISCV || h->version != 1 ||
        h->phentsize != sizeof(struct elf_segment) || h->phnum == 0 || h->phnum > ELF_MAX_SEGMENTS)
        return -ENOEXEC;
    return 0;
}

// Map one PT_LOAD segment; *end is raised to its end.
static int map_segment(struct space *s, struct inode *file, const struct elf_segment *g, uint64_t *end) {
    uint64_t size = inode_size(file);
    if (g->memsz == 0)
        return 0;
    if (g->filesz > g->memsz || g->offset > size || g->filesz > size - g->offset || g->vaddr < ELF_LOWEST ||
        g->memsz > USER_END / 2 || g->vaddr > USER_END / 2 - g->memsz ||
        (g->vaddr - g->offset) % PAGE_SIZE != 0)
        return -ENOEXEC;
    int prot = (g->flags & ELF_READ ? PROT_READ : 0) | (g->flags & ELF_WRITE ? PROT_WRITE : 0) |
               (g->flags & ELF_EXEC ? PROT_EXEC : 0);
    if (prot & PROT_WRITE && prot & PROT_EXEC)
        return -ENOEXEC;
    uint64_t start = align_down(g->vaddr, PAGE_SIZE), skip = g->vaddr - start;
    uint64_t stop = align_up(g->vaddr + g->memsz, PAGE_SIZE);
    *end = max(*end, stop);
    int err = space_map(s, start, stop, prot, REGION_PROGRAM, g->filesz ? file : NULL, g->offset - skip,
                        g->filesz ? g->filesz + skip : 0);
    return err == -EINVAL ? -ENOEXEC : err;
}

static int load_elf(struct space *s, struct inode *file, uint64_t *entry) {
    struct elf_header h;
    ssize_t n = inode_read_kernel(file, 0, &h, sizeof(h));
    if (n < 0)
        return n;
    int err = check_header(&h, n);
    if (err)
        return err;
    struct elf_segment seg[ELF_MAX_SEGMENTS];
    size_t want = h.phnum * sizeof(seg[0]);
    if (h.phoff > inode_size(file))
        return -ENOEXEC;
    n = inode_read_kernel(file, h.phoff, seg, want);
    if (n < 0)
        return n;
    if ((size_t)n != want)
        return -ENOEXEC;
    uint64_t end = 0;
    bool entry_ok = false;
    for (int i = 0; i < h.phnum && !err; i++) {
        if (seg[i].type != ELF_LOAD)
            continue;
        err = map_segment(s, file, &seg[i], &end);
        entry_ok |=
            seg[i].flags & ELF_EXEC && h.entry >= seg[i].vaddr && h.entry - seg[i].vaddr < seg[i].memsz;
    }
    if (err)
        return err;
    if (!entry_ok || h.entry % 2)
        return -ENOEXEC;
    *entry = h.entry;
    return space_set_heap(s, end);
}

// Look the program up and make its space. On success the caller owns *space and *file (write denied).
static int build_space(const struct walk *w, char *path, const struct args *a, struct space **space,
                       struct inode **file, uint64_t *entry, uint64_t *sp) {
    int err = namei(w, path, NAMEI_FOLLOW, file);
    if (err)
        return err;
    err = S_ISREG((*file)->mode) ? inode_permission(*file, w->cred, 1) : -EACCES;
    if (!err)
        err = inode_deny_write(*file);
    if (err) {
        inode_put(*file);
        return err;
    }
    err = space_create(space);
    if (!err) {
        err = load_elf(*space, *file, entry);
        if (!err)
            err = build_stack(*space, a, sp);
        if (err)
            space_destroy(*space);
    }
    if (err) {
        inode_allow_write(*file);
        inode_put(*file);
    }
    return err;
}

// Point of no return: thread t of p runs the new program from its next entry to user mode on.
static void switch_program(struct proc *p, struct thread *t, const char *path, struct space *space,
                           struct inode *file, uint64_t entry, uint64_t sp) {
    struct space *old = p->space;
    struct inode *old_file = p->exe;
    spin_lock(&proc_tree_lock); // against fill_info
    p->space = space;
    p->exe = file;
    p->execed = true;
    const char *slash = strrchr(path, '/');
    strlcpy(p->name, slash ? slash + 1 : path, sizeof(p->name));
    strlcpy(t->name, p->name, sizeof(t->name));
    spin_unlock(&proc_tree_lock);
    thread_set_pagetable(t, &space->pt);
    if (old)
        space_destroy(old);
    if (old_file) {
        inode_allow_write(old_file);
        inode_put(old_file);
    }
    *thread_frame(t) = (struct trap_frame){
        .sepc = entry,
        .sp = sp,
        .sstatus = SSTATUS_SPIE | SSTATUS_FS_INITIAL,
    };
}

int proc_exec(char *path, uint64_t argv, uint64_t envp) {
    struct proc *p = current_proc();
    struct walk w = {.cred = &p->cred, .cwd = p->cwd};
    struct space *space;
    struct inode *file;
    uint64_t entry, sp;
    struct args a;
    int err = args_init(&a);
    if (!err)
        err = args_add_vector(&a, argv, &a.argc);
    if (!err)
        err = args_add_vector(&a, envp, &a.envc);
    if (!err)
        err = build_space(&w, path, &a, &space, &file, &entry, &sp);
    args_free(&a);
    if (err)
        return err;
    current()->vcpu.use_reserve = p->privileged; // the shell's helpers have it until here
    switch_program(p, current(), path, space, file, entry, sp);
    thread_fp_reset();
    fdtable_close_on_exec(p->files);
    return 0;
}

int proc_start_init(char *path, const char *const *argv, const char *const *envp) {
    struct proc *p = proc_create("init", NULL);
    if (!p)
        return -ENOMEM;
    struct walk w = {.cred = &p->cred, .cwd = root_fs->root};
    struct space *space;
    struct inode *file;
    uint64_t entry, sp;
    struct args a;
    int err = args_init(&a);
    if (!err)
        err = args_add_kernel(&a, argv, &a.argc);
    if (!err)
        err = args_add_kernel(&a, envp, &a.envc);
    if (!err)
        err = build_space(&w, path, &a, &space, &file, &entry, &sp);
    args_free(&a);
    if (!err)
        p->files = fdtable_create();
    if (err || !p->files) {
        proc_discard(p);
        return err ? err : -ENOMEM;
    }
    inode_get(root_fs->root);
    p->cwd = root_fs->root;
    switch_program(p, p->thread, path, space, file, entry, sp);
    proc_publish(p);
    return 0;
}

// exec.c: replace the program of a process: arguments, ELF, the new stack.
//
// Everything that can fail happens to a new address space; then the old one goes and nothing fails any more.
#include "mm/slab.h"
#include "proc/proc.h"

enum { STACK_LIMIT = 8 << 20 };

// What stands at the top of a new stack, from low to high: argc, argv and envp with their NULLs, the strings.
struct image {
    char *text;
    size_t used, size;
    int err;          // once it is not 0, what is in the image does not matter
    bool from_kernel; // argv and envp are the kernel's own, for the first process
};

// Copy a NULL-terminated vector as it is; vector 0 is an empty one.
static void add_vector(struct image *im, uint64_t vector) {
    uint64_t word = 0;
    do {
        if (im->used == im->size)
            im->err = -E2BIG;
        else if (vector && im->from_kernel)
            word = *(const uint64_t *)vector;
        else if (vector && copy_from_user(&word, vector, sizeof(word)))
            im->err = -EFAULT;
        if (im->err)
            return;
        *(uint64_t *)(im->text + im->used) = word;
        im->used += sizeof(word);
        vector += sizeof(word);
    } while (word);
}

// Put the string behind what there is, and into *slot where in the image it begins.
static void add_string(struct image *im, uint64_t *slot) {
    char *to = im->text + im->used;
    size_t room = im->size - im->used;
    ssize_t n = -ENAMETOOLONG;
    if (room > 0)
        n = im->from_kernel ? (ssize_t)strlcpy(to, (const char *)*slot, room)
                            : string_from_user(to, *slot, room);
    if (n < 0 || n >= (ssize_t)room)
        im->err = n == -EFAULT ? -EFAULT : -E2BIG;
    *slot = im->used;
    im->used += n + 1;
}

// Fill the buffer of im->size bytes with what is to stand just below USER_END.
static void fill_image(struct image *im, uint64_t argv, uint64_t envp) {
    uint64_t *words = (uint64_t *)im->text;
    im->err = 0;
    im->used = sizeof(*words); // argc's
    add_vector(im, argv);
    words[0] = im->used / sizeof(*words) - 2;
    add_vector(im, envp);
    size_t count = im->used / sizeof(*words);
    for (size_t i = 1; i < count && !im->err; i++)
        if (words[i])
            add_string(im, &words[i]);
    im->used = align_up(im->used, 16);
    for (size_t i = 1; i < count; i++)
        if (words[i])
            words[i] += USER_END - im->used;
}

// In a page, or as much as may be (POSIX: ARG_MAX) if that does not do. 0 or -errno; text is to be freed in
// any case.
static int make_image(struct image *im, uint64_t argv, uint64_t envp) {
    static const size_t sizes[] = {PAGE_SIZE, UAPI_ARG_MAX};
    im->err = -E2BIG;
    for (size_t i = 0; i < ARRAY_SIZE(sizes) && im->err == -E2BIG; i++) {
        kfree(im->text);
        im->size = sizes[i];
        im->text = kmalloc(im->size, PAGE_WAIT | PAGE_ZERO);
        if (!im->text)
            return -ENOMEM;
        fill_image(im, argv, envp);
    }
    return im->err;
}

// ---- ELF: the parts that exec reads (System V ABI, chapter 4 and 5; RISC-V psABI)

#define ELF_IDENT "\177ELF\2\1\1" // 64 bits, little endian, version 1
enum {
    ELF_TYPE_EXEC = 2,
    ELF_MACHINE_RISCV = 243,
    ELF_LOAD = 1,
    ELF_STACK = 0x6474e551, // PT_GNU_STACK: memsz is the limit of the stack, 0: none said
    ELF_EXEC = 1,
    ELF_WRITE = 2,
    ELF_READ = 4,
    ELF_MAX_SEGMENTS = 16, // ours
    ELF_LOWEST = 0x10000,  // ours: lowest address a program may ask for (DESIGN.md section 3)
};

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct elf_header) == 64, "elf_header");
_Static_assert(sizeof(struct elf_segment) == 56, "elf_segment");

// The start of an ELF file, in its first page. Every linker puts the program headers right behind the file's
// header.
struct elf_start {
    struct elf_header h;
    struct elf_segment segment[ELF_MAX_SEGMENTS];
};

// n: bytes that there are of the file.
static bool is_program(const struct elf_start *elf, size_t n) {
    const struct elf_header *h = &elf->h;
    return n >= sizeof(*h) && memcmp(h->ident, ELF_IDENT, sizeof(ELF_IDENT) - 1) == 0 &&
           h->type == ELF_TYPE_EXEC && h->machine == ELF_MACHINE_RISCV && h->version == 1 &&
           h->phoff == sizeof(*h) && h->phentsize == sizeof(elf->segment[0]) &&
           h->phnum <= ELF_MAX_SEGMENTS && n >= sizeof(*h) + h->phnum * sizeof(elf->segment[0]);
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
    uint64_t skip = g->vaddr % PAGE_SIZE;
    struct region r = {.start = g->vaddr - skip,
                       .end = align_up(g->vaddr + g->memsz, PAGE_SIZE),
                       .prot = (uint8_t)prot,
                       .inode = g->filesz ? file : NULL,
                       .offset = g->offset - skip,
                       .file_bytes = g->filesz ? g->filesz + skip : 0};
    *end = max(*end, r.end);
    return space_map(s, &r);
}

// Map the program in file and what belongs to it. A bad entry point is the program's own fault, in its first
// instruction.
static int load_elf(struct space *s, struct inode *file, uint64_t *entry) {
    struct page *page;
    if (inode_size(file) == 0)
        return -ENOEXEC;
    int err = cache_read(&file->data, 0, &page); // nobody writes to it: open_program
    if (err)
        return err;
    const struct elf_start *elf = page_va(page);
    uint64_t end = 0, stack = STACK_LIMIT;
    err = is_program(elf, inode_size(file)) ? 0 : -ENOEXEC;
    for (int i = 0; !err && i < elf->h.phnum; i++) {
        const struct elf_segment *g = &elf->segment[i];
        if (g->type == ELF_LOAD)
            err = map_segment(s, file, g, &end);
        else if (g->type == ELF_STACK && g->memsz > 0)
            stack = align_up(min(g->memsz, stack), PAGE_SIZE);
    }
    if (!err && end == 0)
        err = -ENOEXEC;
    *entry = elf->h.entry;
    page_put(page);
    return err ? err : space_map_heap_and_stack(s, end, stack);
}

// Look the program up. On success the caller owns *file, which nobody may write.
static int open_program(const struct proc *p, char *path, struct inode **file) {
    int err = namei(&p->walk, path, NAMEI_FOLLOW, file);
    if (err)
        return err;
    err = S_ISREG((*file)->mode) ? inode_permission(*file, &p->cred, 1) : -EACCES;
    if (!err)
        err = inode_use(*file, INODE_RUN);
    if (err)
        inode_put(*file);
    return err;
}

// Let p run the program at path from its next entry to user mode on.
static int load_program(struct proc *p, char *path, const struct image *im) {
    struct inode *file;
    struct space *space = NULL;
    uint64_t entry;
    char name[sizeof(p->name)]; // taken before the walk, which puts the targets of links into path
    const char *slash = strrchr(path, '/');
    strlcpy(name, slash ? slash + 1 : path, sizeof(name));
    int err = open_program(p, path, &file);
    if (err)
        return err;
    err = space_create(&space);
    if (!err)
        err = load_elf(space, file, &entry);
    if (!err && USER_END - im->used < space->stack_limit)
        err = -E2BIG;
    if (!err)
        err = space_poke(space, USER_END - im->used, im->text, im->used);
    if (!err) { // nothing fails any more
        struct space *old_space = p->space;
        struct inode *old_file = p->exe;
        spin_lock(&proc_tree_lock); // against fill_info
        p->space = space;
        p->exe = file;
        p->execed = true;
        strlcpy(p->name, name, sizeof(p->name));
        strlcpy(p->thread->name, p->name, sizeof(p->thread->name));
        spin_unlock(&proc_tree_lock);
        thread_set_pagetable(p->thread, &space->pt);
        *thread_frame(p->thread) = (struct trap_frame){
            .sepc = entry,
            .sp = USER_END - im->used,
            .sstatus = SSTATUS_SPIE | SSTATUS_FS_DIRTY | SSTATUS_OPEN, // of the old program, until proc_exec
        };
        space = old_space;
        file = old_file;
    }
    proc_drop_program(space, file); // the old one, or what there is of the new
    return err;
}

int proc_exec(char *path, uint64_t argv, uint64_t envp) {
    struct proc *p = current_proc();
    struct image im = {0};
    int err = make_image(&im, argv, envp);
    if (!err)
        err = load_program(p, path, &im);
    kfree(im.text);
    if (err)
        return err;
    current()->vcpu.use_reserve = p->privileged; // the shell's helpers have it until here
    thread_clear_fp();
    fdtable_close_on_exec(&p->files);
    return 0;
}

int proc_start_init(char *path, const char *const *argv, const char *const *envp) {
    struct image im = {.from_kernel = true};
    struct proc *p = proc_create("init", NULL);
    if (!p)
        return -ENOMEM;
    inode_get(root_fs->root);
    p->walk.cwd = root_fs->root;
    int err = make_image(&im, (uint64_t)argv, (uint64_t)envp);
    if (!err)
        err = load_program(p, path, &im);
    kfree(im.text);
    if (!err)
        proc_publish(p);
    return err;
}

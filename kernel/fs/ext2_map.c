// ext2_map.c: which block holds a page of a file: 12 direct pointers in the inode, then trees of one, two and
// three levels of indirect blocks with 1024 pointers each.
#include "fs/ext2.h"
#include "lib/string.h"
#include "riscv/panic.h"

enum { LEVELS = 3, CUT_BLOCKS = 16384, CUT_CREDITS = 10 };

// Pages that a subtree of this level covers; level 0 is a data block.
static uint64_t span(int level) {
    uint64_t n = 1;
    while (level-- > 0)
        n *= EXT2_POINTERS;
    return n;
}

// First page of the tree that starts at map[EXT2_DIRECT + level - 1].
static uint64_t tree_start(int level) {
    uint64_t n = EXT2_DIRECT;
    for (int l = 1; l < level; l++)
        n += span(l);
    return n;
}

uint64_t ext2_max_size(void) {
    // i_blocks counts sectors in 32 bits, indirect blocks included; so a file without holes ends here.
    const uint64_t blocks = (1UL << 32) / (PAGE_SIZE / SECTOR_SIZE) - 1;
    return (blocks - blocks / EXT2_POINTERS - blocks / EXT2_POINTERS / EXT2_POINTERS - 4) * PAGE_SIZE;
}

// The way to page index: slot[0] in the inode's map, slot[1..depth] in the indirect blocks. -EFBIG: too far.
struct path {
    int depth;
    uint32_t slot[LEVELS + 1];
};

static int find_path(uint64_t index, struct path *path) {
    if (index < EXT2_DIRECT) {
        *path = (struct path){0, {(uint32_t)index}};
        return 0;
    }
    index -= EXT2_DIRECT;
    for (int level = 1; level <= LEVELS; level++) {
        if (index < span(level)) {
            path->depth = level;
            path->slot[0] = EXT2_DIRECT + (uint32_t)level - 1;
            for (int i = 1; i <= level; i++)
                path->slot[i] = (uint32_t)(index / span(level - i) % EXT2_POINTERS);
            return 0;
        }
        index -= span(level);
    }
    return -EFBIG;
}

int ext2_map_get(struct inode *ino, uint64_t index, uint32_t *block) {
    struct ext2 *e = ext2_of_inode(ino);
    struct path path;
    *block = 0;
    if (find_path(index, &path))
        return 0;
    uint32_t b = ino->map[path.slot[0]];
    for (int i = 1; i <= path.depth && b != 0; i++) {
        struct page *p;
        if (!ext2_block_ok(e, b))
            break;
        int err = cache_read(&e->meta, b, &p);
        if (err)
            return err;
        b = ((uint32_t *)page_va(p))[path.slot[i]];
        page_put(p);
    }
    if (b != 0 && !ext2_block_ok(e, b))
        return ext2_error(e, "bad block pointer in inode", ino->ino);
    *block = b;
    return 0;
}

// A new block; zeroed in memory if it is metadata.
static int new_block(struct inode *ino, uint32_t neighbour, bool metadata, uint32_t *block) {
    struct ext2 *e = ext2_of_inode(ino);
    int err = ext2_alloc_block(e, ext2_policy_goal(e, ino, neighbour), block);
    if (err || !metadata)
        return err;
    struct page *p;
    err = cache_fresh(&e->meta, *block, false, &p);
    if (err) {
        ext2_free_blocks(e, *block, 1);
        return err;
    }
    txn_access(&e->fs, p);
    page_zero(page_va(p));
    txn_dirty(&e->fs, p);
    page_put(p);
    return 0;
}

int ext2_map_make(struct inode *ino, uint64_t index, bool metadata, uint32_t *block, bool *fresh) {
    struct ext2 *e = ext2_of_inode(ino);
    struct path path;
    int err = find_path(index, &path);
    if (err)
        return err;
    *fresh = false;
    struct page *holder = NULL; // of the pointers that slot is one of; NULL: the inode
    uint32_t *pointers = ino->map;
    for (int i = 0;; i++) {
        uint32_t *slot = &pointers[path.slot[i]];
        if (*slot == 0) {
            uint32_t neighbour = path.slot[i] > 0 ? slot[-1] : holder ? (uint32_t)holder->index : 0, b;
            err = new_block(ino, neighbour, metadata || i < path.depth, &b);
            if (err)
                break;
            if (holder)
                txn_access(&e->fs, holder);
            *slot = b;
            if (holder)
                txn_dirty(&e->fs, holder);
            ino->blocks += PAGE_SIZE / SECTOR_SIZE;
            *fresh = i == path.depth;
        } else if (!ext2_block_ok(e, *slot)) {
            err = ext2_error(e, "bad block pointer in inode", ino->ino);
            break;
        }
        *block = *slot;
        if (i == path.depth)
            break;
        struct page *next;
        err = cache_read(&e->meta, *block, &next);
        if (err)
            break;
        if (holder)
            page_put(holder);
        holder = next;
        pointers = page_va(holder);
    }
    if (holder)
        page_put(holder);
    return err;
}

// ---- cutting off the end

struct cut {
    struct inode *ino;
    struct ext2 *e;
    bool metadata;            // the file's own blocks are pages of the device's mapping
    uint64_t from;            // pages from here on go
    uint64_t reached;         // they have gone from here on
    uint32_t run, run_length; // blocks to free in one go
    uint32_t freed;
    bool stopped; // no room in the transaction
    int err;
};

static void free_run(struct cut *c) {
    if (c->run_length > 0) {
        int err = ext2_free_blocks(c->e, c->run, c->run_length);
        if (err && !c->err)
            c->err = err;
    }
    c->run_length = 0;
}

static void free_block(struct cut *c, uint32_t block, bool metadata) {
    if (!ext2_block_ok(c->e, block)) {
        c->err = ext2_error(c->e, "bad block pointer in inode", c->ino->ino);
        return;
    }
    if (metadata)
        txn_forget(&c->e->fs, &c->e->meta, block);
    if (c->run_length > 0 && block == c->run - 1) {
        c->run--;
        c->run_length++;
    } else {
        free_run(c);
        c->run = block;
        c->run_length = 1;
    }
    c->ino->blocks -= PAGE_SIZE / SECTOR_SIZE;
    c->freed++;
}

// Cut the subtree at *pointer, which covers pages from base on. *pointer becomes 0 when all of it has gone.
static void cut_tree(struct cut *c, uint32_t *pointer, int level, uint64_t base) {
    if (*pointer == 0)
        return;
    if (txn_left() < CUT_CREDITS || c->freed >= CUT_BLOCKS)
        c->stopped = true;
    if (c->stopped || c->err)
        return;
    if (level == 0) {
        free_block(c, *pointer, c->metadata);
        *pointer = 0;
        c->reached = base;
        return;
    }
    struct page *p;
    c->err = ext2_block_ok(c->e, *pointer) ? cache_read(&c->e->meta, *pointer, &p)
                                           : ext2_error(c->e, "bad block pointer in inode", c->ino->ino);
    if (c->err)
        return;
    uint32_t *child = page_va(p);
    uint32_t freed = c->freed;
    txn_access(&c->e->fs, p);
    for (int i = EXT2_POINTERS - 1; i >= 0 && !c->stopped && !c->err; i--) {
        uint64_t start = base + (uint64_t)i * span(level - 1);
        if (start + span(level - 1) <= c->from)
            break;
        cut_tree(c, &child[i], level - 1, start);
    }
    bool all = base >= c->from && !c->stopped && !c->err;
    if (all) {
        free_block(c, *pointer, true);
        *pointer = 0;
    } else if (c->freed > freed) {
        txn_dirty(&c->e->fs, p);
    }
    page_put(p);
}

int ext2_map_cut(struct inode *ino, uint64_t index, uint64_t *reached) {
    struct cut c = {.ino = ino,
                    .e = ext2_of_inode(ino),
                    .metadata = !S_ISREG(ino->mode),
                    .from = index,
                    .reached = UINT64_MAX};
    for (int level = LEVELS; level > 0; level--)
        if (tree_start(level) + span(level) > index)
            cut_tree(&c, &ino->map[EXT2_DIRECT + level - 1], level, tree_start(level));
    for (int i = EXT2_DIRECT - 1; i >= 0 && (uint64_t)i >= index; i--)
        cut_tree(&c, &ino->map[i], 0, (uint64_t)i);
    free_run(&c);
    *reached = c.stopped || c.err ? c.reached : index;
    return c.err;
}

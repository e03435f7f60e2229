// fdt.c: reading a flattened device tree (Devicetree Specification 0.4, chapter 5).
//
// The structure block is a row of 32-bit big-endian tokens; a node is the row from its BEGIN_NODE to the
// END_NODE that matches. scan() is the only one that meets bytes which nobody has checked.
#include "lib/fdt.h"

#include "lib/string.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };
enum { MAGIC = 0xd00dfeed, VERSION = 17, HEADER = 40 };
enum { RESERVED_ENTRY = 16 };

static uint32_t be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

static bool inside(uint32_t off, uint32_t size, size_t whole) { return off <= whole && size <= whole - off; }

// Go through the structure block s and fill in the table of nodes. 0 or -EINVAL.
static int scan(struct fdt *fdt, const uint8_t *s, uint32_t size, uint32_t strings_size) {
    const struct fdt_node *open = NULL; // the node that has begun and not ended
    for (uint32_t off = 0, length = 0; inside(off, 4, size); off = align_up(off + length, 4)) {
        uint32_t kind = be32(s + off), left = size - (off += 4);
        length = 0;
        if (kind == BEGIN_NODE) {
            length = strnlen((const char *)s + off, left) + 1;
            if (length > left || fdt->count == FDT_NODES || (!open && fdt->count > 0)) // there is one root
                return -EINVAL;
            struct fdt_node *node = &fdt->node[fdt->count++];
            *node = (struct fdt_node){fdt, open, (const char *)s + off, s + align_up(off + length, 4)};
            open = node;
        } else if (kind == END_NODE && open) {
            open = open->parent;
        } else if (kind == PROP && left >= 8) {
            length = 8 + be32(s + off);
            if (length < 8 || length > left || be32(s + off + 4) >= strings_size)
                return -EINVAL;
        } else if (kind != NOP) {
            return kind == END && !open && fdt->count > 0 ? 0 : -EINVAL;
        }
    }
    return -EINVAL; // no END
}

int fdt_open(struct fdt *fdt, const void *blob, size_t max) {
    const uint8_t *b = blob;
    if (max < HEADER || be32(b) != MAGIC || be32(b + 4) > max || be32(b + 4) < HEADER)
        return -EINVAL;
    if (be32(b + 20) < VERSION || be32(b + 24) > VERSION) // its version; the oldest that its readers may know
        return -EINVAL;
    *fdt = (struct fdt){.blob = b, .size = be32(b + 4), .strings = be32(b + 12), .reserved = be32(b + 16)};
    uint32_t structs = be32(b + 8), structs_size = be32(b + 36), strings_size = be32(b + 32);
    if (!inside(structs, structs_size, fdt->size) || !inside(fdt->strings, strings_size, fdt->size) ||
        strings_size == 0 || b[fdt->strings + strings_size - 1] != 0)
        return -EINVAL;
    return scan(fdt, b + structs, structs_size, strings_size);
}

const struct fdt_node *fdt_path(const struct fdt *fdt, const char *path) {
    const struct fdt_node *at = fdt->node; // where what is left of path begins
    fdt_for_each(node, fdt) {
        size_t n = strlen(node->name);
        if (node->parent == at && *path == '/' && strncmp(path + 1, node->name, n) == 0 &&
            (path[n + 1] == '/' || path[n + 1] == 0)) {
            at = node;
            path += n + 1;
        }
    }
    return *path ? NULL : at;
}

const struct fdt_node *fdt_phandle(const struct fdt *fdt, uint32_t phandle) {
    fdt_for_each(node, fdt) {
        if (fdt_cell(node, "phandle", 0, 0) == phandle)
            return node;
    }
    return NULL;
}

const void *fdt_prop(const struct fdt_node *node, const char *name, int *len) {
    const uint8_t *p = node ? node->props : NULL;
    for (; p && (be32(p) == PROP || be32(p) == NOP); p += 4)
        if (be32(p) == PROP) {
            *len = be32(p + 4);
            if (strcmp((const char *)node->tree->blob + node->tree->strings + be32(p + 8), name) == 0)
                return p + 12;
            p += 8 + align_up(*len, 4);
        }
    return NULL;
}

const char *fdt_string(const struct fdt_node *node, const char *name) {
    int len;
    const char *s = fdt_prop(node, name, &len);
    return s && len > 0 && s[len - 1] == 0 ? s : NULL;
}

uint32_t fdt_cell(const struct fdt_node *node, const char *name, int i, uint32_t dflt) {
    int len;
    const uint8_t *p = fdt_prop(node, name, &len);
    return p && i < len / 4 ? be32(p + 4 * i) : dflt;
}

uint64_t fdt_number(const struct fdt_node *node, const char *name, uint64_t dflt) {
    int len;
    const uint8_t *p = fdt_prop(node, name, &len);
    return !p || len < 4 ? dflt : len < 8 ? be32(p) : be64(p);
}

// The number of n cells (0, 1 or 2) at p.
static uint64_t cells(const uint8_t *p, uint32_t n) { return n == 0 ? 0 : n == 1 ? be32(p) : be64(p); }

int fdt_reg(const struct fdt_node *node, int i, uint64_t *addr, uint64_t *size) {
    int len;
    const uint8_t *p = fdt_prop(node, "reg", &len);
    uint32_t na = p ? fdt_cell(node->parent, "#address-cells", 0, 2) : 0;
    uint32_t ns = p ? fdt_cell(node->parent, "#size-cells", 0, 1) : 0;
    if (na < 1 || na > 2 || ns > 2 || i >= len / (int)(4 * (na + ns)))
        return -ENOENT;
    p += 4 * (na + ns) * i;
    *addr = cells(p, na);
    *size = cells(p + 4 * na, ns);
    return 0;
}

bool fdt_has(const struct fdt_node *node, const char *name, const char *text) {
    int len;
    const char *s = fdt_prop(node, name, &len), *end = fdt_string(node, name) ? s + len : s;
    for (; s < end; s += strlen(s) + 1)
        if (strcmp(s, text) == 0)
            return true;
    return false;
}

bool fdt_enabled(const struct fdt_node *node) {
    return !fdt_string(node, "status") || fdt_has(node, "status", "okay") || fdt_has(node, "status", "ok");
}

int fdt_reserved(const struct fdt *fdt, int i, uint64_t *addr, uint64_t *size) {
    if (!inside(fdt->reserved, RESERVED_ENTRY * (i + 1), fdt->size))
        return -ENOENT;
    const uint8_t *p = fdt->blob + fdt->reserved + RESERVED_ENTRY * i;
    *addr = be64(p);
    *size = be64(p + 8);
    return *addr || *size ? 0 : -ENOENT; // an entry of zeros ends the list
}

// fdt.h: reading a flattened device tree (Devicetree Specification 0.4, chapter 5).
//
// A node is the offset of its FDT_BEGIN_NODE token in the structure block; negative: none. Nothing is copied
// and nothing is trusted: every offset is checked against the blob's size, so a damaged tree gives "not
// found".
#ifndef LIB_FDT_H
#define LIB_FDT_H

#include "lib/kernel.h"

struct fdt {
    const uint8_t *blob;
    uint32_t size;                  // of the whole blob
    uint32_t structs, structs_size; // offset and size of the structure block
    uint32_t strings, strings_size;
    uint32_t reserved; // offset of the memory reservation block
};

// Check the header (magic, version 17, offsets). 0 or -EINVAL. max: bytes that may be looked at.
int fdt_open(struct fdt *fdt, const void *blob, size_t max);

int fdt_root(const struct fdt *fdt);
// First child; next node on the same level.
int fdt_child(const struct fdt *fdt, int node);
int fdt_sibling(const struct fdt *fdt, int node);
// Next node in depth-first order from node (start with fdt_root), over the whole tree.
int fdt_next(const struct fdt *fdt, int node);
int fdt_parent(const struct fdt *fdt, int node);
// Node at an absolute path like "/cpus/cpu@0"; a component without @unit matches the first of that name.
int fdt_path(const struct fdt *fdt, const char *path);
int fdt_phandle(const struct fdt *fdt, uint32_t phandle);
const char *fdt_name(const struct fdt *fdt, int node);

// Property value and its length, or NULL.
const void *fdt_prop(const struct fdt *fdt, int node, const char *name, int *len);
const char *fdt_string(const struct fdt *fdt, int node, const char *name);
// The i-th 32-bit cell of a property; dflt when there is none.
uint32_t fdt_cell(const struct fdt *fdt, int node, const char *name, int i, uint32_t dflt);
// A property of one or two cells as a number.
uint64_t fdt_number(const struct fdt *fdt, int node, const char *name, uint64_t dflt);
// The i-th (address, size) pair of "reg", by the parent's #address-cells and #size-cells. 0 or -ENOENT.
int fdt_reg(const struct fdt *fdt, int node, int i, uint64_t *addr, uint64_t *size);
// Does the "compatible" list of node hold this string?
bool fdt_compatible(const struct fdt *fdt, int node, const char *what);
// False only when "status" is there and is neither "okay" nor "ok".
bool fdt_enabled(const struct fdt *fdt, int node);
// The i-th entry of the memory reservation block. 0 or -ENOENT.
int fdt_reserved(const struct fdt *fdt, int i, uint64_t *addr, uint64_t *size);

#endif

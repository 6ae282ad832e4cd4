// The machine's memory: blocks of powers of two, a list of free ones for each size, never joined. What a session keeps
// is small and comes back in the same sizes, and a general allocator costs five times the code (-sMALLOC=none).
#include <emscripten/heap.h>

#include <cstddef>
#include <cstdint>

namespace {

constexpr int kOrderMin = 4, kOrderMax = 30;

// Before each block handed out; in a free one `next` takes the place of the first bytes.
struct alignas(8) Header {
  int order;  // the block, with its header, has 1 << order bytes
};
struct Free {
  Header header;
  Free* next;
};

Free* g_free[kOrderMax + 1];
std::size_t g_end;  // of the blocks handed out so far

}  // namespace

extern "C" {

extern char __heap_base;  // the linker's: the first byte that no variable takes

void* malloc(std::size_t size) {
  int order = kOrderMin;
  while ((std::size_t{1} << order) - sizeof(Header) < size)
    if (++order > kOrderMax) return nullptr;
  Free* block = g_free[order];
  if (block) {
    g_free[order] = block->next;
  } else {
    if (!g_end) g_end = (reinterpret_cast<std::size_t>(&__heap_base) + alignof(Header) - 1) & -alignof(Header);
    const std::size_t end = g_end + (std::size_t{1} << order);
    if (end > emscripten_get_heap_size() && !emscripten_resize_heap(end)) return nullptr;
    block = reinterpret_cast<Free*>(g_end);
    g_end = end;
    block->header.order = order;
  }
  return &block->next;
}

void free(void* memory) {
  if (!memory) return;
  Free* block = reinterpret_cast<Free*>(static_cast<char*>(memory) - sizeof(Header));
  block->next = g_free[block->header.order];
  g_free[block->header.order] = block;
}
}

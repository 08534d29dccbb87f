/* Which object an address is in, and the MODULE records that let a reader say the same later and elsewhere. */
#include "agent.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc ≥ 2.35, found at run time so that the library also loads on older ones. */
static int (*g_find_object)(void *, struct dl_find_object *);

struct phdr_search { uintptr_t address; struct agt_object *object; };

static void fill_from_phdrs(const struct dl_phdr_info *info, struct agt_object *object) {
  object->bias = info->dlpi_addr;
  object->path = info->dlpi_name;
  object->start = UINTPTR_MAX;
  object->end = 0;
  object->eh_frame_hdr = NULL;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_GNU_EH_FRAME) object->eh_frame_hdr = (const uint8_t *)start;
    if (segment->p_type != PT_LOAD) continue;
    if (start < object->start) object->start = start & ~(uintptr_t)4095;
    if (start + segment->p_memsz > object->end) object->end = start + segment->p_memsz;
  }
}

static int search_phdrs(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  struct phdr_search *search = data;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type != PT_LOAD || search->address < start || search->address - start >= segment->p_memsz) continue;
    fill_from_phdrs(info, search->object);
    return 1;
  }
  return 0;
}

bool agt_object_at(uintptr_t address, struct agt_object *object) {
  if (AGT_LIKELY(g_find_object != NULL)) {
    struct dl_find_object found;
    if (g_find_object((void *)address, &found) != 0) return false;
    object->start = (uintptr_t)found.dlfo_map_start;
    object->end = (uintptr_t)found.dlfo_map_end;
    object->eh_frame_hdr = found.dlfo_eh_frame;
    object->bias = found.dlfo_link_map->l_addr;
    object->path = found.dlfo_link_map->l_name;
    return true;
  }
  struct phdr_search search = {address, object};
  return dl_iterate_phdr(search_phdrs, &search) == 1;
}

/* -------------------------------------------------------------------------------------------------- MODULE records */

enum { MODULES_MAX = 4096 };
struct module { _Atomic uintptr_t start; uintptr_t end, bias; };
static struct {
  pthread_mutex_t lock;
  struct module entries[MODULES_MAX]; /* written under lock; read without: an entry is published by its start */
  _Atomic uint32_t count;
} g_modules = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_known(uintptr_t address) {
  uint32_t count = atomic_load_explicit(&g_modules.count, memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    uintptr_t start = atomic_load_explicit(&g_modules.entries[i].start, memory_order_acquire);
    if (start && address >= start && address < g_modules.entries[i].end) return true;
  }
  return false;
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t length) {
  p = agt_put_varint(p, length);
  memcpy(p, bytes, length);
  return p + length;
}

/* The build-id note of a mapped object; its first page holds the ELF header and program headers. */
static uint8_t *put_build_id(uint8_t *p, const ElfW(Phdr) *headers, unsigned count, uintptr_t bias) {
  for (unsigned i = 0; i < count; i++) {
    if (headers[i].p_type != PT_NOTE) continue;
    const uint8_t *note = (const uint8_t *)(bias + headers[i].p_vaddr), *end = note + headers[i].p_memsz;
    while (note + sizeof(ElfW(Nhdr)) <= end) {
      const ElfW(Nhdr) *header = (const ElfW(Nhdr) *)note;
      const uint8_t *name = note + sizeof *header, *content = name + ((header->n_namesz + 3u) & ~3u);
      if (content + header->n_descsz > end) break;
      if (header->n_type == NT_GNU_BUILD_ID && header->n_namesz == 4 && memcmp(name, "GNU", 4) == 0)
        return put_bytes(p, content, header->n_descsz > 64 ? 64 : header->n_descsz);
      note = content + ((header->n_descsz + 3u) & ~3u);
    }
  }
  return agt_put_varint(p, 0);
}

static void write_module(uint32_t index, const struct agt_object *object) {
  char path[4096];
  size_t path_length;
  if (object->path && object->path[0]) {
    path_length = strnlen(object->path, sizeof path);
    memcpy(path, object->path, path_length);
  } else {
    ssize_t got = syscall(SYS_readlink, "/proc/self/exe", path, sizeof path);
    path_length = got > 0 ? (size_t)got : 0;
  }
  uint8_t body[8192];
  uint8_t *p = agt_put_varint(body, index);
  p = agt_put_varint(p, object->bias);
  p = put_bytes(p, path, path_length);
  const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->start;
  bool is_elf = memcmp(elf->e_ident, ELFMAG, SELFMAG) == 0 && elf->e_phoff < 4096 && elf->e_phnum <= 64;
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)(object->start + (is_elf ? elf->e_phoff : 0));
  unsigned header_count = is_elf ? elf->e_phnum : 0, segments = 0;
  p = put_build_id(p, headers, header_count, object->bias);
  for (unsigned i = 0; i < header_count; i++) segments += headers[i].p_type == PT_LOAD;
  p = agt_put_varint(p, segments);
  for (unsigned i = 0; i < header_count; i++) {
    if (headers[i].p_type != PT_LOAD) continue;
    p = agt_put_varint(p, object->bias + headers[i].p_vaddr);
    p = agt_put_varint(p, headers[i].p_memsz);
    p = agt_put_varint(p, headers[i].p_flags);
    p = agt_put_varint(p, headers[i].p_offset);
  }
  agt_meta_write(AGT_META_MODULE, body, (size_t)(p - body));
}

void agt_module_seen(uintptr_t pc) {
  struct agt_object object;
  if (is_known(pc) || !agt_object_at(pc, &object)) return;
  int saved_errno = errno;
  pthread_mutex_lock(&g_modules.lock);
  uint32_t index = atomic_load_explicit(&g_modules.count, memory_order_relaxed);
  if (!is_known(pc) && index < MODULES_MAX) {
    write_module(index, &object);
    struct module *entry = &g_modules.entries[index];
    entry->end = object.end;
    entry->bias = object.bias;
    atomic_store_explicit(&entry->start, object.start, memory_order_release);
    atomic_store_explicit(&g_modules.count, index + 1, memory_order_release);
  }
  pthread_mutex_unlock(&g_modules.lock);
  errno = saved_errno;
}

void agt_modules_review(void) {
  pthread_mutex_lock(&g_modules.lock);
  uint32_t count = atomic_load_explicit(&g_modules.count, memory_order_relaxed);
  for (uint32_t i = 0; i < count; i++) {
    struct module *entry = &g_modules.entries[i];
    uintptr_t start = atomic_load_explicit(&entry->start, memory_order_relaxed);
    struct agt_object object;
    if (!start || (agt_object_at(start, &object) && object.start == start && object.bias == entry->bias)) continue;
    uint8_t body[16];
    atomic_store_explicit(&entry->start, 0, memory_order_release);
    agt_meta_write(AGT_META_MODULE_GONE, body, (size_t)(agt_put_varint(body, i) - body));
    agt_tree_forget(start, entry->end - start);
    atomic_fetch_add(&g_code_generation, 1);
  }
  pthread_mutex_unlock(&g_modules.lock);
}

void agt_modules_init(void) { *(void **)&g_find_object = dlsym(RTLD_DEFAULT, "_dl_find_object"); }

void agt_modules_after_fork(void) {
  pthread_mutex_init(&g_modules.lock, NULL);
  atomic_store(&g_modules.count, 0);
}

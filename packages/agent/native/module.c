/* Which object an address is in, and the MODULE records that let a reader say the same later and elsewhere. */
#include "agent.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* glibc ≥ 2.35, found at run time so that the library also loads on older ones. */
static int (*g_find_object)(void *, struct dl_find_object *);

/* The loader's own bounds of a non-PIE executable are those of its code alone. Set once, before recording. */
static struct { uintptr_t start, end, bias; } g_executable;

static void find_executable(void) {
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  unsigned count = (unsigned)getauxval(AT_PHNUM);
  uintptr_t bias = 0, start = UINTPTR_MAX, end = 0;
  for (unsigned i = 0; i < count; i++)
    if (headers[i].p_type == PT_PHDR) bias = (uintptr_t)headers - headers[i].p_vaddr;
  for (unsigned i = 0; i < count; i++) {
    if (headers[i].p_type != PT_LOAD) continue;
    uintptr_t low = (bias + headers[i].p_vaddr) & ~(uintptr_t)4095;
    if (low < start) start = low;
    if (bias + headers[i].p_vaddr + headers[i].p_memsz > end) end = bias + headers[i].p_vaddr + headers[i].p_memsz;
  }
  if (end) {
    g_executable.start = start;
    g_executable.end = end;
    g_executable.bias = bias;
  }
}

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
    if (!object->path[0] && g_executable.end) {
      object->start = g_executable.start;
      object->end = g_executable.end;
    }
    return true;
  }
  struct phdr_search search = {address, object};
  return dl_iterate_phdr(search_phdrs, &search) == 1;
}

bool agt_find_object_is_lock_free(void) { return g_find_object != NULL; }

/* -------------------------------------------------------------------------------------------------- MODULE records */

enum { MODULES_MAX = 4096 };
struct module { _Atomic uintptr_t start, end; uint32_t fingerprint; };
static struct {
  pthread_mutex_t lock;
  struct module entries[MODULES_MAX]; /* written under lock; read without: an entry is published by its start */
  _Atomic uint32_t count;
} g_modules = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_known(uintptr_t address) {
  uint32_t count = atomic_load_explicit(&g_modules.count, memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    uintptr_t start = atomic_load_explicit(&g_modules.entries[i].start, memory_order_acquire);
    if (!start || address < start || address >= atomic_load_explicit(&g_modules.entries[i].end, memory_order_acquire)) continue;
    /* The entry may have been given to another module between the two. */
    if (atomic_load_explicit(&g_modules.entries[i].start, memory_order_relaxed) == start) return true;
  }
  return false;
}

/*
 * Of an object's first page: its headers and, mostly, its build-id. Read by a system call, because another thread may unload
 * the object at this moment. 0 when nothing can be read there. Holder of g_modules.lock.
 */
static uint32_t fingerprint(uintptr_t start) {
  static uint8_t page[4096];
  struct iovec to = {page, sizeof page}, from = {(void *)start, sizeof page};
  if (syscall(SYS_process_vm_readv, getpid(), &to, 1L, &from, 1L, 0L) != (long)sizeof page) return 0;
  uint32_t crc = agt_crc32(0, page, sizeof page);
  return crc ? crc : 1;
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

/* Holder of g_modules.lock. Static buffers: the stack may be a thread's smallest. */
static void write_module(uint32_t index, const struct agt_object *object) {
  static char path[4096];
  static uint8_t body[8192];
  size_t path_length;
  if (object->path && object->path[0]) {
    path_length = strnlen(object->path, sizeof path);
    memcpy(path, object->path, path_length);
  } else {
    ssize_t got = syscall(SYS_readlink, "/proc/self/exe", path, sizeof path);
    path_length = got > 0 ? (size_t)got : 0;
  }
  bool is_copy = object->path == NULL;
  uint8_t *p = agt_put_varint(body, index);
  p = agt_put_varint(p, object->bias);
  p = put_bytes(p, path, path_length);
  const ElfW(Phdr) *headers = NULL;
  unsigned header_count = 0, segments = 0;
  const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->start;
  if (!object->path || !object->path[0]) {
    headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    header_count = (unsigned)getauxval(AT_PHNUM);
  } else if (memcmp(elf->e_ident, ELFMAG, SELFMAG) == 0 && elf->e_phoff < 4096 && elf->e_phnum <= 64) {
    headers = (const ElfW(Phdr) *)(object->start + elf->e_phoff);
    header_count = elf->e_phnum;
  }
  p = put_build_id(p, headers, header_count, is_copy ? g_executable.bias : object->bias);
  if (is_copy) {
    p = agt_put_varint(p, 1);
    p = agt_put_varint(p, object->start);
    p = agt_put_varint(p, object->end - object->start);
    p = agt_put_varint(p, PF_R | PF_X);
    p = agt_put_varint(p, 0);
    agt_meta_write(AGT_META_MODULE, body, (size_t)(p - body));
    return;
  }
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

/*
 * V8 copies its builtins from the executable into its code range, so that calls to them are short. Such code is in no
 * object and in no code event. A page of it is found again in the executable by its bytes; the copy is then one more
 * module, with the executable's names and a bias of its own.
 */
static bool find_copy(uintptr_t pc, struct agt_object *copy) {
  static _Atomic int attempts;
  if (atomic_fetch_add(&attempts, 1) >= 256) return false; /* some other code maker: each look reads all code once */
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  uintptr_t page = pc & ~(uintptr_t)4095;
  struct agt_mapping mapping = agt_mapping_around(pc);
  if (!mapping.is_executable) return false;
  for (unsigned i = 0; i < getauxval(AT_PHNUM); i++) {
    if (headers[i].p_type != PT_LOAD || !(headers[i].p_flags & PF_X)) continue;
    uintptr_t low = g_executable.bias + headers[i].p_vaddr, high = low + headers[i].p_filesz;
    for (uintptr_t original = (low + 4095) & ~(uintptr_t)4095; original + 4096 <= high; original += 4096) {
      if (memcmp((const void *)original, (const void *)page, 256) != 0) continue;
      if (memcmp((const void *)original, (const void *)page, 4096) != 0) continue;
      uintptr_t distance = page - original, start = page, end = page + 4096;
      while (start > mapping.low && start - distance > low &&
             memcmp((const void *)(start - 4096), (const void *)(start - 4096 - distance), 4096) == 0)
        start -= 4096;
      while (end < mapping.high && end - distance + 4096 <= high &&
             memcmp((const void *)end, (const void *)(end - distance), 4096) == 0)
        end += 4096;
      *copy = (struct agt_object){.start = start, .end = end, .bias = g_executable.bias + distance, .path = NULL};
      return true;
    }
  }
  return false;
}

void agt_module_seen(uintptr_t pc) {
  struct agt_object object;
  if (is_known(pc)) return;
  if (!agt_object_at(pc, &object) && (agt_code_holds(pc) || !find_copy(pc, &object))) return;
  int saved_errno = errno;
  pthread_mutex_lock(&g_modules.lock);
  uint32_t count = atomic_load_explicit(&g_modules.count, memory_order_relaxed), index = 0;
  /* The place of a module that is gone, else a new one. */
  while (index < count && atomic_load_explicit(&g_modules.entries[index].start, memory_order_relaxed)) index++;
  if (!is_known(pc) && index < MODULES_MAX) {
    write_module(index, &object);
    struct module *entry = &g_modules.entries[index];
    entry->fingerprint = fingerprint(object.start);
    atomic_store_explicit(&entry->end, object.end, memory_order_relaxed);
    atomic_store_explicit(&entry->start, object.start, memory_order_release);
    if (index == count) atomic_store_explicit(&g_modules.count, count + 1, memory_order_release);
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
    /* Memory is asked, not the loader: no lock of ours is held over its own, and its tables may be in flux. */
    if (!start || !entry->fingerprint || fingerprint(start) == entry->fingerprint) continue;
    uint8_t body[16];
    atomic_store_explicit(&entry->start, 0, memory_order_release);
    agt_meta_write(AGT_META_MODULE_GONE, body, (size_t)(agt_put_varint(body, i) - body));
    agt_tree_forget(start, atomic_load_explicit(&entry->end, memory_order_relaxed) - start);
    atomic_fetch_add(&g_code_generation, 1);
  }
  pthread_mutex_unlock(&g_modules.lock);
}

void agt_modules_init(void) {
  find_executable();
  *(void **)&g_find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
}

void agt_modules_after_fork(void) {
  pthread_mutex_init(&g_modules.lock, NULL);
  atomic_store(&g_modules.count, 0);
}

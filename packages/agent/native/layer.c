/*
 * The way in. Node's executable exports Node-API, and every addon finds it there: at relocation, at the first call, or by
 * dlsym. So the values in the executable's symbol table are made those of our wrappers, once, before main: each later
 * lookup by whatever way, from a constructor too, gives a wrapper, and Node's own calls, which need no lookup, do not.
 */
#include "layer.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void *g_lyr_real[LYR_FUNCTIONS];
bool g_lyr_active, g_lyr_is_over;

struct symbols {
  ElfW(Sym) *table;
  const char *names;
  const uint32_t *gnu_hash;
  const ElfW(Rela) *relocations, *jumps;
  size_t relocation_bytes, jump_bytes;
  uintptr_t bias;
};

static bool read_dynamic(const struct link_map *map, struct symbols *found) {
  memset(found, 0, sizeof *found);
  found->bias = map->l_addr;
  for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
    /* glibc has made these addresses absolute. */
    const void *address = (const void *)entry->d_un.d_ptr;
    switch (entry->d_tag) {
      case DT_SYMTAB: found->table = (ElfW(Sym) *)(uintptr_t)address; break;
      case DT_STRTAB: found->names = address; break;
      case DT_GNU_HASH: found->gnu_hash = address; break;
      case DT_RELA: found->relocations = address; break;
      case DT_RELASZ: found->relocation_bytes = entry->d_un.d_val; break;
      case DT_JMPREL: found->jumps = address; break;
      case DT_PLTRELSZ: found->jump_bytes = entry->d_un.d_val; break;
    }
  }
  return found->table && found->names && found->gnu_hash;
}

/* The table does not say how long it is; the hash table's last chain ends with it. */
static uint32_t symbol_count(const uint32_t *hash) {
  uint32_t bucket_count = hash[0], first = hash[1], bloom_words = hash[2], last = 0;
  const uint32_t *buckets = (const uint32_t *)((const uint64_t *)(hash + 4) + bloom_words);
  const uint32_t *chains = buckets + bucket_count;
  for (uint32_t i = 0; i < bucket_count; i++)
    if (buckets[i] > last) last = buckets[i];
  if (last < first) return first;
  while (!(chains[last - first] & 1)) last++;
  return last + 1;
}

static int protection_at(uintptr_t address) {
  struct agt_mapping mapping = agt_mapping_around(address);
  return PROT_READ | (mapping.is_executable ? PROT_EXEC : 0);
}

static bool make_writable(uintptr_t from, uintptr_t to, int protection) {
  from &= ~(uintptr_t)4095;
  return syscall(SYS_mprotect, from, ((to + 4095) & ~(uintptr_t)4095) - from, (long)protection) == 0;
}

static void node_exit(int code) {
  g_lyr_is_over = true;
  exit(code);
}

static int compare_names(const void *name, const void *entry) {
  return strcmp(name, ((const struct lyr_function_entry *)entry)->name);
}

static bool is_node_api(const char *name) { return strncmp(name, "napi_", 5) == 0 || strncmp(name, "node_api_", 9) == 0; }

struct patched { uint32_t known, unknown; };

static void (*g_register)(void *module);
static void register_v8_addon(void *module);

static struct patched patch_symbols(struct symbols *in, bool is_passing) {
  struct patched done = {0};
  uint32_t count = symbol_count(in->gnu_hash);
  int protection = protection_at((uintptr_t)in->table);
  if (!make_writable((uintptr_t)in->table, (uintptr_t)(in->table + count), protection | PROT_WRITE)) return done;
  for (uint32_t i = 1; i < count; i++) {
    ElfW(Sym) *symbol = &in->table[i];
    const char *name = in->names + symbol->st_name;
    if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC) continue;
    if (!is_passing && strcmp(name, "node_module_register") == 0) {
      *(void **)&g_register = (void *)(in->bias + symbol->st_value);
      symbol->st_value = (uintptr_t)register_v8_addon - in->bias;
    }
    if (!is_node_api(name)) continue;
    const struct lyr_function_entry *entry =
        bsearch(name, g_lyr_functions, LYR_FUNCTIONS, sizeof *g_lyr_functions, compare_names);
    if (!entry) {
      done.unknown++;
      continue;
    }
    g_lyr_real[entry - g_lyr_functions] = (void *)(in->bias + symbol->st_value);
    void *ours = is_passing ? lyr_jump((enum lyr_function)(entry - g_lyr_functions)) : entry->wrapper;
    symbol->st_value = (uintptr_t)ours - in->bias;
    done.known++;
  }
  make_writable((uintptr_t)in->table, (uintptr_t)(in->table + count), protection);
  return done;
}

/* ------------------------------------------------------------------------------------- the entry points of addons */

static void *(*g_dlsym)(void *, const char *);

static bool is_of_agent(const void *address) {
  struct agt_object own, other;
  return agt_object_at((uintptr_t)address, &other) && agt_object_at((uintptr_t)lyr_start, &own) && own.start == other.start;
}

/* An addon that Node starts with V8's objects in its hands. */
static void note_v8_addon(const void *code) {
  struct lyr_thread *self = lyr_self();
  if (!self || is_of_agent(code)) return;
  lyr_addon_at(self, (uintptr_t)code);
  lyr_addon_entered(self->addon, LYR_ENTRY_V8);
  self->addon_bytes = 0;
}

/* What Node's own dlsym slot leads to. A tail call: for RTLD_NEXT the caller counts. */
static void *node_dlsym(void *handle, const char *name) {
  bool is_v8 = strncmp(name, "node_register_module_v", 22) == 0;
  if (AGT_LIKELY(!is_v8 && strcmp(name, "napi_register_module_v1") != 0)) return g_dlsym(handle, name);
  void *found = g_dlsym(handle, name);
  if (found && is_v8) note_v8_addon(found);
  if (!found || is_v8) return found;
  struct lyr_call call = {.self = lyr_self(), .function = LYR_FUNCTIONS};
  if (!call.self || is_of_agent(found)) return found;
  lyr_addon_at(call.self, (uintptr_t)found);
  struct lyr_callback *init = lyr_callback_new(LYR_INIT, found, NULL, &call);
  return init ? lyr_thunk(init) : found;
}

/* How addons of V8's interface register themselves when they are loaded. */
static void register_v8_addon(void *module) {
  /* The caller may be the loader, by a jump; one of the module's two functions to start it is the addon's. */
  void *const *starts = (void *const *)((const char *)module + 24);
  if (module && (starts[0] || starts[1])) note_v8_addon(starts[0] ? starts[0] : starts[1]);
  g_register(module);
}

bool lyr_imports_v8(const void *address) {
  Dl_info info;
  struct link_map *map = NULL;
  struct symbols addon;
  if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map || !read_dynamic(map, &addon)) return false;
  /* What is imported comes before the first that the hash table knows. */
  for (uint32_t i = 1, first = addon.gnu_hash[1]; i < first; i++)
    if (strncmp(addon.names + addon.table[i].st_name, "_ZN2v8", 6) == 0) return true;
  return false;
}

static struct symbols g_node;

static bool patch_node(const char *wanted, void *replacement) {
  const struct symbols *in = &g_node;
  const struct { const ElfW(Rela) *first; size_t bytes; } tables[] = {{in->relocations, in->relocation_bytes},
                                                                      {in->jumps, in->jump_bytes}};
  bool is_found = false;
  for (int t = 0; t < 2; t++) {
    for (size_t i = 0; tables[t].first && i < tables[t].bytes / sizeof(ElfW(Rela)); i++) {
      const ElfW(Rela) *relocation = &tables[t].first[i];
      uint32_t type = (uint32_t)ELF64_R_TYPE(relocation->r_info);
      if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
      if (strcmp(in->names + in->table[ELF64_R_SYM(relocation->r_info)].st_name, wanted) != 0) continue;
      uintptr_t slot = in->bias + relocation->r_offset;
      if (!make_writable(slot, slot + 8, PROT_READ | PROT_WRITE)) continue;
      __atomic_store_n((void **)slot, replacement, __ATOMIC_RELAXED);
      is_found = true; /* the page stays writable: RELRO pages are read-only only to make this hard for attackers */
    }
  }
  return is_found;
}

/* ---------------------------------------------------------------------------------------------------------- lifecycle */

/* Who asks for an abort asks for its core; shells mostly begin with a limit of nothing. */
static void allow_core(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur > 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_CORE, &limit);
}

static void read_action(const char *wanted) {
  if (!wanted) return;
  if (strcmp(wanted, "throw") == 0) g_lyr_action = LYR_THROW;
  if (strcmp(wanted, "abort") == 0) g_lyr_action = LYR_ABORT, allow_core();
  if (strcmp(wanted, "break") == 0) g_lyr_action = LYR_BREAK;
}

void lyr_start(void) {
  const char *wanted = getenv("SEAMPROOF_LAYER");
  bool is_passing = wanted && strcmp(wanted, "pass") == 0;
  if (!wanted || (strcmp(wanted, "1") != 0 && !is_passing)) return;
  void *probe = dlsym(RTLD_DEFAULT, "napi_create_object");
  Dl_info info;
  struct link_map *map = NULL;
  if (!probe) return; /* no Node */
  if (!dladdr1(probe, &info, (void **)&map, RTLD_DL_LINKMAP) || !map || !read_dynamic(map, &g_node)) {
    agt_meta_note("the seam layer is off: the symbol table of this Node cannot be read");
    return;
  }
  const char *only = getenv("SEAMPROOF_LAYER_ONLY");
  bool is_only = only && strcmp(only, "1") == 0;
  if (is_passing) {
    struct patched passed = patch_symbols(&g_node, true);
    if (is_only) g_tracking = AGT_IDLE;
    agt_meta_note(passed.known ? "the seam layer passes every call on: nothing is checked" : "the seam layer is off: the symbol table of this Node cannot be changed");
    return;
  }
  if (!lyr_objects_init() || !lyr_callbacks_init()) return;
  const char *loop_ms = getenv("SEAMPROOF_LAYER_LOOP_MS");
  if (loop_ms && *loop_ms) g_lyr_loop_us = strtoull(loop_ms, NULL, 10) * 1000;
  read_action(getenv("SEAMPROOF_LAYER_ON_ERROR"));
  lyr_rules_init();
  g_dlsym = dlsym;
  struct patched patched = patch_symbols(&g_node, false);
  if (!patched.known) {
    agt_meta_note("the seam layer is off: the symbol table of this Node cannot be changed");
    return;
  }
  bool sees_init = patch_node("dlsym", (void *)node_dlsym);
  patch_node("exit", (void *)node_exit);
  lyr_crash_init(patch_node);
  lyr_inject_init();
  lyr_stress_init();
  g_lyr_active = true;
  g_lyr_only = is_only;
  uint8_t body[32], *p = agt_put_varint(body, patched.known);
  p = agt_put_varint(p, patched.unknown);
  *p++ = sees_init;
  agt_meta_write(AGT_META_LAYER, body, (size_t)(p - body));
}

void *agt_layer_real(void *found) {
  for (int i = 0; g_lyr_active && i < LYR_FUNCTIONS; i++)
    if (g_lyr_functions[i].wrapper == found) return g_lyr_real[i];
  return found;
}

/* Beside each mark, so that what grows from round to round is told apart from what is set up once. */
void agt_layer_mark(enum agt_mark_kind kind) {
  if (!g_lyr_active) return;
  if (kind == AGT_MARK_PROGRAM_END) {
    g_lyr_is_over = true;
    lyr_objects_at_end(NULL);
  }
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  lyr_live_write();
  lyr_findings_write();
  if (kind == AGT_MARK_PROGRAM_END) {
    lyr_crossings_write();
    lyr_points_write();
    lyr_stress_write();
  }
  agt_thread_leave(thread);
}

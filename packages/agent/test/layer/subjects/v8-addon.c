/* An addon of V8's own interface, as far as Node's loader looks at one; ABI is process.versions.modules. */
#define JOIN(a, b) a##b
#define INITIALIZER(abi) JOIN(node_register_module_v, abi)

static void start(void *exports, void *module, void *context, void *data) { (void)exports, (void)module, (void)context, (void)data; }

#ifdef BY_SYMBOL
__attribute__((visibility("default"))) void INITIALIZER(ABI)(void *exports, void *module, void *context) {
  start(exports, module, context, 0);
}
#else
struct node_module {
  int version;
  unsigned flags;
  void *library;
  const char *file;
  void (*start)(void *, void *, void *);
  void (*start_in_context)(void *, void *, void *, void *);
  const char *name;
  void *data;
  struct node_module *next;
};
extern void node_module_register(void *module);
static struct node_module g_module = {ABI, 0, 0, __FILE__, 0, start, "v8_addon", 0, 0};
__attribute__((constructor)) static void register_module(void) { node_module_register(&g_module); }
#endif

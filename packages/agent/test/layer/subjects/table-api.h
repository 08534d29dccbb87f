/* An env with tables: the shape of nodejs/node#60916, with only the functions that the tests need. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_ref__ *napi_ref;
typedef struct napi_callback_info__ *napi_callback_info;
typedef int napi_status;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);

#define TABLE_SENTINEL (0x4e4f44455f565400u | 1)

struct js_table {
  napi_status (*create_object)(napi_env, napi_value *);
  napi_status (*create_function)(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
  napi_status (*set_named_property)(napi_env, napi_value, const char *, napi_value);
  napi_status (*create_reference)(napi_env, napi_value, uint32_t, napi_ref *);
  napi_status (*delete_reference)(napi_env, napi_ref);
  napi_status (*is_exception_pending)(napi_env, bool *);
};
struct module_table {
  napi_status (*add_env_cleanup_hook)(napi_env, void (*)(void *), void *);
};
/* `hidden`: where a runtime may keep them as well, for an addon that does not take them from the places that are known. */
struct table_env { uint64_t sentinel; const struct js_table *js; const struct module_table *module; const struct js_table *hidden; };

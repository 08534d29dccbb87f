// Writes native/layer_functions.generated.h and native/layer_wrappers.generated.c from the headers of node-api-headers.
// A function whose wrapper is written by hand (`lyr_<name>(` at the start of a line in native/layer_*.c) gets its
// declaration and its place in the table only.
//
//   node packages/agent/scripts/gen-napi-wrappers.mjs          writes both files
//   node packages/agent/scripts/gen-napi-wrappers.mjs --check  exits 1 when they are not what would be written
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plausibleStatuses } from './plausible-statuses.mjs'

const native = join(dirname(fileURLToPath(import.meta.url)), '../native')
const require = createRequire(import.meta.url)
const include = require('node-api-headers').include_dir

/** `napi_status` without its prefix, in the order of its numbers. */
const statusNames = Array.from(
  /enum \{([^}]*)\} napi_status;/
    .exec(readFileSync(join(include, 'js_native_api_types.h'), 'utf8'))[1]
    .matchAll(/\bnapi_(\w+)/g),
  ([, name]) => name,
)

/** Functions that released versions of Node export and that the header package leaves out: experimental ones. */
const beyondHeaders = `
NAPI_EXTERN napi_status NAPI_CDECL node_api_post_finalizer(node_api_basic_env env, napi_finalize finalize_cb, void* finalize_data, void* finalize_hint);
NAPI_EXTERN napi_status NAPI_CDECL node_api_set_prototype(napi_env env, napi_value object, napi_value value);
NAPI_EXTERN napi_status NAPI_CDECL node_api_create_object_with_properties(napi_env env, napi_value prototype_or_null, const napi_value* property_names, const napi_value* property_values, size_t property_count, napi_value* result);
NAPI_EXTERN napi_status NAPI_CDECL node_api_is_sharedarraybuffer(napi_env env, napi_value value, bool* result);
NAPI_EXTERN napi_status NAPI_CDECL node_api_create_sharedarraybuffer(napi_env env, size_t byte_length, void** data, napi_value* result);
NAPI_EXTERN napi_status NAPI_CDECL node_api_create_external_sharedarraybuffer(napi_env env, void* external_data, size_t byte_length, node_api_noenv_finalize finalize_cb, void* finalize_hint, napi_value* result);
`

const renamedTypes = [
  [/\bnode_api_(basic|nogc)_env\b/g, 'napi_env'],
  [/\bnode_api_(basic|nogc)_finalize\b/g, 'napi_finalize'],
  [/\bchar16_t\b/g, 'uint16_t'],
  [/struct uv_loop_s/g, 'void'],
  [/\bNAPI_CDECL\b/g, ''],
]

function declarations(text) {
  const plain = text.replace(/\/\/.*$/gm, '').replace(/^#.*$/gm, '')
  const pattern =
    /NAPI_EXTERN\s+(?:NAPI_NO_RETURN\s+)?(\w+)\s+NAPI_CDECL\s+(\w+)\s*\(([^)]*)\)\s*;/g
  return [...plain.matchAll(pattern)].map(([, result, name, parameters]) => ({
    name,
    result,
    parameters: splitParameters(parameters),
  }))
}

function splitParameters(text) {
  let plain = text.replace(/\s+/g, ' ').trim()
  for (const [from, to] of renamedTypes) plain = plain.replace(from, to)
  return plain.split(',').map((part) => {
    const [, type, name] = /^(.*?[\s*])(\w+)$/.exec(part.trim())
    return { type: type.trim().replace(/\s*\*/g, ' *').replace(/\* \*/g, '**'), name }
  })
}

function handWritten() {
  const names = new Set()
  for (const file of readdirSync(native)) {
    if (!/^layer_.*\.c$/.test(file) || file.includes('.generated.')) continue
    const source = readFileSync(join(native, file), 'utf8')
    for (const match of source.matchAll(
      /^(?:(?:napi_status|void) lyr_|(?:READS|MAKES)_TEXT\()((?:napi|node_api)_\w+)[(,]/gm,
    ))
      names.add(match[1])
  }
  return names
}

const declared = ({ type, name }) => (type.endsWith('*') ? `${type}${name}` : `${type} ${name}`)
const signature = ({ name, result, parameters }) =>
  `${result} lyr_${name}(${parameters.map(declared).join(', ')})`

function wrapper(fn) {
  const { name, parameters } = fn
  if (parameters[0].type !== 'napi_env')
    throw new Error(`${name} has no env: its wrapper must be written by hand`)
  const uses = parameters.filter(({ type }) => type === 'napi_value')
  const made = parameters.filter(({ type }) => type === 'napi_value *')
  return [
    `${signature(fn)} {`,
    `  LYR_BEGIN(${name}, ${parameters[0].name});`,
    ...uses.map((parameter) => `  LYR_USE(${parameter.name});`),
    `  napi_status status = LYR_REAL(${name})(${parameters.map((one) => one.name).join(', ')});`,
    ...made.map((parameter) => `  LYR_MADE(status, ${parameter.name});`),
    '  return LYR_END(status);',
    '}',
  ].join('\n')
}

/** What `napi_*` may fail with, as numbers, for the table. */
function statuses({ name }) {
  const numbers = (plausibleStatuses[name] ?? []).map((status) => statusNames.indexOf(status))
  if (numbers.includes(-1)) throw new Error(`${name} has a status that does not exist`)
  return `{${numbers.length === 0 ? 0 : numbers.join(', ')}}`
}

const notice = '/* Made by scripts/gen-napi-wrappers.mjs from node-api-headers. Do not edit. */'

function generate() {
  const functions = ['js_native_api.h', 'node_api.h']
    .map((file) => readFileSync(join(include, file), 'utf8'))
    .concat(beyondHeaders)
    .flatMap(declarations)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const byHand = handWritten()
  const unknown = [...byHand].filter((name) => !functions.some((fn) => fn.name === name))
  unknown.push(
    ...Object.keys(plausibleStatuses).filter((name) => !functions.some((fn) => fn.name === name)),
  )
  if (unknown.length > 0) throw new Error(`no such function in the headers: ${unknown.join(', ')}`)
  const header = [
    notice,
    '#ifndef SEAMPROOF_LAYER_FUNCTIONS_H',
    '#define SEAMPROOF_LAYER_FUNCTIONS_H',
    '',
    '#include "layer_napi.h"',
    '',
    'enum lyr_function {',
    ...functions.map(({ name }) => `  LYR_${name},`),
    '  LYR_FUNCTIONS',
    '};',
    '',
    ...functions.map((fn) => `${signature(fn)};`),
    '',
    '#endif',
    '',
  ].join('\n')
  const source = [
    notice,
    '#include "layer.h"',
    '',
    ...functions.filter(({ name }) => !byHand.has(name)).flatMap((fn) => [wrapper(fn), '']),
    'const struct lyr_function_entry g_lyr_functions[LYR_FUNCTIONS] = {',
    ...functions.map((fn) => `    {"${fn.name}", (void *)lyr_${fn.name}, ${statuses(fn)}},`),
    '};',
    '',
  ].join('\n')
  return { 'layer_functions.generated.h': header, 'layer_wrappers.generated.c': source }
}

const isCheck = process.argv.includes('--check')
let stale = 0
for (const [file, text] of Object.entries(generate())) {
  const path = join(native, file)
  if (!isCheck) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    stale++
    console.error(`native/${file} is stale: node packages/agent/scripts/gen-napi-wrappers.mjs`)
  }
}
if (stale > 0) process.exit(1)

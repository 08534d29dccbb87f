/** Names as two tools, two builds and two checkouts agree on them. */

const cloneSuffix = /( \[clone [^\]]*\])+$|(\.(constprop|isra|part|cold|lto_priv|llvm)(\.\d+)*)+$/
const rustHash = /::h[0-9a-f]{16}$/
const interceptor = /^(__interceptor_|__wrap_|___interceptor_|__libc_)/

/** `void app::Encode<int>(int, char*) const [clone .isra.0]` → `app::Encode`. */
export function plainFunctionName(functionName: string): string {
  const named = functionName
    .replace(cloneSuffix, '')
    .replace(rustHash, '')
    .replace(interceptor, '')
    .replaceAll('(anonymous namespace)', '{anonymous}')
    .replaceAll('operator()', 'operator{call}')
  if (/\boperator\b/.test(named)) return withoutBrackets(named, '()').replace(/ const$/, '')
  const bare = withoutBrackets(withoutBrackets(named, '()'), '<>').replace(
    / (const|volatile|&+)$/,
    '',
  )
  // What is left before a blank is a return type.
  return bare.trim().split(' ').at(-1) ?? bare
}

/** Cuts out what stands in brackets, nested ones with it. A name that consists of nothing else stays. */
function withoutBrackets(text: string, [open, close]: string | [string, string]): string {
  let depth = 0
  let kept = ''
  for (const char of text) {
    if (char === open) depth++
    if (depth === 0) kept += char
    if (char === close && depth > 0) depth--
  }
  return kept.trim() === '' ? text : kept
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** `libvips.so.42.3` → `libvips.so`. */
export const plainModuleName = (moduleName: string): string =>
  baseName(moduleName).replace(/(\.so)(\.\d+)+$/, '$1')

import { basename } from 'node:path'
import type { FrameOrigin } from '../contract/frame.js'

export interface OriginQuestion {
  path: string
  isExecutable: boolean
  /** V8 code ran in the process, so its executable is a JavaScript runtime, whatever its name. */
  hasJavaScript: boolean
  /** Base names or paths that the user calls his own, wherever they lie. */
  subjectModules?: readonly string[]
}

const runtimeNames = /^(?:node(?:js)?(?:[-.]?\d.*)?|electron|nw|bun|deno)$/
const runtimeLibrary = /^libnode\.so/
const agentLibrary = /^(?:lib)?seamproof-agent\.so$/
/** The C and C++ runtimes, also where a package brings its own copy; the kernel's page; other tools' preloads. */
const languageRuntime =
  /^(?:(?:lib(?:c|m|pthread|dl|rt|util|resolv|anl|nsl|stdc\+\+|gcc_s|c\+\+|c\+\+abi|unwind|atomic|gomp|asan|tsan|ubsan|lsan|musl-.*)|ld-(?:linux|musl).*|ld)(?:-[\d.]+)?\.so(?:\..*)?|\[vdso\]|linux-(?:vdso|gate)\.so.*)$/
const systemFolders = /^\/(?:usr\/)?(?:lib(?:32|64|x32)?|libexec|s?bin)\//

/**
 * Whose code a module is. The first line that fits decides:
 * 1. named by the user as his own                                          → subject
 * 2. the executable: a JavaScript runtime → runtime; in a system folder    → system; else (one's own program) → subject
 * 3. libnode.so                                                            → runtime
 * 4. the agent; the C and C++ runtimes wherever they lie; the vdso         → system
 * 5. *.node, and anything below a node_modules folder                      → subject
 * 6. in a system folder (/lib, /usr/lib, /usr/libexec, ...)                → system
 * 7. all else: what the program brought, dlopen'ed or reached through FFI  → subject
 *
 * A system library that FFI calls (say libsqlite3 in /usr/lib) stays `system`: the stack out to the FFI module still is the
 * subject's, and who wants to see it as his own names it (line 1).
 */
export function moduleOrigin(question: OriginQuestion): FrameOrigin {
  const { path, isExecutable, hasJavaScript, subjectModules = [] } = question
  const name = basename(path)
  if (subjectModules.includes(path) || subjectModules.includes(name)) return 'subject'
  if (isExecutable && (hasJavaScript || runtimeNames.test(name))) return 'runtime'
  if (isExecutable) return systemFolders.test(path) ? 'system' : 'subject'
  if (runtimeLibrary.test(name)) return 'runtime'
  if (agentLibrary.test(name) || languageRuntime.test(name)) return 'system'
  if (name.endsWith('.node') || path.includes('/node_modules/')) return 'subject'
  if (systemFolders.test(path)) return 'system'
  return 'subject'
}

import { fileURLToPath } from 'node:url'

/** What Node itself does that a checker reports; shipped with the package, each file with a version in its first line. */
export function suppressionFile(name: 'lsan.supp' | 'memcheck.supp' | 'helgrind.supp'): string {
  return fileURLToPath(new URL(`../../../suppressions/${name}`, import.meta.url))
}

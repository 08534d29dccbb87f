import { readFileSync } from 'node:fs'

/** A file of JSON lines; nothing when there is none. A line that a killed process left half written is skipped. */
export function readLines<T>(path: string): T[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as T]
    } catch {
      return []
    }
  })
}

import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'

/** What a build makes, or what has no part in it. `node_modules` is linked instead. */
const leftOut = new Set([
  'node_modules',
  'build',
  'target',
  'prebuilds',
  'coverage',
  '.git',
  '.cache',
  '.seamproof',
])
const leftOutNames = /\.(seamproof|node|log|md|map|d\.ts)$|\.seam\.[cm]?[jt]s$/
const hashedBytesMax = 64 * 1024 * 1024
/** A folder beside the project with more in it is not what a project refers to. */
const neighboursMax = 2000

/** The files that a build may read, relative to the project, in order; without what we ourselves write there. */
export function projectFiles(projectDir: string, ignored: readonly string[] = []): string[] {
  const found: string[] = []
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (leftOut.has(entry.name) || leftOutNames.test(entry.name)) continue
      if (ignored.includes(path)) continue
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile() || entry.isSymbolicLink()) found.push(relative(projectDir, path))
    }
  }
  visit(projectDir)
  return found.sort()
}

/** One hash over names and contents. */
export function hashProject(projectDir: string, files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) {
    const path = join(projectDir, file)
    const stat = lstatSync(path)
    hash.update(`${file}\0${stat.isSymbolicLink() ? readlinkSync(path) : stat.size}\0`)
    if (!stat.isFile()) continue
    if (stat.size > hashedBytesMax) hash.update(String(stat.mtimeMs))
    else hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

/**
 * Copies a project into a folder with the world around it linked: `../vendor` and modules of a workspace are found from the
 * copy as they are from the original. Returns where the copy is.
 */
export function copyProject(projectDir: string, files: readonly string[], into: string): string {
  const top = surroundingsOf(projectDir)
  const steps = relative(top, projectDir)
    .split(sep)
    .filter((step) => step !== '')
  let original = top
  let copy = join(into, basename(top))
  mkdirSync(copy, { recursive: true })
  for (const step of steps) {
    linkNeighbours(original, copy, step)
    original = join(original, step)
    copy = join(copy, step)
    mkdirSync(copy, { recursive: true })
  }
  for (const file of files) copyFile(join(projectDir, file), join(copy, file))
  const modules = join(projectDir, 'node_modules')
  if (existsSync(modules)) symlinkSync(modules, join(copy, 'node_modules'))
  return copy
}

/** The outermost folder that still belongs to the project: its repository, its workspace, or who installed it. */
function surroundingsOf(projectDir: string): string {
  let top = projectDir
  const marks = ['package.json', '.git', 'node_modules']
  for (let folder = projectDir; folder !== dirname(folder); folder = dirname(folder)) {
    if (folder === homedir()) break
    if (marks.some((mark) => existsSync(join(folder, mark)))) top = folder
    if (existsSync(join(folder, '.git'))) break
  }
  return top
}

function linkNeighbours(original: string, copy: string, except: string): void {
  const entries = readdirSync(original).filter((name) => name !== except && name !== '.git')
  const wanted = entries.length > neighboursMax ? ['node_modules', 'package.json'] : entries
  for (const name of wanted)
    if (existsSync(join(original, name))) symlinkSync(join(original, name), join(copy, name))
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  const stat = lstatSync(from)
  // A link inside the project stays one; its neighbours are linked at the same places.
  if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
  else copyFileSync(from, to)
}

import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Message, OnLoadResult, OnResolveArgs, Plugin, PluginBuild } from 'esbuild'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

const typeScriptFile = /\.([cm]?ts|tsx)$/
const registryModule = fileURLToPath(new URL('../config/workload-registry.js', import.meta.url))

/**
 * Turns a TypeScript workload into one plain module with a source map beside it, before the subject starts: no loader runs
 * inside what is measured. Only TypeScript is bundled; everything else is loaded from where it lies.
 */
export async function bundleWorkload(path: string, outDir: string): Promise<string> {
  const { build } = await import('esbuild')
  const outFile = join(outDir, 'workload.mjs')
  try {
    await build({
      entryPoints: [path],
      outfile: outFile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // Node's own rules of resolution, without the "module" field that bundlers add.
      mainFields: ['main'],
      conditions: [],
      sourcemap: 'linked',
      logLevel: 'silent',
      banner: { js: requireBanner(path) },
      define: ownLocation.define,
      plugins: [keepInPlace(path)],
    })
  } catch (cause) {
    throw bundleError(path, cause)
  }
  return outFile
}

/** One line, so that the line numbers of the bundle itself stay readable. */
function requireBanner(path: string): string {
  return `import { createRequire as __seamproofCreateRequire } from 'node:module'; const require = __seamproofCreateRequire(${JSON.stringify(path)});`
}

/** What a module calls itself must be the original file, not the bundle. */
const ownLocation = {
  define: {
    'import.meta.url': '__seamproofUrl',
    'import.meta.filename': '__seamproofFile',
    'import.meta.dirname': '__seamproofFolder',
    __filename: '__seamproofFile',
    __dirname: '__seamproofFolder',
  },
  pattern: /import\.meta\.(url|filename|dirname)|\b__(file|dir)name\b/,
  declare: (path: string) =>
    `const __seamproofUrl = ${JSON.stringify(pathToFileURL(path).href)}, __seamproofFile = ${JSON.stringify(path)}, __seamproofFolder = ${JSON.stringify(dirname(path))}; `,
}

function keepInPlace(entryPath: string): Plugin {
  return {
    name: 'keep-in-place',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (request) => resolveImport(build, request, entryPath))
      build.onLoad({ filter: /\.([cm]?[jt]s|tsx)$/ }, ({ path }) => loadModule(path))
    },
  }
}

async function resolveImport(build: PluginBuild, request: OnResolveArgs, entryPath: string) {
  if (request.kind === 'entry-point' || request.pluginData === resolvedHere) return undefined
  const isRequire = request.kind === 'require-call' || request.kind === 'require-resolve'
  if (request.path === 'seamproof') return keptAt(registryModule, isRequire)
  if (request.path.startsWith('node:') || request.path.startsWith('file:'))
    return { path: request.path, external: true }
  const resolved = await build.resolve(request.path, {
    kind: request.kind,
    importer: request.importer,
    resolveDir: request.resolveDir,
    pluginData: resolvedHere,
  })
  if (resolved.errors.length > 0) return { errors: resolved.errors }
  if (!isAbsolute(resolved.path)) return { path: resolved.path, external: true }
  if (
    resolved.path === entryPath ||
    typeScriptFile.test(resolved.path) ||
    resolved.path.endsWith('.json')
  )
    return { path: resolved.path }
  return keptAt(resolved.path, isRequire)
}

/** `import` takes URLs, `require` takes paths. */
const keptAt = (path: string, isRequire: boolean) => ({
  path: isRequire ? path : pathToFileURL(path).href,
  external: true,
})

const resolvedHere = Symbol('resolved here')

async function loadModule(path: string): Promise<OnLoadResult> {
  const source = await readFile(path, 'utf8')
  const loader = path.endsWith('.tsx') ? 'tsx' : typeScriptFile.test(path) ? 'ts' : 'js'
  const contents = ownLocation.pattern.test(source) ? ownLocation.declare(path) + source : source
  return { contents, loader }
}

function bundleError(path: string, cause: unknown): SeamproofError {
  const messages = (cause as { errors?: Message[] }).errors ?? []
  const lines = messages.map(({ text, location }) =>
    location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
  )
  return new SeamproofError(
    'WORKLOAD_NOT_BUNDLED',
    `${path} could not be compiled:\n  ${lines.join('\n  ') || String(cause)}`,
    {
      exitCode: ExitCode.subjectNotDriven,
      hint: 'fix the file, or install what it imports',
      cause,
    },
  )
}

// Writes docs/rules: one page for each rule of the seam layer and an index, from the table in
// packages/seamproof/src/contract/layer-rules. With --check it only says which pages are stale, and exits 1.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, 'docs/rules')
const table = join(root, 'packages/seamproof/src/contract/layer-rules/layer-rules.ts')
const fixtures = ['rules.c', 'rules-memory.h', 'rules-lifecycle.h', 'rules-loop.h']
  .map((name) => readFileSync(join(root, 'packages/agent/test/layer/subjects', name), 'utf8'))
  .join('\n')

async function loadTable() {
  const { outputFiles } = await build({
    entryPoints: [table],
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'silent',
  })
  return await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
}

const notice = '<!-- Made by scripts/rule-pages.mjs. Do not edit. -->'

/** The twins of a rule, from the test's source: what breaks it and what keeps it. */
function twin(id, kind) {
  const name = `${id.replace('SEAM-', '').replace('-', '_')}_${kind}`
  const start = fixtures.indexOf(`CASE(${name})`)
  if (start === -1) throw new Error(`no fixture ${name}`)
  const line = fixtures.slice(start, fixtures.indexOf('\n', start))
  const source = line.endsWith('}')
    ? line
    : fixtures.slice(start, fixtures.indexOf('\n}\n', start) + 2)
  const called = [...source.matchAll(/\b([a-z_]+)\(/g)].map((match) => match[1])
  const helpers = [...new Set(called)].map(helper).filter((text) => text !== '')
  return [...helpers, source].join('\n')
}

function helper(name) {
  if (['object', 'text', 'argument'].includes(name)) return ''
  const start = fixtures.search(new RegExp(`^static [\\w *]*\\b${name}\\(`, 'm'))
  return start === -1 ? '' : fixtures.slice(start, endOfFunction(start))
}

function endOfFunction(start) {
  const line = fixtures.slice(start, fixtures.indexOf('\n', start))
  return line.endsWith('}') ? start + line.length : fixtures.indexOf('\n}\n', start) + 2
}

/** Off by default: why, and how it is switched on. */
function optionText({ id, optIn }) {
  if (optIn === undefined) return ''
  return `
This rule is off unless it is asked for, with \`--enable ${id}\` or \`--rule-set all\`: ${optIn}.
`
}

function page(rule, url) {
  return `${notice}
# ${rule.id}: ${rule.title}

**${rule.severity}** · ${rule.family} · [Node’s documentation](${url})

${rule.rule}

## Without the layer

${rule.otherwise}

## How it is seen

${rule.detection}
${optionText(rule)}
## What to do

${rule.fix}

## Broken

\`\`\`c
${twin(rule.id, 'bad')}
\`\`\`

## Kept

\`\`\`c
${twin(rule.id, 'good')}
\`\`\`
`
}

function index(rules, unseen) {
  const families = [...new Set(rules.map((rule) => rule.family))]
  const sections = families.map((family) => {
    const rows = rules
      .filter((rule) => rule.family === family)
      .map(
        (rule) =>
          `| [${rule.id}](${rule.id}.md) | ${rule.severity}${rule.optIn === undefined ? '' : ', opt-in'} | ${rule.title} |`,
      )
    return `## ${family[0].toUpperCase()}${family.slice(1)}\n\n| rule | severity | |\n| --- | --- | --- |\n${rows.join('\n')}`
  })
  const rows = unseen.map(({ rule, why }) => `| ${rule} | ${why} |`)
  return `${notice}
# The rules of the seam layer

\`seamproof check --with layer -- node app.js\` holds every Node-API call of every addon to these ${rules.length} rules.
An error is a defect whenever it is reported; a warning is one in almost every case; advice is for the reader to judge.
\`check\` fails on errors. Opt-in rules may be wrong about an addon that knows better; \`--rule-set all\` switches them on,
\`--enable ID\` one of them. \`--rule\`, \`--addon\` and \`--severity\` choose what is shown.

${sections.join('\n\n')}

## Rules that cannot be seen

| rule | why |
| --- | --- |
${rows.join('\n')}
`
}

const { layerRules, nodeDocsUrl, unseenRules } = await loadTable()
const pages = new Map(layerRules.map((rule) => [`${rule.id}.md`, page(rule, nodeDocsUrl(rule))]))
pages.set('README.md', index(layerRules, unseenRules))

mkdirSync(folder, { recursive: true })
const isCheck = process.argv.includes('--check')
const faults = []
for (const name of readdirSync(folder)) {
  if (pages.has(name)) continue
  faults.push(`docs/rules/${name} is the page of no rule`)
  if (!isCheck) rmSync(join(folder, name))
}
for (const [name, text] of pages) {
  const path = join(folder, name)
  let known = ''
  try {
    known = readFileSync(path, 'utf8')
  } catch {}
  if (known === text) continue
  faults.push(`docs/rules/${name} is stale`)
  if (!isCheck) writeFileSync(path, text)
}
if (isCheck && faults.length > 0) {
  for (const fault of faults) console.error(`${fault}: node scripts/rule-pages.mjs`)
  process.exit(1)
}

// Writes the JSON schemas of what Seamproof leaves for programs, from the types that it is made of: they cannot disagree.
//   node packages/seamproof/scripts/report-schemas.mjs          writes schemas/*.json
//   node packages/seamproof/scripts/report-schemas.mjs --check  exits 1 when they are not what would be written
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const packageDir = join(dirname(fileURLToPath(import.meta.url)), '..')

/** File → the type whose JSON it describes. */
const reports = {
  validation: 'Validation',
  findings: 'FindingList',
  measurements: 'MeasurementList',
}

function schemaOf(name, type) {
  const schema = createGenerator({
    path: join(
      packageDir,
      'src/contract',
      `${{ validation: 'validation', findings: 'finding', measurements: 'measurement' }[name]}.ts`,
    ),
    tsconfig: join(packageDir, 'tsconfig.json'),
    type,
    additionalProperties: true,
    skipTypeCheck: true,
  }).createSchema(type)
  return `${JSON.stringify({ title: `Seamproof ${name}, format 1`, ...schema }, null, 2)}\n`
}

const isCheck = process.argv.includes('--check')
mkdirSync(join(packageDir, 'schemas'), { recursive: true })
for (const [name, type] of Object.entries(reports)) {
  const path = join(packageDir, 'schemas', `${name}.schema.json`)
  const text = schemaOf(name, type)
  if (!isCheck) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(
      `${path} is not what the types say: node packages/seamproof/scripts/report-schemas.mjs`,
    )
    process.exitCode = 1
  }
}

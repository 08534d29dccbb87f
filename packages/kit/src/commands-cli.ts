#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { parseCommandSchema } from './command-schema.js'
import { generateC } from './generate-c.js'
import { generateTypeScript } from './generate-ts.js'
import { KitError } from './kit-error.js'

const usage = 'usage: seamproof-kit-commands SCHEMA.json [--c FILE.h] [--ts FILE.ts] [--check]'

function run(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { c: { type: 'string' }, ts: { type: 'string' }, check: { type: 'boolean' } },
  })
  const [schemaFile, ...rest] = positionals
  if (schemaFile === undefined || rest.length > 0 || (values.c ?? values.ts) === undefined) {
    console.error(usage)
    return 2
  }
  const schema = parseCommandSchema(JSON.parse(readFileSync(schemaFile, 'utf8')))
  const outputs: [string, string][] = []
  if (values.c !== undefined) outputs.push([values.c, generateC(schema, basename(schemaFile))])
  if (values.ts !== undefined)
    outputs.push([values.ts, generateTypeScript(schema, basename(schemaFile))])
  let staleCount = 0
  for (const [file, text] of outputs) {
    if (values.check !== true) writeFileSync(file, text)
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${file} is not what ${schemaFile} generates: run without --check and commit`)
      staleCount += 1
    }
  }
  return staleCount > 0 ? 1 : 0
}

try {
  process.exitCode = run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  if (error instanceof KitError) console.error(`  ${error.hint}`)
  process.exitCode = 2
}

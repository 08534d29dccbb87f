import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { napiStatuses } from '../../src/contract/injection.js'

const { include_dir: include } = createRequire(import.meta.url)('node-api-headers') as {
  include_dir: string
}

test('the statuses of Node-API are those of its header, in the order of their numbers', () => {
  const header = readFileSync(join(include, 'js_native_api_types.h'), 'utf8')
  const [, body] = /enum \{([^}]*)\} napi_status;/.exec(header)!
  const names = Array.from(body!.matchAll(/\bnapi_(\w+)/g), ([, name]) => name)
  expect([...napiStatuses]).toEqual(names)
})

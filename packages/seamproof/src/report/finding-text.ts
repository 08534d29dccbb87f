/** Words that every report of findings shares. */
import type { Acceptance, DefectKind, Finding, StackRole } from '../contract/finding.js'
import { frameLocation } from './frame-text.js'

export const kindTitles: Record<DefectKind, string> = {
  leak: 'leak',
  overflow: 'access outside a block',
  'use-after-free': 'use after free',
  'double-free': 'freed twice',
  'invalid-free': 'free of what is no block',
  'mismatched-free': 'freed by the wrong function',
  uninitialised: 'use of uninitialised memory',
  race: 'data race',
  'lock-order': 'locks in different orders',
  'undefined-behaviour': 'undefined behaviour',
  'null-pointer': 'null pointer',
  crash: 'crash',
  hang: 'hang',
  rule: 'rule of Node-API',
}

export const roleTitles: Record<StackRole, string> = {
  now: 'here',
  'other-access': 'the other access',
  allocated: 'allocated',
  freed: 'freed',
  origin: 'the value comes from',
  created: 'created',
  'handed-over': 'handed over',
  'lock-taken': 'lock taken',
  'thread-created': 'thread created',
  'made-to-fail': 'made to fail here',
}

/** `encode (thumb.cc:88)`, or nothing where no frame of the subject has a file. */
export function locationText({ location }: Finding): string {
  if (location === undefined) return ''
  const { file, line, functionName } = location
  const place = frameLocation({
    functionName,
    kind: 'native',
    origin: 'subject',
    isNamed: true,
    file,
    ...(line === undefined ? {} : { line }),
  })
  return functionName === '' ? place : `${functionName} (${place})`
}

/** `too slow to matter, until 2027-01-31`. */
export const acceptanceText = ({ reason, expires }: Acceptance): string =>
  expires === undefined ? reason : `${reason}, until ${expires}`

/** The rules by which instruments know it: `asan heap-buffer-overflow, memcheck InvalidWrite`. */
export function rulesText({ reports }: Finding): string {
  return [...new Set(reports.map(({ instrument, rule }) => `${instrument} ${rule}`))].join(', ')
}

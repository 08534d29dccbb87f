/** One judged group as text. */
import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatPercent,
  formatRate,
} from '../format-quantity.js'
import { frameLocation, frameName, isPlumbing } from '../frame-text.js'
import { leakRateText } from '../leak-rate.js'
import { hasBytesKind } from '../metric.js'
import { blamedFrame, callingFrame, framesOf, type JudgedGroup } from '../verdict-lookup.js'
import { stackLines } from './stack-text.js'
import { fit, padEnd, padStart, type TextStyle, wrap } from './text-style.js'

const labelWidth = 11
const callSitesShown = 5

/** `LEAK  64 B/op, 1.00 block/op  encode  addon.cc:88 ← thumb.ts:12` */
export function leakLine(judged: JudgedGroup, word: string, style: TextStyle): string {
  const { group } = judged
  const blamed = blamedFrame(judged)
  const caller = callingFrame(judged)
  const name = blamed ? frameName(blamed) : group.functionName
  // A name without a symbol is `module+offset` and says where already.
  const place = blamed ? (blamed.isNamed ? frameLocation(blamed) : '') : group.moduleName
  const from = caller ? `← ${frameLocation(caller)}` : ''
  const rate = leakRateText(group)
  const fixed = [word, rate, place, from].filter(Boolean).join('  ').length + 2
  return [
    word === 'LEAK' ? style.fail(word) : style.warn(word),
    style.bold(rate),
    style.subject(fit(name, Math.max(20, style.width - fixed))),
    place,
    style.user(from),
  ]
    .filter(Boolean)
    .join('  ')
}

export function leakBlock(judged: JudgedGroup, style: TextStyle): string[] {
  const { group, process, verdict } = judged
  const word = verdict.status === 'fail' ? 'LEAK' : 'growth'
  const site = [...group.callSites].sort((a, b) => b.share - a.share)[0]
  const frames = [
    ...framesOf(process, group.frameIndexes),
    ...framesOf(process, site?.frameIndexes ?? []),
  ]
  const row = (label: string, text: string) =>
    `  ${style.dim(padEnd(label, labelWidth))}${wrap(text, style.width - labelWidth - 2, ' '.repeat(labelWidth + 2))}`
  return [
    leakLine(judged, word, style),
    ...judged.parts.map((part) => partLine(part, judged, style)),
    row('because', verdict.reason),
    ...seriesRows(judged).map(([label, text]) => row(label, text)),
    row('module', moduleText(judged)),
    row('stack', 'innermost first'),
    ...stackLines(frames, style, '      '),
    ...callSiteLines(judged, style),
  ]
}

/** `also by the same call: 32.2 B/op, 0.0039 block/op  v8::internal::GlobalHandles::Create` */
function partLine(part: JudgedGroup, whole: JudgedGroup, style: TextStyle): string {
  const known = new Set(framesOf(whole.process, whole.group.frameIndexes).map(frameName))
  const frames = framesOf(part.process, part.group.frameIndexes)
  const own = frames.filter((frame) => !known.has(frameName(frame)))
  const shown = own.find((frame) => frame.origin !== 'system') ?? own[0] ?? frames[0]
  const text = `also by the same call: ${leakRateText(part.group)}`
  const name = shown === undefined ? '' : frameName(shown)
  return `  ${text}  ${style.dim(fit(name, Math.max(20, style.width - text.length - 4)))}`
}

function seriesRows({ group }: JudgedGroup): [string, string][] {
  const { blocksPerOperation: blocks, bytesPerOperation: bytes, liveCounts, liveBytes } = group
  const isRounds = group.evidence === 'rounds'
  const per = isRounds ? 'op' : 's'
  const steps = group.countPerOperationByStep.map(formatRate).join('  ')
  const of = isRounds
    ? `per operation, ${formatCount(group.operationsPerStep)} operations each`
    : `per second, over ${group.positions === undefined ? 'equal slices' : 'snapshots'} of the program's life`
  const interval = `${formatRate(blocks.low)} to ${formatRate(blocks.high)} block/${per}`
  const rows: [string, string][] = []
  if (group.workload !== undefined) rows.push(['workload', group.workload])
  rows.push([isRounds ? 'rounds' : 'slices', `${steps}   ${of}`])
  if (!hasBytesKind(group.kind)) {
    rows.push([
      'live',
      `${formatCount(liveCounts[0] ?? 0)} → ${formatCount(liveCounts.at(-1) ?? 0)}`,
    ])
    rows.push(['95 %', interval])
    return rows
  }
  rows.push([
    'live',
    `${formatCount(liveCounts[0] ?? 0)} → ${formatCount(liveCounts.at(-1) ?? 0)} blocks, ${formatBytes(liveBytes[0] ?? 0)} → ${formatBytes(liveBytes.at(-1) ?? 0)}`,
  ])
  rows.push([
    '95 %',
    `${formatByteRate(bytes.low)} to ${formatByteRate(bytes.high)} per ${per}, ${interval}`,
  ])
  return rows
}

/** Who holds the code, and which call of the runtime allocated for it. */
function moduleText({ group, process }: JudgedGroup): string {
  const frames = framesOf(process, group.frameIndexes)
  const subjectAt = frames.findIndex((frame) => frame.origin === 'subject')
  const asked = frames
    .slice(0, Math.max(0, subjectAt))
    .findLast((frame) => frame.origin === 'runtime' && !/^v8impl/.test(frame.functionName))
  const through = asked ? `, through ${frameName(asked)} of ${asked.moduleName ?? 'node'}` : ''
  const isLibrary = group.functionName !== ''
  return `${group.moduleName}${through}${isLibrary ? `; entered at ${group.functionName}` : ''}`
}

/** Sites that leave from the same line are one, told as far out as their ways are the same. */
function callSiteLines({ group, process }: JudgedGroup, style: TextStyle): string[] {
  const byLine = new Map<string, { path: string[]; share: number }>()
  for (const { frameIndexes, share } of group.callSites) {
    const frames = framesOf(process, frameIndexes)
    const told = frames.filter((frame) => !isPlumbing(frame)).slice(0, 3)
    const shown = told.length > 0 ? told : frames.slice(0, 2)
    const path = shown.map((frame) => `${frameName(frame)} ${frameLocation(frame)}`)
    const [first] = shown
    const key = first ? `${first.functionName}\n${first.file ?? ''}\n${first.line ?? ''}` : ''
    const known = byLine.get(key)
    const differsAt = known?.path.findIndex((step, index) => step !== path[index]) ?? -1
    byLine.set(key, {
      path: differsAt < 0 ? (known?.path ?? path) : path.slice(0, differsAt),
      share: (known?.share ?? 0) + share,
    })
  }
  const shares = [...byLine.values()].map(
    ({ path, share }) => [path.join(' ← ') || '(no JavaScript frame)', share] as const,
  )
  if (shares.length < 2) return []
  const sites = shares.sort(([, a], [, b]) => b - a)
  const lines = sites
    .slice(0, callSitesShown)
    .map(
      ([text, share]) =>
        `      ${padStart(formatPercent(share), 7)}  ${style.user(fit(text, style.width - 16))}`,
    )
  const more = sites.length - lines.length
  if (more > 0) lines.push(style.dim(`               and ${formatCount(more)} more call sites`))
  return [`  ${style.dim('called from')}`, ...lines]
}

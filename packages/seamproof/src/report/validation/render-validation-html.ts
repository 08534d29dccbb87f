/**
 * report.html: one file without a script of its own. Verdicts first; each row is a `<details>` that opens to its evidence, so the
 * keyboard, a screen reader and a printer know what to do.
 */
import { estimateText, ratioText } from '../../base/quantity-text.js'
import type { DefectStack, Finding } from '../../contract/finding.js'
import type { Measurement } from '../../contract/measurement.js'
import type { EvidenceBody, Validation, VerdictRow } from '../../contract/validation.js'
import type { VerdictStatus } from '../../contract/verdict.js'
import { clientBundle } from '../flamegraph/client-bundle.generated.js'
import { formatDate, formatDuration } from '../format-quantity.js'
import { frameFullLocation, frameName } from '../frame-text.js'
import { htmlDocument } from '../html-page.js'
import { escapeHtml } from '../html-text.js'
import { statusWords } from '../status-words.js'
import { percentileChart, samplesChart, seriesChart } from './chart-svg.js'
import { pageStyle } from './page-style.js'

export interface ValidationPage {
  validation: Validation
  /** What evidence paths hold; a path that is not here is told by name. */
  bodies: ReadonlyMap<string, readonly EvidenceBody[]>
}

export function renderValidationHtml({ validation, bodies }: ValidationPage): string {
  const { subject, rows } = validation
  const title = `${subject.name}${subject.version ? ` ${subject.version}` : ''}`
  const hasFlamegraph = [...bodies.values()].flat().some(({ kind }) => kind === 'flamegraph')
  // A frame made by srcdoc lives under this page's policy, so the flame graph's own script is named here, by hash.
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    ...(hasFlamegraph ? [`script-src 'sha256-${clientBundle.scriptSha256}'`] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return htmlDocument({
    title: `${title}: ${validation.status}`,
    policy,
    style: pageStyle,
    body: [
      '<main>',
      headPart(validation, title),
      componentPart(validation),
      rowPart('Memory safety', rows, 'memory safety', { validation, bodies }),
      rowPart('Performance', rows, 'performance', { validation, bodies }),
      findingPart(validation),
      opportunityPart(validation),
      measuredPart(validation),
      stagePart(validation),
      '</main>',
    ],
  })
}

function headPart(validation: Validation, title: string): string {
  const { machine, subject, rows, status } = validation
  const count = (wanted: VerdictStatus) => rows.filter((row) => row.status === wanted).length
  const figures = `${count('pass')} passed, ${count('fail')} failed, ${count('inconclusive')} inconclusive, ${count('not-run')} not run`
  const facts = [
    `${validation.kind === 'full' ? 'Full' : 'Short'} validation`,
    formatDate(validation.createdAt),
    subject.gitCommit === undefined ? undefined : `commit ${subject.gitCommit}`,
    `${machine.cpuModel}, ${machine.cpuCount} CPUs`,
    machine.os,
    machine.libc,
    `Node ${machine.nodeVersion}`,
    `Seamproof ${validation.seamproofVersion}`,
  ]
  return [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p class="meta">${facts
      .filter((fact) => fact !== undefined)
      .map(escapeHtml)
      .join(' · ')}</p>`,
    `<p class="verdict ${status}">${statusWords[status]}: ${figures}</p>`,
    ...machine.disturbances.map((text) => `<p class="meta">This machine: ${escapeHtml(text)}</p>`),
  ].join('\n')
}

function rowPart(
  title: string,
  all: readonly VerdictRow[],
  part: VerdictRow['part'],
  page: ValidationPage,
): string {
  const rows = all.filter((row) => row.part === part)
  if (rows.length === 0) return ''
  return `<h2>${title}</h2>\n<div class="rows">\n${rows.map((row) => rowDetails(row, page)).join('\n')}\n</div>`
}

function rowDetails(row: VerdictRow, page: ValidationPage): string {
  const { measurement } = row
  const told = [row.evidence, row.reason].filter(Boolean).join('; ')
  // What failed is open: nobody should have to look for it.
  const open = row.status === 'fail' && row.level === 'error' ? ' open' : ''
  return [
    `<details class="row"${open}><summary>`,
    `<span class="status ${row.status}">${statusWords[row.status]}</span>`,
    `<span>${escapeHtml(row.component)}</span>`,
    `<span class="name">${escapeHtml(row.name)}</span>`,
    `<span class="target">${escapeHtml(row.target)}${row.level === 'warn' ? ' (advice)' : ''}</span>`,
    `<span class="told">${escapeHtml(told)}</span>`,
    '</summary><div class="body">',
    measurement === undefined ? '' : measurementPart(measurement),
    findingLinks(row, page),
    ...uniqueLinks(row).map((path) => bodyPart(path, page)),
    againPart(row),
    '</div></details>',
  ].join('')
}

function findingLinks({ findings = [] }: VerdictRow, { validation }: ValidationPage): string {
  const lines = findings.map((fingerprint) => {
    const found = validation.findings.findings.find((one) => one.fingerprint === fingerprint)
    return `<li><a href="#f-${escapeHtml(fingerprint)}">${escapeHtml(found?.message ?? fingerprint)}</a></li>`
  })
  return lines.length === 0 ? '' : `<ul>${lines.join('')}</ul>`
}

const uniqueLinks = (row: VerdictRow): string[] => [...new Set(row.links.map(({ path }) => path))]

function measurementPart(measurement: Measurement): string {
  const spread =
    measurement.spread === undefined
      ? ''
      : `; spread ±${(measurement.spread * 100).toFixed(1)} % (median absolute deviation)`
  const weakness =
    measurement.weakness === undefined
      ? ''
      : `<p class="why">Weaker than it looks: ${escapeHtml(measurement.weakness)}</p>`
  return `<p>${escapeHtml(estimateText(measurement.estimate, measurement.unit, measurement.sampleCount))}${spread}${measurement.workload === undefined ? '' : `, from the workload “${escapeHtml(measurement.workload)}”`}</p>${weakness}`
}

function bodyPart(path: string, { bodies }: ValidationPage): string {
  const known = bodies.get(path)
  if (known === undefined) return `<p class="meta">Evidence: <code>${escapeHtml(path)}</code></p>`
  return known.map(drawnBody).join('')
}

function drawnBody(body: EvidenceBody): string {
  const heading = `<h3>${escapeHtml(body.title)}</h3>`
  switch (body.kind) {
    case 'percentiles':
      return heading + percentileChart(body.title, body.unit, body.lines)
    case 'series':
      return heading + seriesChart(body.title, body.unit, body.lines)
    case 'samples':
      return heading + samplesChart(body.title, body.unit, body.groups)
    case 'flamegraph':
      return `${heading}<iframe title="${escapeHtml(body.title)}" loading="lazy" srcdoc="${escapeHtml(body.html)}"></iframe>`
    case 'text':
      return `${heading}<pre tabindex="0">${escapeHtml(body.text)}</pre>`
  }
}

function againPart(row: VerdictRow): string {
  const commands = [...new Set(row.links.map(({ reproduce }) => reproduce))]
  return commands.length === 0
    ? ''
    : `<p class="meta">Again:${commands.map((command) => `<code class="again">${escapeHtml(command)}</code>`).join('')}</p>`
}

const riskClasses = {
  low: 'pass',
  medium: 'inconclusive',
  high: 'fail',
  unknown: 'not-run',
} as const

/** The whole in one look: what was counted of each part, before any single row. */
function componentPart({ rows, risks }: Validation): string {
  const components = [...new Set(rows.map(({ component }) => component))]
  const lines = components.map((component) => {
    const found = risks.find((one) => one.component === component)
    const risk =
      found === undefined
        ? ''
        : `<span class="status ${riskClasses[found.risk]}">${found.risk}</span> <span class="why">${escapeHtml(found.why)}</span>`
    const counted = (part: VerdictRow['part']) =>
      tallyOf(rows.filter((row) => row.component === component && row.part === part))
    return `<tr><th scope="row">${escapeHtml(component)}</th><td>${counted('memory safety')}</td><td>${risk}</td><td>${counted('performance')}</td></tr>`
  })
  return [
    '<div class="scroll" tabindex="0" role="region" aria-label="Verdicts by part"><table class="parts"><thead><tr><th scope="col">Part</th><th scope="col">Memory safety</th><th scope="col">Risk</th><th scope="col">Performance</th></tr></thead>',
    `<tbody>${lines.join('')}</tbody></table></div>`,
  ].join('')
}

/** The worst first; what does not decide is left to the rows. */
function tallyOf(rows: readonly VerdictRow[]): string {
  const shown = rows.filter(({ level, status }) => level === 'error' || status === 'pass')
  const counts = (['fail', 'inconclusive', 'not-run', 'pass'] as const).flatMap((status) => {
    const count = shown.filter((row) => row.status === status).length
    return count === 0
      ? []
      : [`<span class="status ${status}">${count} ${statusWords[status]}</span>`]
  })
  return counts.length === 0 ? '<span class="why">nothing asked</span>' : counts.join(' ')
}

function findingPart({ findings }: Validation): string {
  const { findings: all } = findings
  if (all.length === 0) return ''
  return `<h2>Findings (${all.length})</h2>\n<div class="rows">\n${all.map(findingDetails).join('\n')}\n</div>`
}

function findingDetails(finding: Finding): string {
  const status =
    finding.status !== 'new' ? 'not-run' : finding.severity === 'error' ? 'fail' : 'inconclusive'
  const word = finding.status === 'new' ? finding.severity : finding.status
  const place = finding.location
  const where =
    place === undefined
      ? ''
      : `${place.functionName}${place.line === undefined ? '' : ` ${place.file.slice(place.file.lastIndexOf('/') + 1)}:${place.line}`}`
  return [
    `<details class="row" id="f-${escapeHtml(finding.fingerprint)}"><summary>`,
    `<span class="status ${status}">${word}</span>`,
    `<span>${escapeHtml(finding.kind)}</span>`,
    `<span class="name">${escapeHtml(where)}</span>`,
    `<span class="target">${escapeHtml(finding.instruments.join(', '))}</span>`,
    `<span class="told">${escapeHtml(finding.message)}</span>`,
    '</summary><div class="body">',
    finding.acceptedBy === undefined
      ? ''
      : `<p class="why">Accepted: ${escapeHtml(finding.acceptedBy.reason)}${finding.acceptedBy.expires === undefined ? '' : ` (until ${escapeHtml(finding.acceptedBy.expires)})`}</p>`,
    ...finding.stacks.map(stackPart),
    `<p class="meta">${finding.workloads.length > 0 ? `Workloads: ${escapeHtml(finding.workloads.join(', '))}. ` : ''}Again: <code class="again">${escapeHtml(finding.reproduce)}</code></p>`,
    '</div></details>',
  ].join('')
}

function stackPart({ role, thread, frames }: DefectStack): string {
  const lines = frames.map(
    (frame, i) => `#${String(i).padEnd(2)} ${frameName(frame)}  ${frameFullLocation(frame)}`,
  )
  return `<h3>${role}${thread === undefined ? '' : `, thread ${escapeHtml(thread)}`}</h3><pre tabindex="0">${escapeHtml(lines.join('\n'))}</pre>`
}

function opportunityPart({ opportunities }: Validation): string {
  if (opportunities.length === 0) return ''
  const lines = opportunities.map(
    (one) =>
      `<tr><td>${cell(one.title)}</td><td class="number">${cell(`${ratioText(one.predictedGain.value)} (${ratioText(one.predictedGain.low)} to ${ratioText(one.predictedGain.high)})`)}</td><td>${cell(one.assumption)}</td><td>${cell(one.evidence)}</td><td><code>${cell(one.nextCommand)}</code></td></tr>`,
  )
  return [
    '<h2>Where time could be saved</h2>',
    '<div class="scroll" tabindex="0" role="region" aria-label="Where time could be saved"><table><thead><tr><th scope="col">What</th><th scope="col">Predicted gain</th><th scope="col">If</th><th scope="col">From</th><th scope="col">Measure it</th></tr></thead>',
    `<tbody>${lines.join('')}</tbody></table></div>`,
  ].join('')
}

function measuredPart({ measurements }: Validation): string {
  const lines = measurements.flatMap((list) => [
    ...list.measurements.map(
      (one) =>
        `<tr><td>${cell(one.component)}</td><td>${cell(one.workload)}</td><td>${cell(one.detail ? `${one.metric} (${one.detail})` : one.metric)}</td><td class="number">${cell(estimateText(one.estimate, one.unit, one.sampleCount))}</td><td>${cell(one.weakness)}</td></tr>`,
    ),
    ...list.missing.map(
      (one) =>
        `<tr><td>${cell(one.component)}</td><td>${cell(one.workload)}</td><td>${cell(one.metric)}</td><td class="number">not measured</td><td>${cell(one.reason)}</td></tr>`,
    ),
  ])
  if (lines.length === 0) return ''
  return [
    '<h2>Everything that was measured</h2>',
    '<details class="row"><summary>Values with their intervals at 95 %</summary><div class="scroll" tabindex="0" role="region" aria-label="Everything that was measured"><table>',
    '<thead><tr><th scope="col">Part</th><th scope="col">Workload</th><th scope="col">Metric</th><th scope="col">Value</th><th scope="col">Remark</th></tr></thead>',
    `<tbody>${lines.join('')}</tbody></table></div></details>`,
  ].join('')
}

const cell = (text: string | undefined): string => escapeHtml(text ?? '')

function stagePart({ stages, measurements }: Validation): string {
  const lines = stages.map(
    ({ name, status, reason, wallMs, folder }) =>
      `<tr><td>${name}</td><td>${status}</td><td class="number">${formatDuration(wallMs)}</td><td><code>${escapeHtml(folder)}</code></td><td>${cell(reason)}</td></tr>`,
  )
  const notes = [...new Set(measurements.flatMap((list) => list.notes))]
  return [
    '<h2>How it was made</h2>',
    '<div class="scroll" tabindex="0" role="region" aria-label="Stages"><table><thead><tr><th scope="col">Stage</th><th scope="col">Status</th><th scope="col">Took</th><th scope="col">Folder</th><th scope="col">Remark</th></tr></thead>',
    `<tbody>${lines.join('')}</tbody></table></div>`,
    notes.length === 0
      ? ''
      : `<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`,
  ].join('')
}

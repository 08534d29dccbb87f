// The report as a terminal's tables and as Markdown. Formats, never computes.
import Table from 'cli-table3'

const percent = (share) => `${(share * 100).toFixed(0)} %`
const nanoseconds = (value) => (value < 100 ? value.toFixed(1) : value.toFixed(0))
const ratioText = (ratio) => {
  if (ratio === undefined) return ''
  const interval =
    ratio.low === undefined ? `n ${ratio.n}` : `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`
  return `${ratio.median.toFixed(2)}× (${interval})`
}
const named = (frames) =>
  frames === undefined || frames.count === 0
    ? ''
    : `${((frames.namedCount / frames.count) * 100).toFixed(1)} %`

/** Tables as data: `{ title, note, head, rows }`. Both forms are drawn from it. */
function tablesOf(report) {
  const tables = []
  const title = (name) => report.variants.find((variant) => variant.name === name)?.title ?? name
  if (report.churn) {
    tables.push({
      title: 'Churn: one malloc and its free',
      note: 'ns of CPU time per pair, median of the rounds; ratios are of CPU time and within a round, with a 95 % bootstrap interval. Spread: interquartile range ÷ median.',
      head: ['case', 'variant', 'n', 'CPU ns', 'spread', 'wall ns', '÷ bare', '÷ heaptrack'],
      rows: report.churn.cases.flatMap(({ name, variants }) =>
        Object.entries(variants).map(([variant, figures]) => [
          name,
          title(variant),
          String(figures.cpuNs.n),
          nanoseconds(figures.cpuNs.median),
          percent(figures.cpuNs.spread),
          nanoseconds(figures.wallNs.median),
          variant === 'bare' ? '' : ratioText(figures.toBare),
          variant === 'heaptrack' || variant === 'bare' ? '' : ratioText(figures.toHeaptrack),
        ]),
      ),
    })
    tables.push(
      captureTable(
        'Churn: the captures',
        [{ name: 'churn', captures: report.churn.captures }],
        title,
      ),
    )
  }
  if (report.workloads) {
    tables.push({
      title: 'Real workloads: whole processes',
      note: 'From the start of the process to its end; ratios within a round, with a 95 % bootstrap interval. Wall time holds what else the machine did, CPU time does not.',
      head: [
        'workload',
        'variant',
        'n',
        'wall ms',
        'spread',
        '÷ bare',
        'CPU ms',
        'CPU ÷ bare',
        'peak RSS MiB',
      ],
      rows: report.workloads.flatMap(({ name, missing, variants }) =>
        missing
          ? [[name, `not run: ${missing}`, '', '', '', '', '', '', '']]
          : Object.entries(variants).map(([variant, figures]) => [
              name,
              title(variant),
              String(figures.wallMs.n),
              figures.wallMs.median.toFixed(0),
              percent(figures.wallMs.spread),
              variant === 'bare' ? '' : ratioText(figures.wallToBare),
              figures.cpuMs.median.toFixed(0),
              variant === 'bare' ? '' : ratioText(figures.cpuToBare),
              (figures.maxRssBytes.median / 2 ** 20).toFixed(0),
            ]),
      ),
    })
    tables.push(
      captureTable(
        'Real workloads: the captures',
        report.workloads.filter(({ missing }) => !missing),
        title,
      ),
    )
  }
  if (report.goals.length > 0)
    tables.push({
      title: 'Goals',
      head: ['goal', 'limit', 'measured', 'verdict'],
      rows: report.goals.map(({ name, limit, value, isMet }) => [
        name,
        `≤ ${limit}`,
        value === undefined ? '' : value.toFixed(3),
        isMet === undefined ? 'not run' : isMet ? 'met' : 'missed',
      ]),
    })
  return tables
}

function captureTable(heading, subjects, title) {
  return {
    title: heading,
    note: 'Of the first round. Frames are weighted by allocations, inlined ones counted; a JavaScript frame without a name is code in no module, or the entry of the interpreter.',
    head: [
      'subject',
      'variant',
      'events',
      'MiB',
      'bytes per event',
      'frames per stack',
      'JS frames named',
      "of the user's code",
    ],
    rows: subjects.flatMap(({ name, captures }) =>
      Object.entries(captures)
        .filter(([, figures]) => figures !== undefined)
        .map(([variant, figures]) => [
          name,
          title(variant),
          String(figures.eventCount),
          (figures.bytes / 2 ** 20).toFixed(1),
          figures.bytesPerEvent === undefined || variant === 'aggregate'
            ? ''
            : figures.bytesPerEvent.toFixed(2),
          figures.framesPerStack?.toFixed(1) ?? '',
          named(figures.jsFrames),
          named(figures.userJsFrames),
        ]),
    ),
  }
}

function machineText({ machine, date, variants }) {
  const versions = variants
    .filter(({ version }) => version)
    .map(({ title, version }) => `${title} (${version})`)
  return `${machine.cpu}, ${machine.coreCount} cores, Linux ${machine.kernel}, ${machine.libc}, Node ${machine.node}; ${versions.join(', ')}; ${date}`
}

const notRun = ({ variants }) =>
  variants
    .filter(({ missing }) => missing)
    .map(({ title, missing }) => `not run: ${title}: ${missing}`)

export function renderText(report) {
  const parts = [machineText(report), ...notRun(report)]
  for (const { title, head, rows } of tablesOf(report)) {
    const table = new Table({ head, style: { head: [], border: [], compact: true } })
    table.push(...rows)
    parts.push(`${title}\n${table.toString()}`)
  }
  if (report.analyser) parts.push(report.analyser.text.join('\n'))
  return parts.join('\n\n')
}

export function renderMarkdown(report) {
  const parts = [machineText(report), ...notRun(report)]
  const line = (cells) => `| ${cells.join(' | ')} |`
  for (const { title, note, head, rows } of tablesOf(report)) {
    const text = [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
    parts.push(`## ${title}`, ...(note ? [note] : []), text)
  }
  if (report.analyser)
    parts.push('## Analyser', `\`\`\`\n${report.analyser.text.join('\n')}\n\`\`\``)
  return `${parts.join('\n\n')}\n`
}

/** Lists of findings → the page. A bug is found by an instrument when one of its reports names the bug's workload. */
export function matrixMarkdown({ instruments, sources, seeded, clean, machine }) {
  const families = seeded.map(({ file, list }) => ({
    file,
    bugs: [...sources[file].matchAll(/^seed\('(\w+)'/gm)].map(([, name]) => ({
      name,
      cells: instruments.map((instrument) => cellOf(list, instrument, name)),
    })),
  }))
  const bugs = families.flatMap((family) => family.bugs)
  const found = bugs.filter(({ cells }) => cells.some((cell) => cell.startsWith('✓')))
  const alarms = clean.flatMap(({ file, list }) =>
    list.findings
      .filter(({ severity }) => severity !== 'advice')
      .map((finding) => `${file}: ${finding.message} (${finding.instruments.join(', ')})`),
  )
  const notRun = [...seeded, ...clean].flatMap(({ file, list }) =>
    list.runs
      .filter(({ status }) => status === 'not-run')
      .map((run) => `${run.instrument} on ${file}: ${run.reason}`),
  )
  return `${[
    '# Who finds what',
    `The addon in [examples/seeded](../examples/seeded/README.md) has ${bugs.length} bugs of different kinds; its twin does the same work without them. This table is made by \`node scripts/bug-matrix.mjs\` from what the instruments reported. ${machine}.`,
    `**${found.length} of ${bugs.length} bugs were found by at least one instrument; the clean twin gave ${alarms.length} finding${alarms.length === 1 ? '' : 's'}.**`,
    ...(clean.length < seeded.length
      ? [
          clean.length === 0
            ? 'The twin was not run.'
            : `The twin was run on ${clean.map(({ file }) => file).join(', ')} only.`,
        ]
      : []),
    '✓ found · · looked and saw nothing · – could not be run to its end here. The number is how many kinds of report named it.',
    ...families.map((family) => table(family, instruments)),
    ...section(
      'Not found by any',
      bugs.filter((bug) => !found.includes(bug)).map(({ name }) => name),
    ),
    ...section('Findings on the clean twin', alarms),
    ...section('Not run to the end', [...new Set(notRun)]),
  ].join('\n\n')}\n`
}

function cellOf({ runs }, instrument, name) {
  const run = runs.find((one) => one.instrument === instrument)
  if (run === undefined) return '–'
  const reports = run.reports.filter((report) => report.severity !== 'advice' && isOf(report, name))
  if (reports.length > 0)
    return `✓${reports.length > 1 ? ` ${new Set(reports.map(({ rule }) => rule)).size}` : ''}`
  return run.status === 'ran' ? '·' : '–'
}

/** By its workload; where an instrument does not know that (a crash ends the process), by the bug's own function on a stack. */
function isOf({ workload, stacks }, name) {
  if (workload) return workload === name
  const inC = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return stacks.some(({ frames }) =>
    frames.some(({ functionName }) => functionName.startsWith(inC)),
  )
}

function table({ file, bugs }, instruments) {
  return [
    `## ${file.replace('.seam.ts', '')}`,
    '',
    `| bug | ${instruments.join(' | ')} |`,
    `|---|${instruments.map(() => ':-:').join('|')}|`,
    ...bugs.map(({ name, cells }) => `| \`${name}\` | ${cells.join(' | ')} |`),
  ].join('\n')
}

const section = (title, lines) =>
  lines.length === 0
    ? []
    : [
        `## ${title}`,
        lines.map((line) => `- ${line.replaceAll('\n', ' ').slice(0, 300)}`).join('\n'),
      ]

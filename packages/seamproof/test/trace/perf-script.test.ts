import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeamproofError } from '../../src/base/seamproof-error.js'
import { looksLikePerfScript, parsePerfScript } from '../../src/trace/perf-script.js'

const parse = (text: string) => parsePerfScript(text, 'perf.txt')

describe('perf script', () => {
  test('reads what perf prints by default', () => {
    const { samples } = parse(
      [
        'node 20862 11890.534285:    5025125 cpu-clock: ',
        '\t           8e7b3 pthread_rwlock_rdlock@GLIBC_2.2.5+0x3 (/usr/lib/libc.so.6)',
        '\t    7f8ab0004f1c JS:~resolve node:path:1217:10+0xdc (/tmp/perf-20862.map)',
        '\tffffffffad135f6f [unknown] ([kernel.kallsyms])',
        '',
      ].join('\n'),
    )
    expect(samples).toEqual([
      {
        comm: 'node',
        tid: 20862,
        timeNs: 11890534285000,
        period: 5025125,
        event: 'cpu-clock',
        frames: [
          {
            address: '8e7b3',
            symbol: 'pthread_rwlock_rdlock@GLIBC_2.2.5',
            dso: '/usr/lib/libc.so.6',
            isInlined: false,
          },
          {
            address: '7f8ab0004f1c',
            symbol: 'JS:~resolve node:path:1217:10',
            dso: '/tmp/perf-20862.map',
            isInlined: false,
          },
          {
            address: 'ffffffffad135f6f',
            symbol: '[unknown]',
            dso: '[kernel.kallsyms]',
            isInlined: false,
          },
        ],
      },
    ])
  })

  test.each([
    [
      'iperf 27409/28744 [000] 441995.133575: cpu-clock: ',
      { comm: 'iperf', pid: 27409, tid: 28744, cpu: 0 },
    ],
    ['node-v011 31912 cpu-clock: ', { comm: 'node-v011', tid: 31912, event: 'cpu-clock' }],
    [
      'V8 Worker 1 4567 [001] 12.5: 1 cycles:u: ',
      { comm: 'V8 Worker 1', tid: 4567, event: 'cycles:u', timeNs: 12.5e9 },
    ],
    [
      'swapper     0 [002] 1.000000001: sched:sched_switch: prev_comm=a prev_pid=1',
      { tid: 0, event: 'sched:sched_switch', timeNs: 1000000001 },
    ],
    ['java 23921 [001] 184694.229109: cycles: ', { event: 'cycles' }],
    ['  node 77 1.5:  250000 cpu-clock:pppH: ', { comm: 'node', event: 'cpu-clock:pppH' }],
  ])('reads the line of a sample %s', (line, expected) => {
    expect(parse(`${line}\n`).samples[0]).toMatchObject(expected)
  })

  test('reads the one frame of a sample without a stack from its own line', () => {
    const { samples } = parse(
      'node 5 1.0: 100 cycles:      55d0 v8::Foo(int)+0x1 (/usr/bin/node)\n',
    )
    expect(samples[0]!.frames).toMatchObject([{ symbol: 'v8::Foo(int)', dso: '/usr/bin/node' }])
  })

  test('reads symbols with blanks and brackets, inlined frames, deleted files and source lines', () => {
    const { samples } = parse(
      [
        'node 5 1.0: 100 cycles: ',
        '\t 1f std::map<int, (anonymous namespace)::A>::find(int const&) (inlined)',
        '\t 1f node::(anonymous namespace)::Run(uv_loop_s*)+0x2 (/tmp/x (deleted))',
        '  loop.cc:298',
        '\t 20 operator()+0x3',
      ].join('\n'),
    )
    expect(samples[0]!.frames).toMatchObject([
      {
        symbol: 'std::map<int, (anonymous namespace)::A>::find(int const&)',
        isInlined: true,
        dso: '',
      },
      {
        symbol: 'node::(anonymous namespace)::Run(uv_loop_s*)',
        dso: '/tmp/x',
        file: 'loop.cc',
        line: 298,
      },
      { symbol: 'operator()' },
    ])
  })

  test('reads the header, and passes over what is no sample', () => {
    const script = parse(
      [
        '# ========',
        '# cmdline : /usr/bin/perf record -F 99 -g -- node a.js ',
        '#',
        'node 20 1.0: PERF_RECORD_MMAP2 20/20: [0x1(0x2) @ 0 08:01 1 1]: r-xp /usr/bin/node',
        'node 20 1.0: cycles: ',
        '\t 1 main (/usr/bin/node)',
      ].join('\r\n'),
    )
    expect(script.cmdline).toBe('/usr/bin/perf record -F 99 -g -- node a.js')
    expect(script.samples).toHaveLength(1)
  })

  test('names the line that makes no sense', () => {
    expect(() => parse('node 1 1.0: cycles: \n\t 1 main (/n)\nwhat is this\n')).toThrow(
      /^perf\.txt:3 is neither a sample nor a frame: "what is this"/,
    )
    expect(() => parse('node 1 1.0: cycles: \n   not a frame\n')).toThrow(
      /^perf\.txt:2 is not a frame/,
    )
    expect(() => parse('# only a header\n')).toThrow(/holds no sample/)
  })

  test('is told from other text', () => {
    expect(looksLikePerfScript('node 20862 11890.534285:    5025125 cpu-clock: \n')).toBe(true)
    expect(looksLikePerfScript('# perf version : 6.1\n')).toBe(true)
    expect(looksLikePerfScript('main;run;encode 4096\n')).toBe(false)
    expect(looksLikePerfScript('{"nodes":[]}')).toBe(false)
    expect(looksLikePerfScript('')).toBe(false)
  })

  test('whatever the bytes, it reads samples or says what is wrong, and quickly', () => {
    const piece = fc.constantFrom(
      'node ',
      '12',
      '/',
      ' [001] ',
      '1.5:',
      ' ',
      '\t',
      '\n',
      'cycles:',
      '55d0 ',
      'f(x)',
      ' (',
      ')',
      ' (/n)',
      '+0x1',
      '#',
      '[unknown]',
      ':',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (given) => {
        looksLikePerfScript(given)
        try {
          const { samples } = parse(given)
          expect(samples.length).toBeGreaterThan(0)
          for (const sample of samples) expect(Number.isInteger(sample.tid)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(SeamproofError)
        }
      }),
      { numRuns: 3000 },
    )
    // Lines made to send a pattern back and forth: it is enough that this ends.
    const hostile = ['a '.repeat(30_000), `n ${'1 '.repeat(30_000)}`, `\t1 ${'('.repeat(60_000)}`]
    for (const line of hostile) {
      const [sample] = parse('node 1 1.0: c: \n').samples
      expect(sample?.frames).toEqual([])
      try {
        parse(`node 1 1.0: c: \n${line}\n`)
      } catch (error) {
        expect(error).toBeInstanceOf(SeamproofError)
      }
    }
  })
})

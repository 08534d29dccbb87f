// Takes turns: in every round each variant once, starting with another one each time, so that no variant always follows
// the same neighbour and slow drifts of the machine meet all alike.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Runs to the end; the wall time is that of the whole process. A failure is an error with what the process said. */
export function runToEnd({ file, args, env }, cwd) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint()
    const child = spawn(file, args, { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (part) => {
      said = (said + part).slice(-4000)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const wallMs = Number(process.hrtime.bigint() - started) / 1e6
      if (code === 0) resolve(wallMs)
      else reject(new Error(`${file} ${args.join(' ')} ended with ${signal ?? code}: ${said}`))
    })
  })
}

/**
 * `rounds` rounds of every variant on one command; slow variants (`rounds: 0`) take part in the first `slowRounds`.
 * `argv(resultPath)` is the command, which leaves JSON in that file. Captures are deleted when the next is made, but those
 * of round 0 stay for `onFirstCapture`. Gives a list of `{ round, wallMs, result }` per variant.
 */
export async function takeTurns({
  variants,
  argv,
  rounds,
  slowRounds,
  scratch,
  onFirstCapture,
  onRun,
}) {
  const runs = Object.fromEntries(variants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (let step = 0; step < variants.length; step++) {
      const variant = variants[(round + step) % variants.length]
      if (variant.missing || (variant.rounds === 0 && round >= slowRounds)) continue
      const captureDir = join(scratch, variant.name)
      mkdirSync(captureDir, { recursive: true })
      const resultPath = join(scratch, 'result.json')
      rmSync(resultPath, { force: true })
      const start = variant.start(argv(resultPath), captureDir)
      start.env = { ...start.env, BENCH_RESULT: resultPath }
      onRun?.(variant.name, round)
      const wallMs = await runToEnd(start, scratch)
      if (!existsSync(resultPath)) throw new Error(`${variant.title} left no result`)
      runs[variant.name].push({
        round,
        wallMs,
        result: JSON.parse(readFileSync(resultPath, 'utf8')),
      })
      if (round === 0) await onFirstCapture?.(variant, captureDir)
      rmSync(captureDir, { recursive: true, force: true })
    }
  return runs
}

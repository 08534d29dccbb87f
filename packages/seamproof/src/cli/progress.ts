export interface Progress {
  /** Replaces the line that says what is being done. */
  step(text: string): void
  stop(): void
}

/** A spinner on stderr for a person who waits; nothing in CI, in a pipe or with --json. */
export async function startProgress(isWanted: boolean): Promise<Progress> {
  // A terminal that says it has no columns would keep ora clearing lines for ever.
  const isTerminal = process.stderr.isTTY === true && process.stderr.columns > 0
  const isWatched = isTerminal && process.env.CI === undefined
  if (!isWanted || !isWatched) return { step() {}, stop() {} }
  const { default: ora } = await import('ora')
  const spinner = ora({ stream: process.stderr, discardStdin: false })
  return {
    step(text) {
      spinner.text = text
      if (!spinner.isSpinning) spinner.start()
    },
    stop() {
      spinner.stop()
    },
  }
}

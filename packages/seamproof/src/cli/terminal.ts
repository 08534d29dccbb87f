import pc from 'picocolors'

type Colors = ReturnType<typeof pc.createColors>

/** What a command prints through. Results go to stdout; everything else goes to stderr, which never mixes with them. */
export interface Terminal {
  /** What text reports are laid out for. */
  textOptions: { color: boolean; width?: number }
  colors: Colors
  /** A result, with a newline added when it lacks one. */
  print(text: string): void
  printJson(value: unknown): void
  /** A remark to the person at the terminal. */
  remark(text: string): void
}

export function createTerminal(options: { color: boolean }): Terminal {
  const hasColor = (stream: NodeJS.WriteStream) => options.color && wantsColor(stream)
  const write = (stream: NodeJS.WriteStream, text: string) =>
    stream.write(text.endsWith('\n') ? text : `${text}\n`)
  return {
    textOptions: {
      color: hasColor(process.stdout),
      ...(process.stdout.isTTY && process.stdout.columns > 0
        ? { width: process.stdout.columns }
        : {}),
    },
    colors: pc.createColors(hasColor(process.stderr)),
    print: (text) => write(process.stdout, text),
    printJson: (value) => write(process.stdout, JSON.stringify(value, null, 2)),
    remark: (text) => write(process.stderr, text),
  }
}

/** NO_COLOR and FORCE_COLOR as their conventions say; else colours on terminals only. */
function wantsColor(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true
  return stream.isTTY === true && TERM !== 'dumb'
}

/** `seamproof summary | head` closes our stdout early: that is no error, and nothing is to be said about it. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      throw error
    })
}

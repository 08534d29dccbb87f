type Burst = (state: unknown, count: number) => unknown
type Sink = { value: unknown }

let burstCount = 0

/**
 * A loop over one function. Each is made from text of its own: loops with equal text share V8's type feedback, and the second
 * function in a shared loop is called several times slower than the first. What the function returns goes into a sink, so that
 * a call whose result nobody wants is not optimised away.
 */
export function createBurst(name: string, run: (state: never) => unknown): Burst {
  const sink: Sink = { value: undefined }
  const sync = compile('', 'sink.value = run(state)', name, run, sink)
  const async = compile('async', 'sink.value = await run(state)', name, run, sink)
  let isAsync: boolean | undefined
  return (state, count) => {
    if (isAsync) return async(state, count)
    if (isAsync === undefined) {
      const first = (run as (state: unknown) => unknown)(state)
      isAsync = isThenable(first)
      if (isAsync) return Promise.resolve(first).then(() => async(state, count - 1))
      return sync(state, count - 1)
    }
    return sync(state, count)
  }
}

function compile(
  prefix: '' | 'async',
  step: string,
  name: string,
  run: (state: never) => unknown,
  sink: Sink,
): Burst {
  const label = `${name.replaceAll('*/', '')} ${++burstCount}`
  const body = `/* ${label} */ return ${prefix} function burst(state, count) { for (let i = 0; i < count; i++) ${step} }`
  return new Function('run', 'sink', body)(run, sink) as Burst
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  )
}

import { KitError } from './kit-error.js'

export interface FlagDefinition {
  /** What it does, and when it pays. */
  readonly description: string
  readonly default: boolean
}

export type FlagSource = 'default' | 'environment' | 'config' | 'api'

export interface FlagState<Name extends string> {
  readonly name: Name
  readonly description: string
  readonly isOn: boolean
  readonly isOnByDefault: boolean
  readonly source: FlagSource
  /** The variable that sets it. */
  readonly environmentName: string
}

export interface FlagOptions<Name extends string> {
  /** Environment variables are PREFIX_NAME. */
  readonly prefix: string
  readonly flags: Readonly<Record<Name, FlagDefinition>>
  /** Values of a config file; the environment wins over them, the API over both. */
  readonly config?: Readonly<Partial<Record<NoInfer<Name>, boolean>>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Called with every value that changes, also while the start values are set: push them to native code here. */
  readonly onChange?: (name: Name, isOn: boolean) => void
}

const words: Readonly<Record<string, boolean>> = {
  '1': true,
  on: true,
  true: true,
  yes: true,
  '0': false,
  off: false,
  false: false,
  no: false,
}

/** Optimisations that can be switched while the program runs, so that A/B runs need no rebuild. */
export class FlagSet<Name extends string> {
  readonly #definitions: Readonly<Record<Name, FlagDefinition>>
  readonly #prefix: string
  readonly #values = new Map<Name, { isOn: boolean; source: FlagSource }>()
  readonly #onChange: ((name: Name, isOn: boolean) => void) | undefined

  constructor(options: FlagOptions<Name>) {
    this.#definitions = options.flags
    this.#prefix = options.prefix
    this.#onChange = options.onChange
    const environment = options.environment ?? process.env
    for (const name of this.#names()) {
      const fromConfig = options.config?.[name]
      const fromEnvironment = this.#parse(name, environment[this.environmentName(name)])
      const isOn = fromEnvironment ?? fromConfig ?? this.#definitions[name].default
      const source: FlagSource =
        fromEnvironment !== undefined
          ? 'environment'
          : fromConfig !== undefined
            ? 'config'
            : 'default'
      this.#values.set(name, { isOn, source })
      this.#onChange?.(name, isOn)
    }
  }

  #names(): Name[] {
    return Object.keys(this.#definitions) as Name[]
  }

  #parse(name: Name, text: string | undefined): boolean | undefined {
    if (text === undefined || text === '') return undefined
    const value = words[text.toLowerCase()]
    if (value === undefined)
      throw new KitError(
        'KIT_FLAG',
        `${this.environmentName(name)}=${text} is neither on nor off`,
        `use one of ${Object.keys(words).join(', ')}`,
      )
    return value
  }

  environmentName(name: Name): string {
    return `${this.#prefix}_${name}`.toUpperCase().replaceAll('-', '_')
  }

  isOn(name: Name): boolean {
    return this.#known(name).isOn
  }

  set(name: Name, isOn: boolean): void {
    const before = this.#known(name)
    this.#values.set(name, { isOn, source: 'api' })
    if (before.isOn !== isOn) this.#onChange?.(name, isOn)
  }

  /** Runs `body` with a flag set, then puts it back: one arm of an A/B run. */
  with<Result>(name: Name, isOn: boolean, body: () => Result): Result {
    const before = this.#known(name)
    this.set(name, isOn)
    try {
      return body()
    } finally {
      this.set(name, before.isOn)
      this.#values.set(name, before)
    }
  }

  list(): FlagState<Name>[] {
    return this.#names().map((name) => ({
      name,
      description: this.#definitions[name].description,
      isOnByDefault: this.#definitions[name].default,
      environmentName: this.environmentName(name),
      ...this.#known(name),
    }))
  }

  #known(name: Name): { isOn: boolean; source: FlagSource } {
    const value = this.#values.get(name)
    if (value === undefined)
      throw new KitError(
        'KIT_FLAG',
        `there is no flag "${name}"`,
        `the flags are ${this.#names().join(', ')}`,
      )
    return value
  }
}

export function defineFlags<Name extends string>(options: FlagOptions<Name>): FlagSet<Name> {
  return new FlagSet(options)
}

/** Builds DOM without a way to pass HTML: text only ever becomes text nodes, so a symbol cannot become markup. */
type Attributes = Record<string, string | number | boolean | undefined>
type Child = Node | string

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...children)
  return made
}

export function button(
  attributes: Attributes,
  onClick: () => void,
  ...children: Child[]
): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, ...children)
  made.addEventListener('click', onClick)
  return made
}

export interface Choice<Value extends string> {
  value: Value
  label: string
  title?: string
  isDisabled?: boolean
}

/** A row of which one is pressed. Radio semantics: arrow keys move, the group is one tab stop. */
export function segmented<Value extends string>(
  label: string,
  choices: readonly Choice<Value>[],
  chosen: Value,
  onChoose: (value: Value) => void,
): HTMLElement {
  const group = element('div', { class: 'segmented', role: 'radiogroup', 'aria-label': label })
  for (const { value, label: text, title, isDisabled } of choices) {
    const isChosen = value === chosen
    const radio = button(
      {
        role: 'radio',
        'aria-checked': String(isChosen),
        tabindex: isChosen ? 0 : -1,
        disabled: isDisabled ?? false,
        title,
        'data-value': value,
      },
      () => onChoose(value),
      text,
    )
    group.append(radio)
  }
  group.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const radios = [...group.querySelectorAll<HTMLButtonElement>('button:not(:disabled)')]
    const at = radios.indexOf(document.activeElement as HTMLButtonElement)
    radios[(at + step + radios.length) % radios.length]?.click()
  })
  return group
}

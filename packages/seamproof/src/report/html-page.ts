import { escapeHtml } from './html-text.js'

/** The shell of every HTML report. Data goes in as inert JSON; the only code is ours, pinned by hash in the policy. */
export interface ClientBundle {
  script: string
  scriptSha256: string
  style: string
  styleSha256: string
}

export interface PageParts {
  title: string
  data: unknown
  client: ClientBundle
  /** Served by us, and following our events: the page may talk to where it came from. */
  isLive?: boolean
}

/** JSON that cannot leave its script element, whatever the strings hold. */
const inertJson = (data: unknown): string =>
  JSON.stringify(data)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')

export function renderPage({ title, data, client, isLive = false }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${client.scriptSha256}'`,
    `style-src 'sha256-${client.styleSha256}'`,
    "base-uri 'none'",
    "form-action 'none'",
    ...(isLive ? ["connect-src 'self'"] : []),
  ]
  return htmlDocument({
    title,
    policy,
    style: client.style,
    body: [
      '<noscript>This report draws itself with JavaScript. The same facts as text: seamproof leaks, seamproof summary.</noscript>',
      '<div id="page"></div>',
      `<script type="application/json" id="report-data">${inertJson(data)}</script>`,
      `<script>${client.script}</script>`,
    ],
  })
}

export interface HtmlDocument {
  title: string
  /** Directives of the page's own content security policy. */
  policy: readonly string[]
  style: string
  /** Lines of HTML, escaped where that is needed. */
  body: readonly string[]
}

export function htmlDocument({ title, policy, style, body }: HtmlDocument): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    ...body,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

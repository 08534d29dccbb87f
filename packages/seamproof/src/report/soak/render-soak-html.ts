import { renderPage } from '../html-page.js'
import type { SoakReportInput } from '../text/render-soak.js'
import { clientBundle } from './client-bundle.generated.js'
import { type SoakDocument, soakDocument } from './soak-document.js'

/** The finished soak as one self-contained page. */
export function renderSoakHtml(input: SoakReportInput): string {
  const data = soakDocument(input)
  return renderPage({ title: data.title, data, client: clientBundle })
}

/** The page of one that runs: drawn from what it is sent. */
export function renderLiveSoakHtml(data: SoakDocument | undefined, title: string): string {
  return renderPage({ title, data: data ?? null, client: clientBundle, isLive: true })
}

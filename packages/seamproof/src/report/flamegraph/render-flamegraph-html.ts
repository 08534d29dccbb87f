import type { CaptureFacts } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import { renderPage } from '../html-page.js'
import { buildFlamegraphDocument, type FlamegraphDocumentOptions } from './build-document.js'
import { clientBundle } from './client-bundle.generated.js'
import type { FlamegraphDocument } from './flamegraph-document.js'

/** One self-contained page: no network, works from `file://`. */
export function renderFlamegraphHtml(
  facts: CaptureFacts,
  verdicts: Verdicts,
  options: FlamegraphDocumentOptions = {},
): string {
  return renderFlamegraphDocument(buildFlamegraphDocument(facts, verdicts, options))
}

export const renderFlamegraphDocument = (document: FlamegraphDocument): string =>
  renderPage({
    title: `${document.title} – ${document.command}`,
    data: document,
    client: clientBundle,
    isLive: document.isLive ?? false,
  })

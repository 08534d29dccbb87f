/** Facts and verdicts in, text or bytes out. Nothing here reads, writes, computes or judges. */

export type { DiffInput } from './diff/diff-sides.js'
export { renderDiffHtml } from './diff/render-diff-html.js'
export { type CollapsedOptions, exportCollapsed } from './export/export-collapsed.js'
export { exportHeaptrackText, type HeaptrackTextOptions } from './export/export-heaptrack-text.js'
export { exportPprof } from './export/export-pprof.js'
export { exportSpeedscope } from './export/export-speedscope.js'
export type { FlamegraphDocumentOptions } from './flamegraph/build-document.js'
export { renderFlamegraphHtml } from './flamegraph/render-flamegraph-html.js'
export { diffJson } from './json/diff-json.js'
export type {
  DiffJson,
  LeakJson,
  LeaksJson,
  SummaryJson,
  TimelineJson,
  TreeJson,
} from './json/json-shapes.js'
export { leaksJson, summaryJson, timelineJson, treeJson } from './json/report-json.js'
export {
  type Metric,
  type MetricUnit,
  metrics,
  metricUnits,
  type Resource,
  resources,
} from './metric.js'
export { mainProcessIndex } from './process-choice.js'
export { type DiffOptions, renderDiff } from './text/render-diff.js'
export { type LeaksOptions, renderLeaks } from './text/render-leaks.js'
export { renderSummary, type SummaryOptions } from './text/render-summary.js'
export { renderTimeline, type TimelineOptions } from './text/render-timeline.js'
export { renderTree, type TreeOptions } from './text/render-tree.js'
export type { TextOptions } from './text/text-style.js'
export { renderTimelineHtml } from './timeline/render-timeline-html.js'

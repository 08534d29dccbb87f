/** Light and dark by the reader's setting; on paper everything is open and black on white. */
export const pageStyle = `
:root{color-scheme:light dark;--paper:#fff;--text:#11151c;--muted:#566174;--line:#d9dfe7;--soft:#f4f6f9;--pass:#1b7a43;--fail:#b3261e;--open:#8a5a00;--c0:#1f6fb2;--c1:#b4531a;--c2:#2a7d5f;--c3:#7a4fb0}
@media(prefers-color-scheme:dark){:root{--paper:#12161d;--text:#f2f5f9;--muted:#a3afc0;--line:#2d3644;--soft:#1a2029;--pass:#5fd38d;--fail:#ff8a80;--open:#f2c063;--c0:#6db3f2;--c1:#f0965a;--c2:#62c9a4;--c3:#b795e8}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:20px 24px 60px;background:var(--paper);color:var(--text);font:15px/1.5 system-ui,-apple-system,Segoe UI,Roboto,DejaVu Sans,sans-serif}
h1{margin:0;font-size:22px}
h2{margin:38px 0 8px;font-size:18px}
h3{margin:18px 0 4px;font-size:14px}
p{margin:6px 0}
a{color:var(--c0)}
code,pre{font:13px/1.45 ui-monospace,SF Mono,Menlo,Consolas,DejaVu Sans Mono,monospace}
pre{margin:6px 0;padding:10px 12px;overflow-x:auto;background:var(--soft);border:1px solid var(--line);border-radius:6px}
.meta,.empty,.legend,.why{color:var(--muted);font-size:13px}
.status{font-weight:650;white-space:nowrap}
.pass{color:var(--pass)}.fail{color:var(--fail)}.inconclusive,.not-run{color:var(--open)}
.status{display:inline-block;align-self:start;justify-self:start;padding:1px 9px;border-radius:999px;background:var(--soft);border:1px solid var(--line);font-size:13px}
.status.fail{border-color:currentColor}
.verdict{margin:14px 0;padding:14px 18px;border:1px solid var(--line);border-left:8px solid currentColor;border-radius:8px;background:var(--soft);font-size:19px;font-weight:700}
table.parts{margin:18px 0 6px;font-size:14px}
table.parts th,table.parts td{padding:7px 10px 7px 4px;vertical-align:middle}
table.parts tbody th{font-weight:650}
table.parts thead th{color:var(--muted);font-weight:600;font-size:13px}
.rows{border-top:1px solid var(--line)}
details.row{border-bottom:1px solid var(--line)}
details.row>summary{display:grid;grid-template-columns:8.6em 7.4em 15em 8.6em 1fr;gap:4px 12px;padding:7px 4px;cursor:pointer;list-style-position:outside}
details.row>summary:hover{background:var(--soft)}
summary:focus-visible,a:focus-visible,iframe:focus-visible{outline:3px solid var(--c0);outline-offset:1px}
.row .name{font-weight:600}.row .target{color:var(--muted)}
.body{padding:4px 12px 16px 24px}
.again{display:block;margin:4px 0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:4px 8px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.number{text-align:right;white-space:nowrap}
.scroll{overflow-x:auto}
.chart{display:block;width:100%;max-width:720px;height:auto;margin:8px 0}
.chart text{fill:var(--muted);font:11px system-ui,DejaVu Sans,sans-serif}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .line{fill:none;stroke-width:1.8}
.chart .tick{stroke-width:2;opacity:.75}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
.key{display:inline-block;width:12px;height:3px;margin:0 5px 3px 12px}
.k0{background:var(--c0)}.k1{background:var(--c1)}.k2{background:var(--c2)}.k3{background:var(--c3)}
iframe{width:100%;height:560px;border:1px solid var(--line);border-radius:6px;background:var(--paper)}
@media(max-width:860px){details.row>summary{grid-template-columns:1fr 1fr}.row .told{grid-column:1/-1}}
@media print{:root{color-scheme:light;--paper:#fff;--text:#000;--muted:#333;--line:#bbb;--soft:#fff}body{max-width:none;padding:0}iframe{display:none}details.row{break-inside:avoid}details>*{display:block}details::details-content{content-visibility:visible;block-size:auto}}
`

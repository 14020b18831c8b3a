import { type Colours, DARK, LIGHT } from './colours.ts';
import { type Html, html } from './html.ts';

function variables(colours: Colours): readonly Html[] {
  return Object.entries(colours).map(([name, colour]: readonly [string, string]) => html`--${name}:${colour};`);
}

/** All of the page's style. Nothing in it comes from a run. */
export const STYLE: Html = html`<style>
:root { ${variables(LIGHT)} color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
*, ::before, ::after { box-sizing: border-box; }
html { background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%; scroll-padding-top: 3rem; }
body { margin: 0; }
main, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
main { padding-top: 28px; }
footer { padding-top: 32px; padding-bottom: 40px; font-size: 13px; }
a { color: var(--link); text-underline-offset: 2px; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; }
code { overflow-wrap: anywhere; }
pre { margin: 8px 0 0; padding: 12px 14px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; overflow: auto; max-height: 32em; line-height: 1.45; }
ul { list-style: none; margin: 0; padding: 0; }
h1, h2, h3, p { margin: 0; }
h1 { font-size: 32px; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; margin-top: 4px; }
h2 { font-size: 18px; font-weight: 650; margin: 44px 0 12px; }
h3 { font-size: 15px; font-weight: 600; overflow-wrap: anywhere; }
section > .quiet { margin-bottom: 12px; max-width: 75ch; }
.quiet { color: var(--quiet); }
small { font-size: 12px; color: var(--quiet); font-weight: 400; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.restored { color: var(--restored); } .ran, .would-run { color: var(--ran); } .failed { color: var(--failed); }
.cancelled { color: var(--cancelled); } .skipped { color: var(--skipped); }
.mark { font-weight: 700; }

.sum { margin-top: 4px; font-size: 17px; }
.trouble { border-left: 3px solid var(--failed); white-space: pre-wrap; overflow-wrap: anywhere; }
.share { display: flex; gap: 2px; height: 6px; margin: 20px 0 0; border-radius: 3px; overflow: hidden; }
.share span { background: currentColor; min-width: 3px; flex-basis: 0; }
.facts { display: grid; grid-template-columns: repeat(5, 1fr); gap: 20px 24px; margin: 20px 0 0; }
.facts dt { font-size: 13px; color: var(--quiet); }
.facts dd { margin: 0; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts small { display: block; line-height: 1.35; }

.failure + .failure { margin-top: 20px; }
.failure code { font-weight: 400; }
.warnings li { padding: 6px 0 6px 12px; border-left: 3px solid var(--cancelled); overflow-wrap: anywhere; }
.warnings li + li { margin-top: 6px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--quiet); margin-bottom: 10px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; vertical-align: -1px; margin-right: 2px; }
.legend svg { vertical-align: middle; }

.scroll { overflow-x: auto; padding: 4px; margin: 0 -4px; }
.graph { position: relative; }
.graph > svg { position: absolute; inset: 0; }
path.FROM, path.WAIT { fill: none; stroke: var(--edge); stroke-width: 1.5; }
path.WAIT { stroke-dasharray: 5 4; }
.box { position: absolute; }
.box .card { width: var(--cell-width); height: var(--cell-height); }
.many { display: flex; flex-wrap: wrap; align-content: flex-start; gap: var(--inset); padding: var(--inset); border-radius: 10px; border: 1px solid var(--edge); background: var(--page); padding: calc(var(--inset) - 1px); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--cell-width)), 1fr)); gap: 8px; }
.scroll + .cards { margin-top: 12px; }
.left { margin-top: 10px; }
.card { display: flex; flex-direction: column; justify-content: center; min-height: 46px; padding: 0 10px; border: 1px solid var(--line); border-left: 4px solid currentColor; border-radius: 6px; background: var(--panel); text-decoration: none; line-height: 1.3; overflow: hidden; }
.card:hover { border-color: currentColor; }
.card span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.card .name { color: var(--text); font-size: 14px; font-weight: 600; }
.card.restored { background: none; }
.card.restored .name { color: var(--quiet); font-weight: 500; }
.card .counts { color: var(--quiet); font-size: 12px; }
.compact .card { min-height: 0; }
.compact .card .name { font-size: 12px; font-weight: 500; }
.compact .counts { display: none; }

.timeline { font-size: 13px; position: relative; }
.row { display: grid; grid-template-columns: 168px minmax(0, 1fr); column-gap: 12px; align-items: center; }
.label { text-align: right; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.axis { position: sticky; top: 0; z-index: 2; background: var(--page); padding: 6px 0 4px; color: var(--quiet); font-size: 12px; }
.ticks { position: relative; height: 18px; font-variant-numeric: tabular-nums; }
.ticks span { position: absolute; left: calc(var(--x) * 1%); transform: translateX(calc(var(--x) * -1%)); white-space: nowrap; }
.track, .curve { background: repeating-linear-gradient(to right, var(--line) 0 1px, transparent 1px calc(var(--tick) * 1%)); }
.track { position: relative; display: grid; grid-template-columns: 100%; height: 28px; align-items: center; }
.curve { display: block; width: 100%; height: 28px; }
.curve path { fill: var(--machine); fill-opacity: .35; stroke: var(--machine); vector-effect: non-scaling-stroke; }
.row:hover { background: var(--panel); }
.axis:hover { background: var(--page); }
.bar { grid-area: 1 / 1; display: block; margin-left: min(calc(var(--x) * 1%), calc(100% - 2px)); width: max(2px, calc(var(--w) * 1%)); height: 20px; border-radius: 3px; color: var(--onBar); font-size: 12px; line-height: 20px; padding: 0; text-decoration: none; white-space: nowrap; overflow: hidden; text-indent: 5px; }
.bar.save { pointer-events: none; border-radius: 0 3px 3px 0; }
.bar.busy, .bar.wait { height: 8px; border-radius: 2px; }
.bar.machine { height: 3px; align-self: end; border-radius: 0; }
.bar.ran, i.ran { background: var(--ran); } .bar.failed, i.failed { background: var(--failed); } .bar.cancelled, i.cancelled { background: var(--cancelled); }
.bar.skipped, .bar.restored { background: var(--skipped); }
.bar.save, i.save { background: var(--save); } .bar.busy, i.busy { background: var(--busy); } .bar.machine, i.machine { background: var(--machine); }
.bar.wait, i.wait { background: repeating-linear-gradient(45deg, var(--wait) 0 3px, transparent 3px 6px); }
.legend i.busy, .legend i.wait { height: 8px; vertical-align: 1px; } .legend i.machine { height: 3px; vertical-align: 3px; }
.bar:hover:not(:focus-visible) { outline: 1px solid var(--text); }
.bar:hover::after, .bar:focus-visible::after { content: attr(aria-label); position: absolute; z-index: 3; top: calc(100% + 2px); left: calc(var(--x) * 1%); transform: translateX(calc(var(--x) * -1%)); width: max-content; max-width: min(100%, 460px); padding: 7px 10px; background: var(--text); color: var(--page); border-radius: 6px; font-size: 13px; line-height: 1.4; white-space: pre-line; overflow-wrap: anywhere; text-indent: 0; pointer-events: none; }

details { border-top: 1px solid var(--line); }
.ran-list > details:last-child { border-bottom: 1px solid var(--line); }
.restored-list { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 370px), 1fr)); column-gap: 28px; }
.restored-list > details { min-width: 0; }
.restored-list > details[open] { grid-column: 1 / -1; }
.restored-list summary { padding: 6px 0; }
.restored-list > details:not([open]) > summary .quiet { display: none; }
.restored-list .figures { float: none; padding-left: 6px; }
summary { padding: 10px 0; cursor: pointer; overflow-wrap: anywhere; }
summary .figures { float: right; color: var(--quiet); font-size: 13px; font-variant-numeric: tabular-nums; padding-left: 12px; }
summary .quiet { font-size: 13px; margin-left: 6px; }
details:target > summary b, tr:target .step { text-decoration: underline; text-underline-offset: 3px; }
tr:target { background: var(--panel); }
.relations { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 13px; color: var(--quiet); margin: -6px 0 10px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th { text-align: left; font-size: 12px; font-weight: 500; color: var(--quiet); padding: 4px 16px 4px 0; }
td, tbody th { padding: 6px 16px 6px 0; vertical-align: top; border-top: 1px solid var(--line); }
tbody th { font-size: 14px; color: var(--text); }
tr > :last-child { padding-right: 0; }
th.number { text-align: right; }
.steps { margin-bottom: 18px; }
.steps .number:first-child { width: 2.4em; padding-right: 14px; }
.copy { text-align: left; font-weight: 600; font-size: 13px; padding: 4px 0; }
.outcome { white-space: nowrap; width: 7.5em; } .took { white-space: nowrap; width: 7em; } .observed { width: 15em; font-size: 13px; } .stored { width: 8em; white-space: nowrap; }
.stored small { display: block; }
.why { color: var(--quiet); font-size: 13px; overflow-wrap: anywhere; }
.more { border: 0; } .more summary { padding: 0; } .more pre { max-height: 20em; margin-bottom: 4px; }

@media (max-width: 720px) {
main, footer { padding-left: 16px; padding-right: 16px; }
main { padding-top: 20px; }
h1 { font-size: 27px; }
h2 { margin-top: 36px; }
.facts { grid-template-columns: repeat(2, 1fr); gap: 16px; }
.row { grid-template-columns: minmax(0, 1fr); row-gap: 0; padding-top: 4px; }
.label { text-align: left; font-size: 12px; line-height: 1.4; }
summary .figures { float: none; display: block; padding-left: 1.9em; }
.steps thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.steps, .steps tbody, .steps caption { display: block; }
.steps tr { display: flex; flex-wrap: wrap; column-gap: 14px; position: relative; padding: 8px 0 8px 2em; border-top: 1px solid var(--line); }
.steps td { border: 0; padding: 0; width: auto; }
.steps .number:first-child { position: absolute; left: 0; text-align: left; width: auto; padding: 0; }
.steps .step { flex: 1 1 calc(100% - 7.5em); }
.steps .outcome { margin-left: auto; }
.steps .took, .steps .observed, .steps .stored { text-align: left; font-size: 13px; color: var(--quiet); white-space: normal; }
.steps td:empty { display: none; }
.steps .took::before { content: "took "; } .steps .observed::before { content: "observed "; } .steps .stored::before { content: "snapshot of "; }
.steps .stored small { display: inline; font-size: 13px; } .steps .stored small::before { content: ", "; }
.machines td, .machines th { padding-right: 8px; font-size: 12.5px; overflow-wrap: anywhere; }
}
@media print { .row:hover { background: none; } .timeline, .failure { break-inside: avoid; } }
</style>`;

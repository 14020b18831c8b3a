import { formatDuration } from '../../../util/duration.ts';
import { formatSize } from '../../size.ts';
import { countsText, outcomeCounts, outcomeOf, stepsOf } from '../outcome-counts.ts';
import type { LayerfileRecord, RunRecord } from '../run-record.ts';
import { type Html, html } from './html.ts';
import { mark } from './mark.ts';
import { layerfileId } from './page-ids.ts';
import { stepTable } from './step-table.ts';

/** Every step of every Layerfile, with what became of it and why; what was wholly restored is folded, and comes last. */
export function layerfilesSection({ layerfiles }: RunRecord): Html {
  const entries = layerfiles.map((layerfile, index) => ({ layerfile, index }));
  const isRestored = ({ layerfile }: Entry): boolean => outcomeOf(layerfile) === 'restored';
  const worked = entries.filter((entry) => !isRestored(entry));
  const restored = entries.filter(isRestored);
  return html`${section('ran', 'What ran, and why', '', worked, layerfiles)}${section(
    'restored',
    'Restored',
    'Nothing that these have looked at has changed.',
    restored,
    layerfiles,
  )}`;
}

interface Entry {
  readonly layerfile: LayerfileRecord;
  readonly index: number;
}

function section(
  id: string,
  title: string,
  about: string,
  entries: readonly Entry[],
  all: readonly LayerfileRecord[],
): Html | null {
  if (entries.length === 0) return null;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${about === '' ? null : html`<p class="quiet">${about}</p>`}<div class="${id}-list">${entries.map((entry) => layerfileDetails(entry, all))}</div></section>`;
}

/** One that is alone is open whatever became of it. */
function layerfileDetails({ layerfile, index }: Entry, all: readonly LayerfileRecord[]): Html {
  const outcome = outcomeOf(layerfile);
  const open = outcome !== 'restored' || all.length === 1 ? html` open` : null;
  return html`<details id="${layerfileId(index)}"${open}>
<summary>${mark(outcome)} <b>${layerfile.name}</b> <span class="quiet">${layerfile.layerfile}</span> <span class="figures">${figuresOf(layerfile)}</span></summary>
${relations(layerfile, all)}${layerfile.parts.map((part) => stepTable(part, layerfile, index))}</details>`;
}

/** `1 ran, 4 restored; 8.1 s; 7.7 MiB stored`. */
function figuresOf(layerfile: LayerfileRecord): string {
  const steps = stepsOf(layerfile);
  const sum = (value: (step: (typeof steps)[number]) => number): number =>
    steps.reduce((all, step) => all + value(step), 0);
  const ranMs = sum(({ ended }) => (ended.outcome === 'restored' ? 0 : ended.durationMs));
  const bytes = sum(({ ended }) => (ended.outcome === 'ran' ? (ended.snapshotBytes ?? 0) : 0));
  return [
    countsText(outcomeCounts(steps)),
    ...(ranMs === 0 ? [] : [formatDuration(ranMs)]),
    ...(bytes === 0 ? [] : [`${formatSize(bytes)} stored`]),
  ].join('; ');
}

/** What it goes on from or waited for, and how it was split. */
function relations({ needs, split }: LayerfileRecord, all: readonly LayerfileRecord[]): Html | null {
  if (needs.length === 0 && split === null) return null;
  const needed = needs.map(({ kind, layerfile }) => {
    const index = all.findIndex((other) => other.layerfile === layerfile);
    return html`<li>${kind} ${index === -1 ? layerfile : html`<a href="#${layerfileId(index)}">${all[index]?.name ?? ''}</a>`}</li>`;
  });
  const copies = split === null ? null : html`<li>SPLIT into ${split.copies} copies by step ${split.step}</li>`;
  return html`<ul class="relations">${needed}${copies}</ul>`;
}

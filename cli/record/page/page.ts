import type { RunRecord } from '../run-record.ts';
import { failuresSection } from './failures.ts';
import { graphSection } from './graph-section.ts';
import { endOf, headline } from './headline.ts';
import { type Html, html } from './html.ts';
import { layerfilesSection } from './layerfiles-section.ts';
import { machinesSection } from './machines-section.ts';
import { STYLE } from './style.ts';
import { timelineSection } from './timeline-section.ts';
import { warningsSection } from './warnings.ts';

/**
 * A run as one page that needs nothing else. It has no scripts, and its policy allows neither them nor any request, so that text
 * of machines and names of files can do no harm even if one were taken for markup.
 */
export function pageText(record: RunRecord, version: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${titleOf(record)}</title>
${STYLE}
</head>
<body>
<main>
${headline(record)}
${failuresSection(record)}
${warningsSection(record)}
${graphSection(record)}
${timelineSection(record)}
${layerfilesSection(record)}
${machinesSection(record)}
</main>
<footer class="quiet">Layer ${version}. Times are those of the events, as they came.</footer>
</body>
</html>
`.toString();
}

/** `Failed: web`, `Succeeded: 12 Layerfiles`. */
function titleOf(record: RunRecord): Html {
  const [first, ...others] = record.layerfiles;
  const what = others.length === 0 ? (first?.name ?? '') : `${others.length + 1} Layerfiles`;
  return html`${endOf(record).word}: ${what}`;
}

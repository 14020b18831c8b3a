import test from 'ava';

import { diagnosticsOf, place } from './parsing.ts';

/** What is wrong with a line behind `FROM vm/debian:12`, which is line 1 of app/Layerfile. */
export interface FindingCase {
  readonly line: string;
  /** `error` or `warning`, the code, the place. */
  readonly finding: string;
  readonly message: string;
  readonly hint?: string;
}

/** Declares one test for each case: the line has exactly that finding. */
export function testFindings(cases: readonly FindingCase[]): void {
  for (const { line, finding, message, hint } of cases) {
    test(`${JSON.stringify(line)} is told as ${finding}`, async (t) => {
      const found = await diagnosticsOf(`FROM vm/debian:12\n${line}\n`);
      t.is(found.length, 1, JSON.stringify(found));
      const [first] = found;
      t.is(`${first!.severity} ${first!.code} ${place(first!.range)}`, finding);
      t.is(first!.message, message);
      t.is(first!.hint, hint);
      t.is(first!.path, 'app/Layerfile');
    });
  }
}

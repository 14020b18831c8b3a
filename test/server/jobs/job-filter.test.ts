import test from 'ava';
import fc from 'fast-check';

import type { Job } from '../../../server/jobs/job.ts';
import { JOB_STATES } from '../../../server/jobs/job.ts';
import { type JobFilter, type JobTerm, parseJobFilter } from '../../../server/jobs/job-filter.ts';
import { commit, request, StoreLab } from './store-lab.ts';

function text(words: string): JobTerm {
  return { kind: 'text', text: words, exact: false };
}

test('keys, words, quotes and minus are read', (t) => {
  const filter = parseJobFilter('repo:shop -branch:"my branch" id:7 id:#8 status:done "Fix: the cart" -"WIP" add -old');
  t.deepEqual(filter, {
    wanted: [
      { kind: 'repository', value: 'shop' },
      { kind: 'id', id: 7 },
      { kind: 'id', id: 8 },
      { kind: 'state', state: 'succeeded' },
      { kind: 'text', text: 'Fix: the cart', exact: true },
      text('add'),
    ],
    unwanted: [{ kind: 'branch', value: 'my branch' }, { kind: 'text', text: 'WIP', exact: true }, text('old')],
    problems: [],
  } satisfies JobFilter);
});

test('what is no key is text, a quote that is not closed goes to the end, and nothing is nothing', (t) => {
  t.deepEqual(parseJobFilter('fix: feat:cart http://x').wanted, [text('fix:'), text('feat:cart'), text('http://x')]);
  t.deepEqual(parseJobFilter('"to the end').wanted, [{ kind: 'text', text: 'to the end', exact: true }]);
  for (const empty of ['', '  ', '-', '""', 'repo:']) t.deepEqual(parseJobFilter(empty).problems, [], empty);
  t.deepEqual(
    parseJobFilter('"" - repo:""').wanted.filter(({ kind }) => kind !== 'text'),
    [],
  );
});

test('what cannot be meant is left out and said', (t) => {
  const { wanted, problems } = parseJobFilter('id:x id:0 id:99999999999999999 status:fine status:constructor ok');
  t.deepEqual(wanted, [text('ok')]);
  t.deepEqual(problems.slice(0, 2), [`id:x is no job's number`, `id:0 is no job's number`]);
  t.is(problems[3], 'status: can be queued, running, succeeded, failed, cancelled, interrupted, done');
  t.is(problems.length, 5);
  t.is(parseJobFilter('a '.repeat(2000)).wanted.length, 40);
  t.is(parseJobFilter('a '.repeat(2000)).problems.length, 2);
});

/** The filter's meaning, with nothing clever. */
function matches({ wanted, unwanted }: JobFilter, job: Job): boolean {
  const holds = (term: JobTerm): boolean => {
    const said = [job.title, job.repository, job.branch, job.commit, job.author, job.pushedBy].join('\n');
    if (term.kind === 'text')
      return term.exact ? said.includes(term.text) : said.toLowerCase().includes(term.text.toLowerCase());
    if (term.kind === 'id') return job.id === term.id;
    if (term.kind === 'state') return job.state === term.state;
    return term.kind === 'repository' ? job.repository === term.value : job.branch === term.value;
  };
  const choices = (['repository', 'branch', 'id', 'state'] as const).map((kind) =>
    wanted.filter((term) => term.kind === kind),
  );
  return (
    wanted.every((term) => term.kind !== 'text' || holds(term)) &&
    choices.every((terms) => terms.length === 0 || terms.some(holds)) &&
    !unwanted.some(holds)
  );
}

test('whatever is searched for, SQL finds what looking at each job finds', (t) => {
  using lab = new StoreLab();
  const piece = fc.constantFrom('a', 'B', 'ä', 'İ', "'", '"', '%', '_', '--', ';', ' ', '1', 'c0', '\\');
  const words = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
  const job = fc.record({
    title: words,
    author: words,
    repository: fc.constantFrom('a', 'shop'),
    branch: fc.constantFrom('main', 'a', 'B'),
  });
  for (const [number, given] of fc.sample(job, { numRuns: 60, seed: 7 }).entries()) {
    const { id } = lab.store.create(request({ ...given, commit: commit(number), cause: 'created' })).job;
    if (number % 3 > 0) lab.store.begin(id);
    if (number % 3 > 1) lab.store.endRun(id, 1, { outcome: 'failed', reason: null, counts: null, waiting: [] });
  }
  const all = lab.store.list(undefined, { limit: 200 }).jobs;
  t.is(all.length, 60);
  const value = fc.oneof(words, fc.constantFrom('a', 'shop', 'main'));
  const term = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.oneof(
        fc.tuple(fc.constantFrom('repo:', 'branch:', '', 'x:'), value).map(([key, word]) => `${key}${word}`),
        fc.tuple(fc.constantFrom('repo:', 'branch:', ''), value).map(([key, word]) => `${key}"${word}"`),
        fc.integer({ min: 0, max: 70 }).map((id) => `id:${id}`),
        fc.constantFrom(...JOB_STATES, 'done').map((state) => `status:${state}`),
      ),
    )
    .map((parts) => parts.join(''));
  const property = fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
    const filter = parseJobFilter(terms.join(' '));
    const found = lab.store.list(filter, { limit: 200 }).jobs.map(({ id }) => id);
    t.deepEqual(
      found,
      all.filter((each) => matches(filter, each)).map(({ id }) => id),
      terms.join(' '),
    );
  });
  fc.assert(property, { numRuns: 500 });
});

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { PROBE } from './case-batch.ts';
import type { CaseFolder } from './case-folder.ts';
import { type GuestStep, holds, looking, reruns, type TracingCase, type TracingRow } from './tracing-case.ts';

const text = (folder: CaseFolder): CaseFolder => folder.write('f', 'one\n');
const READ_EDITS = [
  reruns('content f', 'it is edited to the same size', (folder) => folder.write('f', 'two\n')),
  reruns('content f', 'the same, with its old modification time', (folder) => folder.writeUnnoticed('f', 'two\n')),
  reruns('content f', 'it becomes executable', (folder) => folder.chmod('f', 0o755)),
  reruns('content f', 'it goes', (folder) => folder.remove('f')),
  holds('a file beside it changes', (folder) => folder.write('g', 'new')),
];

function reading(name: string, run: string, prints: GuestStep['prints'] = 'one\n'): TracingCase {
  return looking(name, text, { run, prints, observes: ['content f'] }, READ_EDITS);
}

/** The ways to read a file. */
export const READ_ROWS: readonly TracingRow[] = [
  {
    // Go and Bun are not in the image: what sets their programs apart, that no libc is asked, is true of the static probe.
    title: 'mmap, exec, io_uring, static binaries and sendfile are all observed',
    cases: [
      reading('cat', 'cat f'),
      reading('mmap', `${PROBE} mmap f`),
      reading('io_uring', `${PROBE} io_uring f`),
      reading('sendfile', `${PROBE} sendfile f | cat`),
      reading('copied', 'cp f /tmp/read-cases && cat /tmp/read-cases'),
      reading('one-byte', 'dd if=f bs=1 skip=1 count=1 status=none', 'n'),
      reading('perl', `perl -e 'open F, "f"; print <F>'`),
      reading('source', 'source ./f', /one: command not found/),
      reading('through-an-open-folder', 'exec 3<f; cd /; cat <&3'),
      reading('through-proc', `cat /proc/self/cwd/f`),
      looking(
        'executed-script',
        (folder) => folder.write('f', '#!/usr/bin/perl\nprint "one\n"', 0o755),
        { run: './f', prints: 'one\n', observes: ['content f'] },
        [reruns('content f', 'a byte changes', (folder) => folder.write('f', '#!/usr/bin/perl\nprint "two\n"', 0o755))],
      ),
      looking(
        'static-binary',
        (folder) => {
          copyFileSync(join(folder.root, '../tools/probe'), join(folder.root, 'f'));
          folder.write('other', 'text');
        },
        { run: './f mmap other', prints: 'text', observes: ['content f', 'content other'] },
        [reruns('content f', 'it is another program', (folder) => folder.write('f', '#!/bin/sh\n', 0o755))],
      ),
    ],
  },
];

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');

/** What is not in a key. */
export const TIMES_ROW: TracingRow = {
  title: 'times, owners and inode numbers are in no key: touching everything, or a copy elsewhere, runs nothing again',
  cases: [
    looking(
      'times',
      (folder) => folder.write('old', 'text').write('sub/new', lines(1000)).makeLink('link', 'old'),
      {
        run: 'cat link sub/new | wc -l; stat -c "%u %g %h" old; find . -newer old; find . -user 1000; stat -c %Y old | wc -w',
        prints: '1000\n0 0 1\n1\n',
        observes: ['listing .', 'listing sub', 'link link', 'content old', 'content sub/new'],
      },
      [],
    ),
  ],
};

import { Dialog } from './dialog.tsx';

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['/'], 'search jobs, or the log of a job'],
  [['j', '↓'], 'next job, or next Layerfile'],
  [['k', '↑'], 'the one before'],
  [['Enter'], 'open it'],
  [['n'], 'next match in the log'],
  [['p'], 'match before'],
  [['g'], 'first line of the log'],
  [['G'], 'last line, and follow it'],
  [['?'], 'this help'],
];

const FILTERS: readonly (readonly [filter: string, means: string])[] = [
  ['repo:shop', 'jobs of that repository'],
  ['branch:main', 'of that branch'],
  ['status:failed', 'running, queued, done, failed or cancelled'],
  ['id:7', 'job 7'],
  ['"fix the login"', 'these words, exactly so, in the title, branch or author'],
  ['-status:done', 'a minus before any of them: not those'],
  ['login ada', 'all of these words, anywhere'],
];

export function Help({ close }: { readonly close: () => void }) {
  return (
    <Dialog title="Help" close={close}>
      <h3>Keyboard</h3>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h3>Searching jobs</h3>
      <FilterHelp />
    </Dialog>
  );
}

export function FilterHelp() {
  return (
    <dl class="keys filters">
      {FILTERS.map(([filter, means]) => (
        <div key={filter}>
          <dt>
            <code>{filter}</code>
          </dt>
          <dd>{means}</dd>
        </div>
      ))}
    </dl>
  );
}

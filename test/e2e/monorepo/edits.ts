/** What an edit is made with: a folder that holds `examples/monorepo`. */
export interface EditedFiles {
  read(path: string): string;
  write(path: string, text: string): void;
}

/** One edit of `examples/monorepo`, from the state in which all of it was built. */
export interface PreparedEdit {
  readonly what: string;
  readonly apply: (files: EditedFiles) => void;
  /** All steps that must run again, and no others: `e2e/Layerfile:6`, `e2e/Layerfile:11 copy 1`. On a branch that is not `main`. */
  readonly affects: readonly string[];
}

/** SPLIT: what is below it stands once for each copy. */
const SPLIT = 10;
const E2E_COPIES = [0, 1, 2].map((copy) => `e2e/Layerfile:11 copy ${copy}`);
const SERVICES = ['services/catalog', 'services/orders', 'services/web'];

export const EDITS: readonly PreparedEdit[] = [
  {
    what: 'pages that no step reads, one of them in a folder that is copied',
    apply: (files) => {
      files.write('README.md', 'Nobody reads this.\n');
      files.write('services/catalog/README.md', 'Nor this.\n');
    },
    affects: [],
  },
  {
    what: 'data of one service',
    apply: (files) =>
      files.write('services/catalog/goods.txt', `${files.read('services/catalog/goods.txt')}assam 850\n`),
    affects: [...steps('services/catalog', 5, 8), ...steps('e2e', 6, SPLIT), ...E2E_COPIES],
  },
  {
    what: 'the unit test of one service, which the end-to-end tests do not read',
    apply: (files) => append(files, 'services/orders/test', '# edited\n'),
    affects: steps('services/orders', 6, 8),
  },
  {
    what: 'the page of the service whose machine the end-to-end tests go on in',
    apply: (files) => append(files, 'services/web/page.html', '<p>Open all day.</p>\n'),
    affects: [...steps('services/web', 5, 8), ...steps('e2e', 1, SPLIT), ...E2E_COPIES],
  },
  {
    what: 'the library',
    apply: (files) => append(files, 'library/Shop/Money.pm', '# edited\n'),
    affects: [...SERVICES.flatMap((service) => steps(service, 3, 8)), ...steps('e2e', 1, SPLIT), ...E2E_COPIES],
  },
  {
    what: 'what the base runs',
    apply: (files) => append(files, 'base/prepare', '# edited\n'),
    affects: [
      ...steps('base', 4, 4),
      ...SERVICES.flatMap((service) => steps(service, 1, 8)),
      ...steps('e2e', 1, SPLIT),
      ...E2E_COPIES,
      ...steps('deploy', 1, 2),
    ],
  },
  {
    what: 'a file of the base that one service reads',
    apply: (files) => append(files, 'base/shipping.conf', '# edited\n'),
    affects: [...steps('services/orders', 5, 8), ...steps('e2e', 6, SPLIT), ...E2E_COPIES],
  },
  {
    what: 'one end-to-end test',
    apply: (files) => append(files, 'e2e/tests/5-not-sold', '# edited\n'),
    affects: ['e2e/Layerfile:11 copy 1'],
  },
  {
    what: 'one more end-to-end test, which every copy sees when it lists them',
    apply: (files) => files.write('e2e/tests/7-sencha', "shows http://127.0.0.1:4000/ 'Sencha'\n"),
    affects: E2E_COPIES,
  },
  {
    what: 'the last line of one Layerfile',
    apply: (files) => append(files, 'services/web/Layerfile', "RUN shows http://127.0.0.1:4000/ 'Tea'\n"),
    affects: [...steps('services/web', 9, 9), ...steps('e2e', 1, SPLIT), ...E2E_COPIES],
  },
];

function steps(folder: string, first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${folder}/Layerfile:${first + index}`);
}

function append(files: EditedFiles, path: string, text: string): void {
  files.write(path, `${files.read(path)}${text}`);
}

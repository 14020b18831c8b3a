import type { CopyPlan, EndedTrace } from '../../runner/index.ts';
import { commandText } from './command-text.ts';
import { exactPath, textOf } from './path-text.ts';

type Traced = Pick<EndedTrace, 'folder'> & { readonly copies: CopyPlan };

/**
 * The lines of a Dockerfile that bring what a command observed, and the `.dockerignore` that keeps all else out of the build's
 * context. The context is the workspace's root, and the WORKDIR stands for it.
 */
export function dockerfileText(words: readonly string[], { copies, folder }: Traced): string {
  const plan = nameable(copies);
  return [
    `# What this needs of the workspace: ${comment(commandText(words))}`,
    ...notes(copies, plan),
    '',
    '# ---- Dockerfile, after WORKDIR ----',
    ...preparation(plan),
    ...plan.folders.map((path) => copyLine([folderName(path)], folderName(path))),
    ...plan.files.map(({ folder: above, paths }) => copyLine(paths, folderName(above))),
    ...(folder === '' ? [] : [`WORKDIR ${word(folder)}`]),
    `# RUN ${JSON.stringify(words)}`,
    '',
    '# ---- .dockerignore ----',
    ...dockerignore(plan),
    '',
  ].join('\n');
}

/** Without what no Dockerfile can name. */
function nameable(plan: CopyPlan): CopyPlan {
  return {
    ...plan,
    folders: plan.folders.filter(isNameable),
    files: plan.files
      .map(({ folder, paths }) => ({ folder, paths: paths.filter(isNameable) }))
      .filter(({ paths }) => paths.length > 0),
    links: plan.links.filter(({ path, target }) => isNameable(path) && isNameable(target)),
    names: plan.names.filter(isNameable),
    emptyFolders: plan.emptyFolders.filter(isNameable),
  };
}

function isNameable(path: string): boolean {
  return textOf(path) !== null && !/[\x00-\x1f\x7f]/.test(path);
}

function notes(all: CopyPlan, plan: CopyPlan): readonly string[] {
  return [
    ...note('Looked for and not there, so it must stay away', all.absent),
    ...note('Ignored by git or .layerignore: make it in an earlier RUN, or copy it too', all.ignored),
    ...note('FIFOs, sockets and devices, which cannot be copied', all.specials),
    ...note(
      'Names that a Dockerfile cannot hold',
      pathsOf(all).filter((path) => !pathsOf(plan).includes(path)),
    ),
  ];
}

function pathsOf({ folders, files, links, names, emptyFolders }: CopyPlan): readonly string[] {
  const single = files.flatMap(({ paths }) => paths);
  return [...folders, ...single, ...links.map(({ path }) => path), ...names, ...emptyFolders];
}

const NOTED_PATHS = 20;

function note(title: string, paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return [];
  const more = paths.length > NOTED_PATHS ? [`#   and ${paths.length - NOTED_PATHS} more`] : [];
  return [`# ${title}:`, ...paths.slice(0, NOTED_PATHS).map((path) => `#   ${comment(exactPath(path))}`), ...more];
}

/** A comment that ends in a backslash would still be one, but read as if it went on. */
function comment(text: string): string {
  return text.replace(/\\$/, '\\ ');
}

/** One RUN for what COPY cannot do: folders without files, files of which only the name counts, and links as links. */
function preparation({ emptyFolders, names, links }: CopyPlan): readonly string[] {
  const above = [...names, ...links.map(({ path }) => path)].map(folderOf).filter((path) => path !== '');
  const all = [...new Set([...emptyFolders, ...above])].sort();
  const folders = all.filter((path) => !all.some((other) => other.startsWith(`${path}/`)));
  const commands = [
    ...(folders.length === 0 ? [] : [['mkdir -p --', ...folders.map(shellWord)]]),
    ...(names.length === 0 ? [] : [['touch --', ...names.map(shellWord)]]),
    ...links.map(({ path, target }) => ['ln -s --', shellWord(target), shellWord(path)]),
  ];
  if (commands.length === 0) return [];
  return [`RUN ${commands.map((parts) => wrapped(parts)).join(' && \\\n    ')}`];
}

function copyLine(sources: readonly string[], destination: string): string {
  const names = [...sources.map((path) => expanded(glob(text(path)))), expanded(text(destination))];
  if (names.some((name) => /\s/.test(name))) return `COPY ${JSON.stringify(names)}`;
  return wrapped(['COPY', ...names]);
}

const LINE_COLUMNS = 80;

/** The words on as many lines as they need. */
function wrapped(words: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const next of words) {
    if (line !== '' && line.length + next.length + 3 > LINE_COLUMNS) {
      lines.push(line);
      line = '   ';
    }
    line = line === '' ? next : `${line} ${next}`;
  }
  return [...lines, line].join(' \\\n');
}

function dockerignore({ folders, files }: CopyPlan): readonly string[] {
  if (folders.includes('' as CopyPlan['folders'][number])) return ['# All of the workspace is needed.'];
  const kept = [...folders, ...files.flatMap(({ paths }) => paths)].sort();
  return ['*', ...kept.map((path) => `!${ignorePattern(text(path))}`)];
}

function folderName(path: string): string {
  return path === '' ? './' : `${path}/`;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function text(path: string): string {
  return textOf(path) ?? path;
}

/** Backslashes, because in brackets `*` still matches anything; but blanks at the ends of a line go (moby/patternmatcher). */
function ignorePattern(name: string): string {
  return name.replace(/[*?[\\]/g, '\\$&').replace(/^ | $/g, '[ ]');
}

/**
 * COPY's sources are patterns (Go's filepath.Match). In brackets, because BuildKit takes a
 * name without `*`, `?` and `[` as it is, backslashes and all.
 */
function glob(name: string): string {
  return name.replace(/[*?[\\]/g, (character) => (character === '\\' ? '[\\\\]' : `[${character}]`));
}

/** Words of COPY and WORKDIR are expanded as in a shell: variables, quotes, and the backslash that prevents it. A flag or here-document is none. */
function expanded(name: string): string {
  return name.replace(/[\\$'"]/g, '\\$&').replace(/^(?=-|\d*<<)/, './');
}

function word(path: string): string {
  return expanded(text(path));
}

function shellWord(path: string): string {
  const name = text(path);
  return /^[\w./@%+=:,-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

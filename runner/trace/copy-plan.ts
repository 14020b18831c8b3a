import type { EntryType, Workspace, WorkspacePath } from '../../fs-tracer/index.ts';
import type { TracedObservation } from './traced-observation.ts';

/**
 * What must be copied, and how, for a command to find all that it observed, and to depend on nothing more. All paths are latin1
 * and sorted.
 */
export interface CopyPlan {
  /** Folders of which every file is needed; '' is the whole workspace. */
  readonly folders: readonly WorkspacePath[];
  /** Single files, by the folder that they are in. */
  readonly files: readonly { readonly folder: WorkspacePath; readonly paths: readonly WorkspacePath[] }[];
  /** Symlinks outside of those folders: a COPY that names one copies what it points to. */
  readonly links: readonly { readonly path: WorkspacePath; readonly target: string }[];
  /** Files of which no more than the name was seen, as in a listing: an empty one will do. */
  readonly names: readonly WorkspacePath[];
  /** Folders that must be there, and that none of those above are in. */
  readonly emptyFolders: readonly WorkspacePath[];
  /** FIFOs, sockets and devices. */
  readonly specials: readonly WorkspacePath[];
  /** What was observed and is ignored by git or `.layerignore`: the topmost ignored paths. */
  readonly ignored: readonly WorkspacePath[];
  /** Looked for and not there. */
  readonly absent: readonly WorkspacePath[];
}

export interface CopyPlanParts {
  readonly observations: readonly TracedObservation[];
  /** Where the command started. */
  readonly folder: WorkspacePath;
  /** Everything that is there. */
  readonly workspace: Workspace;
  /** What is there and not ignored. */
  readonly pushed: Workspace;
}

/** What is needed at a path: of a file everything, or its `name`. */
type Need = EntryType | 'name';

export function planCopies(parts: CopyPlanParts): CopyPlan {
  const { observations, workspace, pushed } = parts;
  const needed = neededEntries(parts);
  const folders = wholeFolders(needed, workspace);
  const single = [...needed].filter(([path]) => !folders.some((folder) => holds(folder, path)));
  const pathsOf = (need: Need): readonly WorkspacePath[] =>
    sorted(single.filter(([, other]) => other === need).map(([path]) => path));
  const [files, links, names] = [pathsOf('file'), pathsOf('symlink'), pathsOf('name')];
  const made = new Set([...files, ...links, ...names, ...folders].flatMap(foldersAbove));
  return {
    folders,
    files: [...Map.groupBy(files, folderOf)].map(([folder, paths]) => ({ folder, paths })),
    links: links.map((path) => ({ path, target: workspace.readLink(path) ?? '' })),
    names,
    emptyFolders: deepest(pathsOf('folder').filter((path) => !made.has(path))),
    specials: pathsOf('special'),
    ignored: sorted(observations.flatMap(({ path, ignored }) => (ignored ? [topmostIgnored(path, pushed)] : []))),
    absent: sorted(observations.flatMap(({ path, kind }) => (kind === 'absent' ? [path] : []))),
  };
}

/** What was observed, and the names in the folders that were listed: a listing must show the same again. */
function neededEntries({ observations, folder, workspace, pushed }: CopyPlanParts): ReadonlyMap<WorkspacePath, Need> {
  const needed = new Map<WorkspacePath, Need>(folder === '' ? [] : [[folder, 'folder']]);
  const need = (path: WorkspacePath, type: EntryType, isSeen: boolean): void => {
    if (path !== '' && needed.get(path) !== 'file') needed.set(path, type === 'file' && !isSeen ? 'name' : type);
  };
  for (const { path, kind, ignored } of observations) {
    const type = workspace.entry(path)?.type;
    if (ignored || kind === 'absent' || type === undefined) continue;
    need(path, type, kind === 'content' || kind === 'stat');
    const listed = kind === 'listing' ? (pushed.list(path) ?? []) : [];
    for (const child of listed) need(inFolder(path, child.name), child.type, false);
  }
  return needed;
}

/** The largest folders in which there is a file, and nothing that is not needed. */
function wholeFolders(needed: ReadonlyMap<WorkspacePath, Need>, workspace: Workspace): readonly WorkspacePath[] {
  const known = new Map<WorkspacePath, boolean>();
  const isWhole = (folder: WorkspacePath): boolean => {
    const answer = known.get(folder) ?? hasOnlyNeeded(folder);
    known.set(folder, answer);
    return answer;
  };
  const hasOnlyNeeded = (folder: WorkspacePath): boolean => {
    const entries = workspace.list(folder) ?? [];
    return entries.length > 0 && entries.every(({ name, type }) => isNeeded(inFolder(folder, name), type));
  };
  const isNeeded = (path: WorkspacePath, type: EntryType): boolean => {
    if (type === 'folder') return isWhole(path);
    return type !== 'special' && needed.get(path) === type;
  };
  const candidates = new Set([...needed.keys()].flatMap(foldersAbove));
  return sorted([...candidates].filter((folder) => isWhole(folder) && !foldersAbove(folder).some(isWhole)));
}

/** Without those that another one makes by lying in them. */
function deepest(folders: readonly WorkspacePath[]): readonly WorkspacePath[] {
  const above = new Set(folders.flatMap(foldersAbove));
  return folders.filter((folder) => !above.has(folder));
}

function topmostIgnored(path: WorkspacePath, pushed: Workspace): WorkspacePath {
  const folders = foldersAbove(path).reverse();
  return folders.find((folder) => pushed.entry(folder) === null) ?? path;
}

/** The folder that `path` is in, and all above it up to the root, nearest first. */
function foldersAbove(path: WorkspacePath): WorkspacePath[] {
  const folders: WorkspacePath[] = [];
  for (let folder = path; folder !== ''; ) folders.push((folder = folderOf(folder)));
  return folders;
}

function folderOf(path: WorkspacePath): WorkspacePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) as WorkspacePath;
}

function inFolder(folder: WorkspacePath, name: string): WorkspacePath {
  return (folder === '' ? name : `${folder}/${name}`) as WorkspacePath;
}

/** Whether `path` is `folder` or in it. */
function holds(folder: WorkspacePath, path: WorkspacePath): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

function sorted(paths: readonly WorkspacePath[]): readonly WorkspacePath[] {
  return [...new Set(paths)].sort();
}

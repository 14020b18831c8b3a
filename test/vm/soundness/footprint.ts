import type { ObservationKind } from '../../../fs-tracer/index.ts';
import { OWN_NAME, OWN_PLACE } from './make-tree.ts';
import type { Operation, Program } from './operation.ts';
import type { Tree } from './tree.ts';

/** A file, folder or symlink as the guest sees it: where it comes from in the workspace, null where the guest made it. */
interface Node {
  readonly type: 'file' | 'folder' | 'symlink' | 'special';
  readonly origin: string | null;
  readonly target: string;
  readonly children: Map<string, Node>;
  parent: Node | null;
}

/** A process of the guest: its working folder and its open files. */
interface Process {
  folder: Node;
  readonly slots: Map<string, Node>;
}

/**
 * What a path leads to: the last folder on the way, the name looked up in it, and what that is. No name: it may be looked at,
 * but the kernel refuses to change it there (`link/`, `file/`).
 */
interface Place {
  readonly folder: Node;
  readonly name: string;
  readonly node: Node | null;
}

const MOST_LINKS = 40;
/** overlayfs notes where a moved folder came from by its path from the mount's root, and refuses longer ones (redirect_max, less a NUL). */
const LONGEST_REDIRECT = 255;

/** What the paths of the workspace that are not in the case's tree begin with. */
const ABOVE = '../';

/** A path of the workspace as the case that is called `name` sees it: those above the case's tree begin with `../`. */
export function ownPath(name: string, path: string): string {
  const own = `${name}/${OWN_PLACE}`;
  if (path === own) return '';
  return path.startsWith(`${own}/`) ? path.slice(own.length + 1) : `${ABOVE}${path}`;
}

/**
 * A simple model of which observations the programs of a case may make, over-approximated: an observation outside of it is
 * unexplained. It follows what the guest moves and removes, so that a file that was renamed is known by where it came from.
 * What is documented to be observed besides: writing to a copied file reads it whole (copy-up), removing or replacing a
 * folder lists it, and an open file's attributes count as looked at.
 */
export class Footprint {
  readonly #seen = new Set<string>();
  readonly #root: Node;
  readonly #name: string;
  readonly #backgrounds = new Map<string, Process>();

  /** `name`: the case's folder below /w. */
  constructor(tree: Tree, name: string) {
    this.#name = name;
    const nodes = new Map<string, Node>();
    for (const [path, thing] of tree) {
      const target = thing.type === 'symlink' ? thing.target : '';
      const node: Node = { type: thing.type, origin: path, target, children: new Map(), parent: null };
      nodes.set(path, node);
      if (path === '') continue;
      const slash = path.lastIndexOf('/');
      const parent = nodes.get(slash < 0 ? '' : path.slice(0, slash)) ?? null;
      node.parent = parent;
      parent?.children.set(path.slice(slash + 1), node);
    }
    const root = nodes.get('');
    if (root === undefined) throw new Error('A tree without a root');
    this.#root = root;
    for (const kind of ['exists', 'absent'] as const) this.#seen.add(`${kind} `);
    this.#layAbove(root);
  }

  /** `path` as {@link ownPath} gives it. */
  explains(path: string, kind: ObservationKind): boolean {
    return this.#seen.has(`${kind} ${path}`);
  }

  /** The paths in the case's tree that may have been looked at. */
  paths(): readonly string[] {
    const paths = [...this.#seen].map((entry) => entry.slice(entry.indexOf(' ') + 1));
    return [...new Set(paths)].filter((path) => !path.startsWith(ABOVE));
  }

  /** The case's folders above its tree: `..` and symlinks lead there, and whatever walks them comes back into the tree. */
  #layAbove(root: Node): void {
    const names = OWN_PLACE.split('/');
    let node = root;
    for (let depth = names.length - 1; depth >= 0; depth--) {
      const origin = `${ABOVE}${[this.#name, ...names.slice(0, depth)].join('/')}`;
      const children = new Map([[names[depth] ?? '', node]]);
      node.parent = { type: 'folder', origin, target: '', children, parent: null };
      node = node.parent;
      this.#see(node, 'exists');
    }
  }

  /** One step of the case, in a process of its own. */
  run(program: Program): void {
    const process: Process = { folder: this.#root, slots: new Map() };
    for (const operation of program) this.#perform(process, operation);
  }

  #perform(process: Process, [verb = '', first = '', ...rest]: Operation): void {
    if (verb === 'background') {
      this.#backgrounds.set(first, { folder: process.folder, slots: new Map(process.slots) });
    } else if (verb === 'ask') {
      const asked = this.#backgrounds.get(first);
      if (asked !== undefined) this.#perform(asked, rest);
    } else if (verb.startsWith('slot-')) {
      this.#performOnSlot(process, verb, first, rest[0] ?? '');
    } else {
      this.#performOnPath(process, verb, first, rest[0] ?? '');
    }
  }

  #performOnSlot(process: Process, verb: string, slot: string, path: string): void {
    if (verb.startsWith('slot-open')) {
      const { node } = this.#resolve(process.folder, path, true);
      if (node === null || (verb === 'slot-open-folder' && node.type !== 'folder')) process.slots.delete(slot);
      else process.slots.set(slot, node);
      this.#see(node, 'stat');
    } else {
      const node = process.slots.get(slot) ?? null;
      this.#see(node, 'stat', 'content', 'listing');
    }
  }

  #performOnPath(process: Process, verb: string, path: string, other: string): void {
    const { folder } = process;
    switch (verb) {
      case 'enter': {
        const { node } = this.#resolve(folder, path, true);
        if (node?.type === 'folder') process.folder = node;
        break;
      }
      case 'exists':
      case 'stat':
      case 'may-execute':
        this.#see(this.#resolve(folder, path, true).node, 'stat', 'link');
        break;
      case 'look':
      case 'link':
        this.#see(this.#resolve(folder, path, false).node, 'stat', 'link');
        break;
      case 'list':
      case 'list-all':
        this.#list(this.#resolve(folder, path, true).node, verb === 'list-all');
        break;
      case 'walk':
        this.#walk(this.#resolve(folder, path, false).node);
        break;
      case 'copy':
        this.#see(this.#resolve(folder, path, true).node, 'stat', 'content');
        this.#create(folder, other, true);
        break;
      default:
        this.#change(folder, verb, path, other);
    }
  }

  #change(folder: Node, verb: string, path: string, other: string): void {
    switch (verb) {
      case 'write':
        this.#create(folder, path, true);
        break;
      case 'create':
      case 'make-folder':
      case 'make-link':
        this.#create(folder, path, false, verb, other);
        break;
      case 'unlink':
      case 'remove-folder':
        this.#remove(this.#resolve(folder, path, false), verb === 'remove-folder');
        break;
      case 'remove-all':
        this.#removeAll(this.#resolve(folder, path, false));
        break;
      case 'rename':
        this.#rename(this.#resolve(folder, path, false), this.#resolve(folder, other, false));
        break;
      case 'hard-link':
        this.#hardLink(this.#resolve(folder, path, false), this.#resolve(folder, other, false));
        break;
      // read, part, map, send, end, execute, append, truncate, mode
      default:
        this.#see(this.#resolve(folder, path, true).node, 'stat', 'content');
    }
  }

  /** Looks `path` up, component by component, as the guest's kernel does. */
  #resolve(from: Node, path: string, follow: boolean, links = 0): Place {
    const parts = path.split('/').filter((part) => part !== '');
    const own = ['w', this.#name, ...OWN_PLACE.split('/')];
    let at: Node | null = from;
    if (path.startsWith('/')) {
      if (own.some((part, index) => part !== parts[index])) return { folder: from, name: '', node: null };
      [at] = [this.#root, parts.splice(0, own.length)];
    }
    let [folder, name]: [Node, string] = [at, '.'];
    for (const [index, part] of parts.entries()) {
      if (at?.type !== 'folder') return { folder, name: '', node: null };
      if (part === '.') continue;
      if (part === '..') {
        at = at.parent;
        continue;
      }
      [folder, name] = [at, part];
      this.#lookUp(folder, part);
      at = folder.children.get(part) ?? null;
      const isLast = index === parts.length - 1;
      if (at?.type === 'symlink' && (!isLast || follow || path.endsWith('/'))) {
        this.#see(at, 'link');
        if (links >= MOST_LINKS) return { folder, name: '', node: null };
        const led = this.#resolve(folder, at.target, true, links + 1);
        if (isLast) return follow ? led : { ...led, name: '' };
        at = led.node;
      }
    }
    const isRefused = path.endsWith('/') && at !== null && at.type !== 'folder';
    return { folder, name: isRefused ? '' : name, node: at };
  }

  #lookUp({ origin }: Node, name: string): void {
    if (origin === null) return;
    const path = origin === '' ? name : `${origin}/${name}`;
    this.#seen.add(`exists ${path}`);
    this.#seen.add(`absent ${path}`);
  }

  #see(node: Node | null, ...kinds: readonly ObservationKind[]): void {
    if (node?.origin === null || node === null) return;
    for (const kind of kinds) this.#seen.add(`${kind} ${node.origin}`);
  }

  #list(node: Node | null, attributes: boolean): void {
    this.#see(node, 'listing', 'stat', 'link');
    if (!attributes) return;
    for (const [name, child] of node?.children ?? []) {
      if (node !== null) this.#lookUp(node, name);
      this.#see(child, 'stat', 'link');
    }
  }

  #walk(node: Node | null): void {
    this.#list(node, true);
    for (const child of node?.children.values() ?? []) this.#walk(child);
  }

  /** Opens for writing, or makes a folder, file or symlink where nothing is. */
  #create(from: Node, path: string, follow: boolean, verb = 'create', target = ''): void {
    const { folder, name, node } = this.#resolve(from, path, follow);
    this.#see(node, 'stat', 'content', 'link');
    if (node !== null || name === '' || name === '.') return;
    const type = verb === 'make-folder' ? 'folder' : verb === 'make-link' ? 'symlink' : 'file';
    const own = target.replaceAll(OWN_NAME, this.#name);
    folder.children.set(name, { type, origin: null, target: own, children: new Map(), parent: folder });
  }

  #remove({ folder, name, node }: Place, isFolder: boolean): void {
    this.#see(node, 'stat', 'link');
    if (node === null || name === '') return;
    if (isFolder) this.#see(node, 'listing');
    if ((node.type === 'folder') === isFolder && node.children.size === 0) folder.children.delete(name);
  }

  #removeAll(place: Place): void {
    this.#walk(place.node);
    if (place.name === '') return;
    if (place.node !== null && place.name !== '.') place.folder.children.delete(place.name);
    else place.node?.children.clear();
  }

  #rename(from: Place, to: Place): void {
    this.#see(from.node, 'stat', 'content', 'link');
    this.#see(to.node, 'stat', 'link', 'listing');
    if (from.node === null || from.name === '' || to.name === '' || from.name === '.' || to.name === '.') return;
    for (let above: Node | null = to.folder; above !== null; above = above.parent) if (above === from.node) return;
    if (to.node !== null && (to.node === from.node || to.node.children.size > 0)) return;
    if (to.node !== null && (to.node.type === 'folder') !== (from.node.type === 'folder')) return;
    if (from.folder !== to.folder && this.#staysInPlace(from.node)) return;
    from.folder.children.delete(from.name);
    to.folder.children.set(to.name, from.node);
    from.node.parent = to.folder;
  }

  /** Whether it cannot be moved to another folder: that gives EXDEV. */
  #staysInPlace({ type, origin }: Node): boolean {
    if (type !== 'folder' || origin === null) return false;
    return `/${this.#name}/${OWN_PLACE}/${origin}`.length > LONGEST_REDIRECT;
  }

  #hardLink(from: Place, to: Place): void {
    this.#see(from.node, 'stat', 'content', 'link');
    if (from.node === null || from.node.type === 'folder' || to.node !== null || to.name === '') return;
    to.folder.children.set(to.name, from.node);
  }
}

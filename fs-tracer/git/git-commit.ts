import { LayerError } from '../../util/layer-error.ts';
import type { DigestMemo } from '../digest-memo.ts';
import { openGitFolder } from '../git-folder.ts';
import { LayerIgnore } from '../layer-ignore.ts';
import { MAX_RULE_FILE_BYTES, withoutByteOrderMark } from '../rule-file.ts';
import { EVERYTHING_VISIBLE, LayerVisibility } from '../visibility.ts';
import type { Workspace, WorkspacePath } from '../workspace.ts';
import { childPath } from '../workspace-path.ts';
import { Blobs } from './blobs.ts';
import type { GitCommit, GitCommitOptions } from './commit.ts';
import { CommitFiles } from './commit-files.ts';
import { Damage } from './damage.ts';
import { FileFinder } from './find-files.ts';
import { GitWorkspace } from './git-workspace.ts';
import { ObjectDatabase } from './object-database.ts';
import { parseObjectId } from './object-id.ts';

export class CommitInRepository implements GitCommit {
  readonly workspace: Workspace;
  readonly everything: Workspace;
  readonly #files: CommitFiles;
  readonly #memo: DigestMemo;
  readonly #database: ObjectDatabase;
  readonly #open = new DisposableStack();

  constructor({ repository, commit, digestMemo, temporaryFolder }: GitCommitOptions) {
    const id = parseObjectId(commit);
    this.#memo = digestMemo;
    if (id === null) throw new LayerError('WORKSPACE_UNREADABLE', `${commit} is no commit of ${repository}`);
    try {
      // A bare repository is its own git folder.
      const commonPath = openGitFolder(repository)?.commonPath ?? repository;
      this.#database = this.#open.use(new ObjectDatabase(repository, commonPath, id.length / 2));
      const blobs = this.#open.use(new Blobs({ database: this.#database, digestMemo, temporaryFolder }));
      this.#files = new CommitFiles(this.#database, id);
      this.everything = new GitWorkspace(this.#files, blobs, EVERYTHING_VISIBLE);
      const rules = LayerIgnore.fixed((name) => readRules(this.everything, name));
      this.workspace = new GitWorkspace(this.#files, blobs, new LayerVisibility(rules));
    } catch (error) {
      this.#open.dispose();
      throw error;
    }
  }

  get submodules(): readonly WorkspacePath[] {
    return this.#files.submodules;
  }

  findFiles(folder: WorkspacePath, name: string, skipped: ReadonlySet<string>): readonly WorkspacePath[] {
    const found = this.#files.at(folder);
    if (found?.type !== 'folder') return [];
    const finder = new FileFinder((id) => this.#files.tree(id), this.#memo, { name, skipped });
    try {
      return finder.below(found.id).map((path) => childPath(folder, path));
    } catch (error) {
      throw error instanceof Damage ? this.#database.unreadable(found.id, error.message) : error;
    }
  }

  [Symbol.dispose](): void {
    this.#open.dispose();
  }
}

/** As in a directory: only a regular file of a reasonable size has rules. */
function readRules(files: Workspace, name: string): string | null {
  const path = name as WorkspacePath;
  const entry = files.entry(path);
  if (entry?.type !== 'file' || entry.sizeBytes > MAX_RULE_FILE_BYTES) return null;
  const bytes = files.read(path, 0, MAX_RULE_FILE_BYTES);
  return bytes === null ? null : withoutByteOrderMark(bytes.toString('latin1'));
}

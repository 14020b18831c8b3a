import type { Readable, Writable } from 'node:stream';

import type { CommandOptions } from '../../vm/index.ts';
import { announce, type BuildContext, warn } from '../build-context.ts';
import { CapturedOutput } from '../captured-output.ts';
import type { GuestCache } from '../lineage-state.ts';
import { repositoryIdentity } from '../repository-identity.ts';
import type { Session } from '../session.ts';
import type { CacheIdentity, StoredCache } from './cache-folder.ts';
import { CacheStore } from './cache-store.ts';
import {
  EMPTY_FINGERPRINT,
  emptyScript,
  fillScript,
  fingerprintScript,
  packScript,
  readFingerprints,
} from './guest-folder.ts';

/** A command in the guest did not do what it was to do; the message is what it wrote. */
class GuestFailure extends Error {
  override readonly name = 'GuestFailure';
}

/** Of what a command writes to stderr: enough to say what went wrong. */
const MAX_COMPLAINT_CHARACTERS = 2000;

/**
 * Moves the folders of CACHE between one guest and the store. Nothing that goes wrong here ends a build: a cache may always
 * be empty. Only a cancelled run and a machine that died are errors.
 */
export class CacheKeeper {
  readonly #context: BuildContext;
  readonly #session: Session;
  readonly #store: CacheStore;
  #repository: Promise<string> | undefined;

  constructor(context: BuildContext, session: Session) {
    this.#context = context;
    this.#session = session;
    this.#store = new CacheStore(context.home);
  }

  /** Fills a folder that is new to this lineage. Where nothing is stored, what the folder holds is kept. */
  async provide(folder: string): Promise<void> {
    const known = this.#session.lineage.caches;
    if (known.some((cache) => cache.folder === folder)) return;
    const generation = await this.#fill(await this.#identity(folder));
    this.#remember([...known, { folder, generation }].sort((a, b) => (a.folder < b.folder ? -1 : 1)));
  }

  /**
   * Brings the folders of a restored guest up to what is stored now. One that has the same content already, because the
   * snapshot was taken by the run that then saved it, is left alone. One that was filled from what is no longer stored is
   * emptied: somebody removed the cache, and means it.
   */
  async refill(): Promise<void> {
    const { caches } = this.#session.lineage;
    const fingerprints = await this.#fingerprintsIfNeeded(caches);
    const refilled: GuestCache[] = [];
    for (const [index, cache] of caches.entries()) {
      const generation = await this.#refillOne(cache, fingerprints[index] ?? null);
      refilled.push({ folder: cache.folder, generation });
    }
    this.#remember(refilled);
  }

  /** Stores every folder that this guest has changed. */
  async save(): Promise<void> {
    const { caches } = this.#session.lineage;
    const fingerprints = await this.#fingerprints(caches);
    for (const [index, cache] of caches.entries()) {
      const fingerprint = fingerprints[index] ?? null;
      if (fingerprint !== null) await this.#saveOne(cache, fingerprint);
    }
  }

  async #refillOne({ folder, generation }: GuestCache, fingerprint: string | null): Promise<string | null> {
    const identity = await this.#identity(folder);
    const newest = this.#store.newest(identity);
    if (newest === null) {
      if (generation !== null)
        await this.#attempt(`cannot empty the cache ${folder}`, () => this.#run(emptyScript(folder)));
      return null;
    }
    if (newest.generation === generation || newest.generation === fingerprint) {
      this.#store.touch(newest);
      return newest.generation;
    }
    return this.#fill(identity);
  }

  /** The generation that the folder then has; null where it has none. */
  async #fill(identity: CacheIdentity): Promise<string | null> {
    const { folder } = identity;
    const reading = await this.#attempt(`cannot read the cache ${folder}`, () => this.#store.read(identity));
    if (reading === null || reading.kind === 'none') return null;
    if (reading.kind === 'damaged') {
      warn(this.#context, `the cache ${folder} is damaged (${reading.why}) and was dropped`);
      return null;
    }
    const { stored, content } = reading;
    announce(this.#context, 'cache', `filling ${folder}`);
    const filled = await this.#attempt(`the cache ${folder} cannot be unpacked and was dropped`, () =>
      this.#unpack(folder, stored, content),
    );
    return filled === null ? null : stored.generation;
  }

  async #unpack(folder: string, stored: StoredCache, content: Readable): Promise<true> {
    try {
      await this.#run(fillScript(folder), { input: content });
      this.#store.touch(stored);
      return true;
    } catch (error) {
      if (error instanceof GuestFailure) this.#store.drop(stored);
      throw error;
    } finally {
      content.destroy();
    }
  }

  async #saveOne({ folder, generation }: GuestCache, fingerprint: string): Promise<void> {
    const identity = await this.#identity(folder);
    const newest = this.#store.newest(identity);
    // As it was filled: what another run has stored since is newer.
    if (fingerprint === newest?.generation || fingerprint === generation) return;
    if (newest === null && fingerprint === EMPTY_FINGERPRINT) return;
    announce(this.#context, 'cache', `saving ${folder}`);
    await this.#attempt(`the cache ${folder} could not be saved, what was stored before stays`, () =>
      this.#store.save(identity, fingerprint, (output, failed) => this.#pack(folder, output, failed)),
    );
  }

  async #pack(folder: string, output: Writable, failed: AbortSignal): Promise<void> {
    await this.#run(packScript(folder), { output, signal: AbortSignal.any([this.#context.signal, failed]) });
  }

  /** A fingerprint costs a walk through the folder: only where the recorded generation does not settle the matter. */
  async #fingerprintsIfNeeded(caches: readonly GuestCache[]): Promise<readonly (string | null)[]> {
    for (const { folder, generation } of caches) {
      const newest = this.#store.newest(await this.#identity(folder));
      if (newest !== null && newest.generation !== generation) return this.#fingerprints(caches);
    }
    return [];
  }

  async #fingerprints(caches: readonly GuestCache[]): Promise<readonly (string | null)[]> {
    const printed = await this.#attempt('cannot look into the caches', () =>
      this.#run(fingerprintScript(caches.map(({ folder }) => folder))),
    );
    return printed === null ? [] : readFingerprints(printed);
  }

  /** Runs a script of ours in the guest; resolves to its stdout. */
  async #run(script: string, options: Partial<CommandOptions> = {}): Promise<string> {
    const stdout = new CapturedOutput(options.signal ?? this.#context.signal);
    const stderr = new CapturedOutput(stdout.signal);
    const end = await this.#session.machine.run(script, {
      onOutput: (stream, bytes) => (stream === 'stdout' ? stdout : stderr).add(bytes),
      ...options,
      signal: stderr.signal,
    });
    if (end.exitCode === 0) return stdout.text();
    throw new GuestFailure(stderr.text().trim().slice(-MAX_COMPLAINT_CHARACTERS) || 'the command in the guest failed');
  }

  /** Null, with a warning, where `work` fails. */
  async #attempt<Result>(failure: string, work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      this.#context.signal.throwIfAborted();
      warn(this.#context, `${failure}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  async #identity(folder: string): Promise<CacheIdentity> {
    this.#repository ??= repositoryIdentity(this.#context.workspaceRoot, this.#context.signal);
    return { repository: await this.#repository, folder };
  }

  #remember(caches: readonly GuestCache[]): void {
    this.#session.lineage = { ...this.#session.lineage, caches };
  }
}

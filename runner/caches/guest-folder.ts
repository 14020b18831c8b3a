import { asUser, shellWord } from '../command-text.ts';
import type { LineageState } from '../lineage-state.ts';

/*
 * What is done to the folder of a CACHE in the guest, as scripts of root's shell. Mounts below it are left alone (`-xdev`):
 * they are files that COPY shows there. Sockets are no content: tar cannot keep them.
 */

/** Made in the folder while it is filled, so that it is on the same file system. */
const ARRIVING = '.layer-cache-arriving';
const COMPLETE = '.layer-cache-complete';
/** How many digits of the sha-256 tell one content from another. */
const FINGERPRINT_DIGITS = 32;

/** {@link fingerprintScript} of an empty folder: the sha-256 of nothing. */
export const EMPTY_FINGERPRINT = 'e3b0c44298fc1c149afbf4c8996fb924';

/** Makes the folder for the user whose steps will use it, where it is missing; parents as well. */
export function makeScript(place: Pick<LineageState, 'user'>, folder: string): string {
  const at = shellWord(folder);
  const user = shellWord(place.user);
  return `[ -d ${at} ] || ( ${asUser(place, `mkdir -p ${at} 2>/dev/null`)} ) || { mkdir -p ${at} && chown ${user} ${at}; }`;
}

/**
 * Prints a line for each folder: a fingerprint of what tar would keep of it, `-` where it is not there. A file's content is
 * told by its size and time of change (nanoseconds), as make does; of folders the time is left out, because a lock file
 * that came and went changes nothing.
 */
export function fingerprintScript(folders: readonly string[]): string {
  const entries = `find . -xdev -mindepth 1 ! -type s \\( -type d -printf 'd %m %U:%G %P\\0' -o -printf '%y %m %U:%G %s %T@ %l %P\\0' \\)`;
  const print = `${entries} | LC_ALL=C sort -z | sha256sum | cut -c1-${FINGERPRINT_DIGITS}`;
  return folders.map((folder) => `( cd ${shellWord(folder)} && ${print} ) 2>/dev/null || echo -`).join('\n');
}

/** One for each folder that was asked for; null for one that is not there. */
export function readFingerprints(printed: string): readonly (string | null)[] {
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => (/^[0-9a-f]+$/.test(line) && line.length === FINGERPRINT_DIGITS ? line : null));
}

/**
 * Writes the folder as a tar stream to stdout, with a mark as its last member: tar takes a stream that is cut between two
 * members for a whole one. tar's exit code 1 says that files changed meanwhile, and is no failure.
 */
export function packScript(folder: string): string {
  const kept = '--format=posix --pax-option=delete=atime,delete=ctime --numeric-owner --one-file-system';
  return `mark=$(mktemp -d) && : > "$mark/${COMPLETE}" || exit
tar -c ${kept} -f - -C ${shellWord(folder)} . -C "$mark" ${COMPLETE}
status=$?
rm -rf "$mark"
[ $status -le 1 ]`;
}

/**
 * Puts what a tar stream on stdin holds in the place of the folder's contents. They stay as they were where the stream
 * cannot be unpacked.
 */
export function fillScript(folder: string): string {
  const others = `find . -mindepth 1 -maxdepth 1 ! -name ${ARRIVING}`;
  return `cd ${shellWord(folder)} && rm -rf ${ARRIVING} && mkdir ${ARRIVING} || exit
tar -C ${ARRIVING} -x -p --same-owner --numeric-owner -f - && rm ${ARRIVING}/${COMPLETE} || { rm -rf ${ARRIVING}; exit 1; }
${others} -exec rm -rf {} + &&
find ${ARRIVING} -mindepth 1 -maxdepth 1 -exec mv -t . {} + &&
chown --reference=${ARRIVING} . && chmod --reference=${ARRIVING} . && rmdir ${ARRIVING}`;
}

export function emptyScript(folder: string): string {
  return `cd ${shellWord(folder)} && find . -mindepth 1 -maxdepth 1 -exec rm -rf {} +`;
}

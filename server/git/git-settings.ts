/** Settings of git (git-config(1)), by full name. */
export type GitSettings = Readonly<Record<string, string>>;

/** What a push may bring at most, uncompressed as a pack. */
export const DEFAULT_MAX_PACK_BYTES = 2 * 2 ** 30;

/** What holds whatever a repository's own settings say, wherever it is. */
export function guardingSettings(folder: string, maxPackBytes: number): GitSettings {
  return {
    // An existing repository may belong to somebody else: whoever registered it vouches for it.
    'safe.directory': folder,
    'transfer.fsckObjects': 'true',
    'receive.fsckObjects': 'true',
    'receive.maxInputSize': String(maxPackBytes),
    'receive.advertisePushOptions': 'true',
    // Only the server writes there: what is below decides whom a job trusts.
    'receive.hideRefs': 'refs/pull',
    ...TOLERATED,
    // Upkeep is done when nobody waits for it (maintenance.ts), not by whoever pushes.
    'receive.autogc': 'false',
    'gc.auto': '0',
    'maintenance.auto': 'false',
    'http.uploadpack': 'true',
    'http.receivepack': 'true',
    'http.getanyfile': 'false',
    'uploadpack.allowFilter': 'true',
  };
}

/** What old tools wrote into repositories that people still push, and that harms nobody (git-fsck(1), "FSCK MESSAGES"). */
const TOLERATED: GitSettings = {
  'receive.fsck.zeroPaddedFilemode': 'warn',
  'receive.fsck.badTimezone': 'warn',
  'receive.fsck.missingSpaceBeforeDate': 'warn',
  'fetch.fsck.zeroPaddedFilemode': 'warn',
  'fetch.fsck.badTimezone': 'warn',
  'fetch.fsck.missingSpaceBeforeDate': 'warn',
};

/** As the variables by which git is told settings that its children hold, too. */
export function settingVariables(settings: GitSettings): Readonly<Record<string, string>> {
  const entries = Object.entries(settings);
  const pairs = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...(Object.fromEntries(pairs) as Record<string, string>) };
}

/** As lines of a configuration file. */
export function settingLines(settings: GitSettings): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    const [first, last] = [name.indexOf('.'), name.lastIndexOf('.')];
    const subsection = first === last ? '' : ` "${name.slice(first + 1, last)}"`;
    const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    return `[${name.slice(0, first)}${subsection}]\n\t${name.slice(last + 1)} = "${quoted}"\n`;
  });
  return lines.join('');
}

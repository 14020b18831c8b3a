import { LayerError } from '../util/layer-error.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
/** As disks are sold, and as memory is counted. */
const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1e3,
  KB: 1e3,
  KIB: 2 ** 10,
  M: 1e6,
  MB: 1e6,
  MIB: 2 ** 20,
  G: 1e9,
  GB: 1e9,
  GIB: 2 ** 30,
  T: 1e12,
  TB: 1e12,
  TIB: 2 ** 40,
};

/** `20GB`, `500 MiB`, `1.5G` or a number of bytes. Throws `USAGE`, naming `flag`, for anything else. */
export function parseSize(text: string, flag: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = FACTORS[unit.toUpperCase()];
  const bytes = Math.round(Number(number) * (factor ?? NaN));
  if (number !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw new LayerError('USAGE', `${flag} is \`${text}\`: not a size`, { hint: 'Write it like 500MB, 20GB or 10GiB.' });
}

/** As {@link parseSize}, counted as MEMORY of a Layerfile counts: 2G are 2 GiB. */
export function parseMemory(text: string, flag: string): number {
  const bytes = parseSize(text.trim().replace(/[KMGT]$/i, '$&iB'), flag);
  if (bytes >= 2 ** 20) return bytes;
  throw new LayerError('USAGE', `${flag} is \`${text}\`: less than 1M`, { hint: 'Write it like 4G.' });
}

/** For people: `700 B`, `5.0 MiB`. */
export function formatSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power] ?? ''}`;
}

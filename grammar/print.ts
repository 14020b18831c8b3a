import type { Layerfile } from './instruction.ts';

/**
 * The Layerfile as text in canonical form: one instruction a line, keywords in capitals, continued lines joined, comments
 * gone. Parsing it gives the same instructions, apart from ranges, and never more findings than the original had.
 */
export function printLayerfile(layerfile: Layerfile): string {
  return layerfile.instructions.map((instruction) => `${instruction.text}\n`).join('');
}

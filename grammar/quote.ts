const LONGEST = 60;

/** Control characters would let a Layerfile write to the terminal of whoever reads a message about it. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');
}

/** Source text for use in a message: in backticks, on one line, cut where it is long. */
export function quote(text: string): string {
  const line = printable(text.replace(/\s+/g, ' '));
  return `\`${line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line}\``;
}

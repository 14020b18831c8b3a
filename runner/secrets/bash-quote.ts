/** What `printf %q` of bash 5.2 puts a backslash in front of (lib/sh/shquote.c, `bstab`); `#` only at the start, `~` there and after `:` and `=`. */
const SPECIAL = /[ !"$&'()*,;<>?[\\\]^`{|}]/g;

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\u001b': '\\E',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
};

/**
 * The forms in which bash's `printf %q` may write `value`: control characters make it a `$'…'`; whether other characters than
 * ASCII do depends on the guest's locale.
 */
export function bashQuoted(value: string): readonly string[] {
  const withoutLocale = /[^ -~]/.test(value)
    ? ansiQuoted(Buffer.from(value).toString('latin1'), /[^ -~]|['\\]/g)
    : escaped(value);
  const withLocale = /[\u0000-\u001f\u007f]/.test(value)
    ? ansiQuoted(value, /[\u0000-\u001f\u007f'\\]/g)
    : escaped(value);
  return [...new Set([withoutLocale, withLocale])];
}

function escaped(value: string): string {
  return value.replaceAll(SPECIAL, '\\$&').replaceAll(/^[#~]|(?<=[:=])~/g, '\\$&');
}

function ansiQuoted(value: string, unprintable: RegExp): string {
  const inside = value.replaceAll(unprintable, (character) => ESCAPES[character] ?? octal(character));
  return `$'${inside}'`;
}

function octal(character: string): string {
  return `\\${(character.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`;
}

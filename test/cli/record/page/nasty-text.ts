import fc from 'fast-check';

/** What ends texts, attributes, comments and elements, and what looks like the beginning of something else. */
const NASTY = [
  ...[
    '<',
    '>',
    '"',
    "'",
    '&',
    '</script>',
    '</style>',
    '<!--',
    '-->',
    ']]>',
    '<img src=x onerror=alert(1)>',
    '&lt;',
    '&#x3c;',
  ],
  ...['\u0000', '\u001b[31m', '\u202e', '\ud800', '\ufeff', '\u2028', '\n', '\r', '=', '`', 'javascript:'],
];

/** Texts made of those, and of any others. */
export const nastyText = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
  .map((pieces) => pieces.join(''));

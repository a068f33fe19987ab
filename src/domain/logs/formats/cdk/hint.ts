import { DIGITS, type Find, fraction, type Hint, LETTERS, type Place, percentage } from '../../hint.ts';

const COLON = 0x3a;
const SPACE = 0x20;
const COMMA = 0x2c;
const DOT = 0x2e;
const CLOSING_BRACKET = 0x5d;

/** The text before such a colon, by its last character. */
const ENDINGS: Readonly<Record<number, string>> = { 108: 'fail', 115: 'in progress', 101: '(Service' };

/** `AWS::SQS::Queue`, `fail: `, `Currently in progress: ` and `(Service: `. */
const colon: Place = {
  characters: ' :',
  holds(text, at) {
    const after = text.charCodeAt(at + 1);
    if (after !== SPACE) return after === COLON;
    const ending = ENDINGS[text.charCodeAt(at - 1)];
    return ending !== undefined && text.endsWith(ending, at);
  },
};

const WORD = Uint8Array.from({ length: 128 }, (_, code) =>
  /[0-9A-Za-z]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * A list of failures, broken by the terminal, continues with `Queue4A7E3555, Topic…` or `Queue4A7E3555]. `. A row of the bar that
 * a terminal has broken begins with its clock: `1:02:03 PM | CREATE_FAILED  |`.
 */
const brokenByTerminal: Place = {
  characters: `${LETTERS}${DIGITS},]`,
  holds(text, start) {
    if (isClock(text, start)) return true;
    let at = start;
    while (WORD[text.charCodeAt(at)] === 1) at += 1;
    const code = text.charCodeAt(at);
    return code === COMMA || code === CLOSING_BRACKET;
  },
};

/** `1:02:03 PM | ` or `13.02.03 | `, as far as it takes to rule out most other lines. */
const isClock = (text: string, start: number): boolean => {
  const second = text.charCodeAt(start + 1);
  const mark = second === COLON || second === DOT ? second : text.charCodeAt(start + 2);
  if (mark !== COLON && mark !== DOT) return false;
  // Not searched for in the text, which may be long and have no bar.
  return text.slice(start + SHORTEST_CLOCK, start + LONGEST_CLOCK).includes('|');
};
/** Up to the bar, and with it. */
const SHORTEST_CLOCK = 8;
const LONGEST_CLOCK = 19;

/** The beginnings of CloudFormation's reasons. */
const REASONS = [
  ...['Resource handler', 'Received response', 'Exceeded attempts', 'Resource creation', 'Resource update'],
  ...[
    'Resource deletion',
    'Resource of type',
    'Resource timed out',
    'Template error: ',
    'Property validation',
  ],
  ...[
    'Properties validation',
    'CloudFormation did',
    'The bucket you',
    'Invalid request',
    'Circular dependency',
  ],
  ...['Embedded stack', 'Export ', 'No export named', 'User: arn', 'API: ', 'Template format error: '],
  ...['Parameters: [', 'Requires capabilities', 'Subscriber limit', 'Rate exceeded', 'Invalid parameter: '],
];

/** `/Resources/Queue`. A search for few characters is much faster than one for all. */
const resourcePath: Find = (text, from) => {
  let at = text.indexOf('Resour', from);
  while (at !== -1 && !text.startsWith('/Resources/', at - 1)) at = text.indexOf('Resour', at + 1);
  return at;
};

export const HINT: Hint = {
  contains: [
    ...['✅', '❌', '✨', resourcePath, fraction, percentage],
    ...[
      ': Buil',
      ': Publish',
      ': SSM param',
      ': This CDK',
      ': The stack',
      ': destroy failed',
      ': deploy failed',
    ],
  ],
  begins: [
    ...['Could not perform', 'Falling back', 'Outputs:', 'Rolling back', 'Stack ', 'arn:'],
    ...['The following resource(s)', 'The stack named'],
    ...REASONS,
    ...['Failed to create change set', 'Early validation failed', 'Change set '],
    ...['Failed to create ChangeSet ', "ChangeSet '"],
  ],
  mayBegin: brokenByTerminal,
  colon,
  ends: ['...', 'deployment.', 'import.'],
};

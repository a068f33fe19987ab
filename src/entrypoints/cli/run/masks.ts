/**
 * Hides what looks like a secret in lines that leave the machine. What the user sees is never touched.
 *
 * Every pattern takes time linear in the text: each begins with something fixed, what follows is bounded or ends at a
 * character that it cannot contain, and no two repetitions compete for the same text.
 */

export const MASK = '[masked]';

/** Words of a deployment that may follow a stack's name and a colon: `AuthToken: creating CloudFormation changeset...` */
const NOT_A_VALUE =
  '(?!(?:deploying|destroying|deployed|destroyed|creating|updating|deleting|hotswapping|start|success|fail|stack)\\b)';

const KEYWORD =
  '(?:pass(?:word|wd|phrase)|secret(?:[_-]?access)?[_-]?key|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|signing[_-]?key|credentials?|client[_-]?secret|x-amz-(?:signature|credential))';

type Pattern = Readonly<{ find: RegExp; put: string | ((...groups: string[]) => string) }>;

const PATTERNS: readonly Pattern[] = [
  // Authorization: Bearer …, in a header, a curl command or JSON: all of it, up to the quote or the end.
  {
    find: /((?:proxy-)?authorization\\{0,3}["']?\s{0,8}[:=]\s{0,8}\\{0,3}["']?)[^"'\\\r\n]{1,8192}/gi,
    put: (_all, name = '') => `${name}${MASK}`,
  },
  {
    find: /(?<![\w-])(bearer\s{1,8})[A-Za-z0-9._~+/=-]{8,8192}/gi,
    put: (_all, word = '') => `${word}${MASK}`,
  },
  // password=…, "token": "…", DB_SECRET: '…', aws_secret_access_key = …
  {
    find: new RegExp(
      `(${KEYWORD}\\\\{0,3}["']?\\s{0,8}(?:=>|=|:(?!:))\\s{0,8})${NOT_A_VALUE}` +
        `(?:"(?:[^"\\\\\\r\\n]|\\\\.){0,8192}"?|'(?:[^'\\\\\\r\\n]|\\\\.){0,8192}'?|\\\\{1,3}"[^"\\\\\\r\\n]{0,8192}\\\\{0,3}"?|[^\\s"',;&|<>)}\\]\\\\]{1,8192})`,
      'gi',
    ),
    put: (all, name = '') => {
      const value = all.slice(name.length);
      const quote = /^(?:\\{0,3}["'])/.exec(value)?.[0];
      if (quote !== undefined) return `${name}${quote}${MASK}${quote}`;
      // A bare value after a quoted name is JSON, and has to stay JSON.
      return /["']\s{0,8}:\s{0,8}$/.test(name) ? `${name}"${MASK}"` : `${name}${MASK}`;
    },
  },
  // --password …, --api-key …
  {
    find: new RegExp(`(--(?:[a-z]{1,20}-){0,3}${KEYWORD}\\s{1,4})(?![-\\s])\\S{1,8192}`, 'gi'),
    put: (_all, flag = '') => `${flag}${MASK}`,
  },
  // https://name:password@host and https://token@host
  { find: /(:\/\/)[^\s/:@"'<>]{0,256}:[^\s/@"'<>]{1,1024}@/g, put: `$1${MASK}@` },
  { find: /(:\/\/)[^\s/:@"'<>]{20,1024}@/g, put: `$1${MASK}@` },
  { find: /([?&](?:sig|signature|code|key)=)[^\s&"'<>]{8,4096}/gi, put: `$1${MASK}` },
  // Keys that are known by their shape.
  { find: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g, put: MASK },
  {
    find: /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,255}|npm_[A-Za-z0-9]{36})/g,
    put: MASK,
  },
  {
    find: /(?<![\w-])(?:xox[abeoprs]-[\w-]{10,255}|sk-[\w-]{20,255}|[rs]k_live_\w{16,255}|AIza[\w-]{35})/g,
    put: MASK,
  },
  { find: /(?<![\w-])eyJ[\w-]{8,4096}\.eyJ[\w-]{2,8192}(?:\.[\w-]{0,4096})?/g, put: MASK },
];

/** Whether a text can hold any of it. One pass; most output has none and costs no more than this. */
const SUSPECT =
  /pass(?:word|wd|phrase)|secret|token|[-_]?key["'\s=:\\]|credential|x-amz-sig|authorization|bearer|:\/\/[^\s/@]{1,1280}@|[?&](?:sig|signature|code|key)=|A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}|gh[pousr]_|github_pat_|glpat-|npm_|xox[abeoprs]-|sk-|k_live_|AIza|eyJ|-----BEGIN/i;

const BEGIN_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const END_KEY = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
/** A key that never ends must not take the rest of the log with it. */
const MAX_KEY_LINES = 120;

/** The secrets of an environment, the longest first: what a command was given it may also print. */
export const secretsOf = (env: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(env)
    .filter(([name]) =>
      /pass(word|wd|phrase)|secret|token|api_?key|access_?key|private_?key|credential/i.test(name),
    )
    .map(([, value]) => value?.trim() ?? '')
    .filter((value) => value.length >= 8 && !/^(?:[\w./~-]*\/[\w./~-]*|\d+|true|false)$/i.test(value))
    .sort((a, b) => b.length - a.length)
    .slice(0, 64);

/** Masks one stream of lines; a private key may run over many of them, so each stream has its own. */
export const masker = (secrets: readonly string[] = []) => {
  let keyLines = 0;

  const maskKey = (line: string): string => {
    if (keyLines > 0) {
      keyLines -= 1;
      const end = END_KEY.exec(line);
      if (end === null) return MASK;
      keyLines = 0;
      return `${MASK}${maskKey(line.slice(end.index + end[0].length))}`;
    }
    const begin = BEGIN_KEY.exec(line);
    if (begin === null) return line;
    keyLines = MAX_KEY_LINES;
    const rest = maskKey(line.slice(begin.index + begin[0].length));
    return `${line.slice(0, begin.index)}${rest === '' ? MASK : rest}`;
  };

  const maskLine = (line: string): string => {
    let text = line;
    for (const secret of secrets) if (text.includes(secret)) text = text.replaceAll(secret, MASK);
    if (keyLines === 0 && !SUSPECT.test(text)) return text;
    text = maskKey(text);
    for (const { find, put } of PATTERNS) {
      text = typeof put === 'string' ? text.replace(find, put) : text.replace(find, put);
    }
    return text;
  };

  return {
    /** The next lines of the stream, as one text with `\n` between them, fit to leave. */
    mask(lines: string): string {
      // One look at all of them at once is several times cheaper than a look at each.
      if (keyLines === 0 && !secrets.some((secret) => lines.includes(secret)) && !SUSPECT.test(lines))
        return lines;
      return lines.split('\n').map(maskLine).join('\n');
    },
  };
};

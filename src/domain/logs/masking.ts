/**
 * Masks likely secrets in lines that leave the machine or are kept. The user's own screen is never changed.
 *
 * Every pattern takes time linear in the text: each begins with a fixed text, what follows is bounded or ends at a
 * character that it cannot contain, and no two repetitions compete for the same text.
 */

const MASK = '[masked]';

/**
 * Text after the name of a secret and a colon that is no secret: what a deployment says of a stack or a resource of
 * that name (`AuthToken: creating CloudFormation changeset...`, `random_password.db_password: Creation complete after
 * 2s`), a counter, an ARN, nothing.
 */
const NOT_A_VALUE =
  '(?!(?:deploying|destroying|deployed|destroyed|creating|updating|deleting|hotswapping|modifying|start|success|fail|stack)\\b' +
  '|(?:creation|modifications|destruction|read|import) complete\\b|still \\w{1,12}ing\\b|(?:reading|importing|refreshing state|preparing import)\\.\\.\\.|provisioning with ' +
  '|\\d{1,9}\\/\\d{1,9}(?!\\S)|arn:aws|(?:null|none|nil|true|false|undefined)(?![\\w.-]))';

const KEYWORD =
  '(?:pass(?:word|wd|phrase|code)|secret(?:[_-]?access)?[_-]?key|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|signing[_-]?key|credentials?|client[_-]?secret|_auth|x-amz-(?:signature|credential))';

/** A value: quoted, quoted inside a quoted text, or bare. */
const VALUE =
  '(?:"(?:[^"\\\\\\r\\n]|\\\\.){0,8192}"?|\'(?:[^\'\\\\\\r\\n]|\\\\.){0,8192}\'?|\\\\{1,3}"[^"\\\\\\r\\n]{0,8192}\\\\{0,3}"?|[^\\s"\',;&|<>)}\\]\\\\]{1,8192})';

/** Names and values often have their own colours. */
const COLOUR = '(?:\\u001b\\[[0-9;]{0,16}m)?';

/** `before` is the text before the match, as far as it matters. */
type Pattern = Readonly<{
  find: RegExp;
  put: string | ((all: string, name: string, before: string) => string);
}>;

/** The name in an ARN of Secrets Manager, and what parsers complain of. */
const NO_SECRET_BEFORE = /(?:\barn:aws[\w-]{0,12}:secretsmanager:[\w-]{0,30}:\d{0,12}:|\bunexpected )$/i;

const PATTERNS: readonly Pattern[] = [
  // Authorization: Bearer …, in a header, a curl command or JSON: all of it, up to the quote or the end. The same for
  // cookies.
  {
    find: new RegExp(
      `((?:(?:proxy-)?authorization|cookie(?=: ?[\\w.-]{1,100}=))\\\\{0,3}["']?\\s{0,8}[:=]\\s{0,8}\\\\{0,3}["']?)${NOT_A_VALUE}(?!\\s)[^"'\\\\\\r\\n]{1,8192}`,
      'gi',
    ),
    put: (_all, name) => `${name}${MASK}`,
  },
  {
    find: /(?<![\w-])(bearer\s{1,8})[A-Za-z0-9._~+/=-]{8,8192}/gi,
    put: (_all, word) => `${word}${MASK}`,
  },
  // password=…, "token": "…", DB_SECRET: '…', aws_secret_access_key = …
  {
    find: new RegExp(
      `(${KEYWORD}\\\\{0,3}["']?${COLOUR}\\s{0,8}(?:=>|=|:(?!:))\\s{0,8}${COLOUR})${NOT_A_VALUE}${VALUE}`,
      'gi',
    ),
    put: (all, name, before) => {
      if (NO_SECRET_BEFORE.test(before)) return all;
      const value = all.slice(name.length);
      const quote = /^(?:\\{0,3}["'])/.exec(value)?.[0];
      if (quote !== undefined) return `${name}${quote}${MASK}${quote}`;
      // A bare value after a quoted name is JSON, and must stay valid JSON.
      return /["']\s{0,8}:\s{0,8}$/.test(name) ? `${name}"${MASK}"` : `${name}${MASK}`;
    },
  },
  // pwd=… and pass=… of connection strings; but not a folder or a number of tests.
  {
    find: new RegExp(
      `((?<![A-Za-z-])(?:pwd|pass)(?:["']\\s{0,4}:|\\s{0,2}=)\\s{0,4})(?!["']?(?:[/~.]|[A-Z]:\\\\|\\d{1,9}(?!\\w)))${VALUE}`,
      'gi',
    ),
    put: (all, name) => `${name}${/["']/.test(all.charAt(name.length)) ? `"${MASK}"` : MASK}`,
  },
  // curl -u name:password
  {
    find: /(\s(?:-u|--user)[ =]{0,2}["']?[^\s:"']{1,128}:)(?!\d{1,9}(?!\S))[^\s"']{1,512}/g,
    put: (_all, name) => `${name}${MASK}`,
  },
  // --password …, --api-key …
  {
    find: new RegExp(`(--(?:[a-z]{1,20}-){0,3}${KEYWORD}\\s{1,4})(?![-\\s])\\S{1,8192}`, 'gi'),
    put: (_all, flag) => `${flag}${MASK}`,
  },
  // https://name:password@host and https://token@host
  { find: /(:\/\/)[^\s/:@"'<>]{0,256}:[^\s/@"'<>]{1,1024}@/g, put: `$1${MASK}@` },
  { find: /(:\/\/)[^\s/:@"'<>]{20,1024}@/g, put: `$1${MASK}@` },
  { find: /([?&](?:sig|signature|code|key)=)[^\s&"'<>]{8,4096}/gi, put: `$1${MASK}` },
  // Keys that are recognised by their form.
  { find: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g, put: MASK },
  {
    find: /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,255}|npm_[A-Za-z0-9]{36})/g,
    put: MASK,
  },
  {
    find: /(?<![\w-])(?:xox[abeoprs]-[\w-]{10,255}|sk-[\w-]{20,255}|[rs]k_(?:live|test)_\w{16,255}|AIza[\w-]{35})/g,
    put: MASK,
  },
  {
    find: /(?<![\w-])(?:miyabi_[\w-]{43}|whsec_[\w+/=-]{20,255}|hf_[A-Za-z0-9]{30,255}|SG\.[\w-]{16,64}\.[\w-]{16,255}|pypi-[\w-]{40,512}|dckr_pat_[\w-]{20,255}|do[opr]_v1_[a-f0-9]{64}|ya29\.[\w-]{20,1024})/g,
    put: MASK,
  },
  {
    find: /(hooks\.slack\.com\/(?:services|workflows)\/|discord(?:app)?\.com\/api\/webhooks\/)[\w/-]{10,512}/g,
    put: `$1${MASK}`,
  },
  { find: /(?<![\w-])eyJ[\w-]{8,4096}\.eyJ[\w-]{2,8192}(?:\.[\w-]{0,4096})?/g, put: MASK },
];

/** Whether a text can contain any of it. One pass; most output contains none and costs no more than this. */
const SUSPECT =
  /pass(?:word|wd|phrase|code|["'\s]{0,3}[=:])|pwd["'\s=]|_auth|secret|token|[-_]?key["'\s=:\\]|credential|x-amz-sig|authorization|cookie:|bearer|:\/\/[^\s/@]{1,1280}@|[?&](?:sig|signature|code|key)=|A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}|gh[pousr]_|github_pat_|glpat-|npm_|xox[abeoprs]-|sk-|k_live_|k_test_|AIza|miyabi_|whsec_|hf_|SG\.|pypi-|dckr_pat_|do[opr]_v1_|ya29\.|hooks\.slack|\/webhooks\/|\s-u |--user|eyJ|-----BEGIN/i;

const BEGIN_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const END_KEY = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
/** An endless key must not hide the rest of the log. */
const MAX_KEY_LINES = 120;

/** The secrets of an environment, the longest first: a command may print what it was given. */
export const secretsOf = (env: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(env)
    .filter(([name]) =>
      /pass(word|wd|phrase)|secret|token|api_?key|access_?key|private_?key|credential/i.test(name),
    )
    .map(([, value]) => value?.trim() ?? '')
    .filter((value) => value.length >= 8 && !/^(?:[\w./~-]*\/[\w./~-]*|\d+|true|false)$/i.test(value))
    .sort((a, b) => b.length - a.length)
    .slice(0, 64);

/** How much of the text before a value identifies it, in UTF-16 code units. */
const REACH = 80;

/**
 * Masks one stream of lines; a private key may span many of them, so each stream has its own. `insideKey`: how many lines
 * of a key may still follow, from `insideKey()` of the masker before.
 */
export const masker = (secrets: readonly string[] = [], insideKey = 0) => {
  let keyLines = insideKey;

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
      text =
        typeof put === 'string'
          ? text.replace(find, put)
          : text.replace(find, (all: string, name: string, at: number, whole: string) =>
              put(all, name, whole.slice(Math.max(0, at - REACH), at)),
            );
    }
    return text;
  };

  return {
    insideKey: (): number => keyLines,
    /** The next lines of the stream, as one text with `\n` between them, masked. */
    mask(lines: string): string {
      // One search in all of them is several times cheaper than one in each.
      if (keyLines === 0 && !secrets.some((secret) => lines.includes(secret)) && !SUSPECT.test(lines))
        return lines;
      return lines.split('\n').map(maskLine).join('\n');
    },
  };
};

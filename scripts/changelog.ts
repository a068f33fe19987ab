const UNRELEASED = '## Unreleased';

/** The text between a heading of a version and the next one, without blank lines around it. */
export const sectionOf = (changelog: string, heading: string): string | undefined => {
  const lines = changelog.split('\n');
  const start = lines.findIndex((line) => line === heading || line.startsWith(`${heading} `));
  if (start === -1) return undefined;
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('## '));
  return lines
    .slice(start + 1, length === -1 ? undefined : start + 1 + length)
    .join('\n')
    .trim();
};

/**
 * The changelog with what is unreleased under a version, and nothing unreleased. `date` is like 2026-01-31.
 *
 * @throws Error where nothing is unreleased, or the version is in it already.
 */
export const released = (changelog: string, version: string, date: string): string => {
  if (sectionOf(changelog, `## ${version}`) !== undefined)
    throw new Error(`CHANGELOG.md already has a section "## ${version}"`);
  const unreleased = sectionOf(changelog, UNRELEASED);
  if (unreleased === undefined)
    throw new Error(`CHANGELOG.md has no section "${UNRELEASED}"; add it above the newest version`);
  if (!/^- /m.test(unreleased))
    throw new Error(`CHANGELOG.md has no entry under "${UNRELEASED}"; add what changed`);
  return changelog.replace(`${UNRELEASED}\n`, `${UNRELEASED}\n\n## ${version} - ${date}\n`);
};

/** The version after this one. @throws Error where `step` is neither a kind of step nor a version above it. */
export const nextVersion = (version: string, step: string): string => {
  const parts = partsOf(version);
  const [major = 0, minor = 0, patch = 0] = parts ?? [];
  if (step === 'major') return `${major + 1}.0.0`;
  if (step === 'minor') return `${major}.${minor + 1}.0`;
  if (step === 'patch') return `${major}.${minor}.${patch + 1}`;
  const wanted = partsOf(step);
  if (wanted === undefined || parts === undefined)
    throw new Error(`"${step}" is no step; use major, minor, patch or a version such as 1.2.3`);
  const first = wanted.findIndex((part, index) => part !== parts[index]);
  if (first === -1 || (wanted[first] ?? 0) < (parts[first] ?? 0))
    throw new Error(`${step} is not above the current version ${version}`);
  return step;
};

const partsOf = (version: string): readonly number[] | undefined =>
  /^\d+\.\d+\.\d+$/.test(version) ? version.split('.').map(Number) : undefined;

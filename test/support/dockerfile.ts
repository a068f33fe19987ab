import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

type Instruction = Readonly<{ name: string; value: string }>;
export type Stage = Readonly<{ name: string; instructions: readonly Instruction[] }>;

/** The stages of a Dockerfile without heredocs and escapes, as ours is. */
export const stagesOf = (text: string): readonly Stage[] => {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const line of lines.filter((one) => one.trim() !== '')) {
    const [, name = '', value = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not an instruction: ${line}`);
    if (name === 'FROM') stages.push({ name: / AS (\S+)$/.exec(value)?.[1] ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push({ name, value });
  }
  return stages;
};

/** What a container of an image would be started with. Paths are those of this machine. */
export type Image = Readonly<{
  folder: string;
  env: Readonly<Record<string, string>>;
  user: string;
  command: readonly string[];
  healthcheck: readonly string[];
}>;

/** Installs every package of the lock file, which this project has done too. Installing the dependencies alone is left to npm. */
const INSTALLS_ALL = /^npm ci --ignore-scripts( --no-[a-z]+)*$/;

/** Whether a folder's packages are those that a project has installed: both have the same manifest and lock file. */
const hasPackagesOf = (project: string, folder: string): boolean =>
  ['package.json', 'package-lock.json'].every((file) =>
    readFileSync(join(folder, file)).equals(readFileSync(join(project, file))),
  );

/**
 * Builds every stage without an engine: each in a folder that stands for `/`, with this machine's programs. `context` is
 * what is copied from; `project` has installed the packages of its lock file.
 */
export const buildImage = (
  stages: readonly Stage[],
  {
    root,
    context,
    project,
    env: outer,
  }: Readonly<{ root: string; context: string; project: string; env: NodeJS.ProcessEnv }>,
): Image => {
  let image: Image | undefined;
  for (const [index, { name: stage, instructions }] of stages.entries()) {
    const folder = join(root, stage || String(index));
    mkdirSync(folder);
    const env: Record<string, string> = {};
    let at = folder;
    let user = 'root';
    let healthcheck: readonly string[] = [];
    let entrypoint: readonly string[] = [];
    let command: readonly string[] = [];
    const inImage = (path: string) => (path.startsWith('/') ? join(folder, path) : join(at, path));
    for (const { name, value } of instructions) {
      if (name === 'WORKDIR') {
        at = inImage(value);
        mkdirSync(at, { recursive: true });
      } else if (name === 'ENV') {
        for (const [, key = '', text = ''] of value.matchAll(/(\w+)=(\S+)/g))
          env[key] = text.startsWith('/') ? join(folder, text) : text;
      } else if (name === 'COPY') copy(value, { root, context, inImage });
      else if (name === 'RUN' && INSTALLS_ALL.test(value) && hasPackagesOf(project, at))
        symlinkSync(join(project, 'node_modules'), join(at, 'node_modules'));
      else if (name === 'RUN') {
        // Absolute paths of the image are in its folder here.
        const shell = value.replace(/(?<=\s)\/(?=\w)/g, `${folder}/`);
        const { status, stdout, stderr } = spawnSync('sh', ['-ec', shell], {
          cwd: at,
          env: { ...outer, ...env },
          encoding: 'utf8',
        });
        if (status !== 0) throw new Error(`RUN ${value} ended with ${status}\n${stdout}${stderr}`);
      } else if (name === 'USER') user = value;
      else if (name === 'HEALTHCHECK') healthcheck = words(value.replace(/^.*?CMD /, ''));
      else if (name === 'ENTRYPOINT') entrypoint = words(value);
      else if (name === 'CMD') command = words(value);
      else if (name !== 'EXPOSE' && name !== 'VOLUME') throw new Error(`${name} is not known here`);
    }
    image = { folder: at, env, user, command: [...entrypoint, ...command], healthcheck };
  }
  if (image === undefined) throw new Error('no stage');
  return image;
};

const words = (json: string): readonly string[] => {
  const parsed: unknown = JSON.parse(json);
  if (!Array.isArray(parsed)) throw new Error(`not in exec form: ${json}`);
  return parsed.map(String);
};

const copy = (
  value: string,
  { root, context, inImage }: Readonly<{ root: string; context: string; inImage: (path: string) => string }>,
): void => {
  const [, from] = /^--from=(\S+) /.exec(value) ?? [];
  const paths = value.replace(/^--\S+ /, '').split(/\s+/);
  const target = paths.pop() ?? '';
  for (const path of paths) {
    const source = join(from === undefined ? context : join(root, from), path);
    // Like Docker: a file goes into a folder that ends with a slash, and of a folder its contents are copied.
    const isFile = statSync(source).isFile();
    const into = isFile && target.endsWith('/') ? join(inImage(target), basename(path)) : inImage(target);
    cpSync(source, into, { recursive: true, verbatimSymlinks: true });
  }
};

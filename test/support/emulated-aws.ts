import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { until } from './cli.ts';
import { freePort } from './free-port.ts';
import { type RunningServer, startServer } from './server.ts';
import { isFullRun } from './suite.ts';

const HELPER = fileURLToPath(new URL('./moto-cloudformation.py', import.meta.url));

/** The Python that moto's server on the PATH runs on. To ask it takes seconds, and only slow tests need it. */
const pythonOfMoto = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'moto_server'))
  .filter((file) => existsSync(file))
  .map((file) => join(dirname(file), 'python'))
  .find((file) => !isFullRun() || spawnSync(file, ['-c', 'import moto.cloudformation.models']).status === 0);

export const hasMotoCloudFormation = pythonOfMoto !== undefined;

export type EmulatedAws = Readonly<{
  env: Readonly<Record<string, string>>;
  /** From now on the resource whose logical id starts with this fails; without one, none does. */
  failOn(logicalId?: string): void;
  close(): Promise<void>;
}>;

/**
 * An AWS on this machine: moto with a CloudFormation that carries the deployment scripts. The API's address leads to a
 * Miyabi server that takes the API keys in Systems Manager, as the deployed functions do.
 */
export const emulatedAws = async (): Promise<EmulatedAws> => {
  const folder = mkdtempSync(join(tmpdir(), 'miyabi-aws-'));
  const failFile = join(folder, 'fail');
  const port = await freePort();
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const api = apiBehind(env);
  const url = await api.listen();
  const moto = spawn(pythonOfMoto ?? 'python3', [HELPER, String(port), url, failFile], { stdio: 'ignore' });
  const close = async () => {
    moto.kill();
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(
      'moto answers',
      async () =>
        fetch(`${env.AWS_ENDPOINT_URL}/moto-api/`).then(
          ({ ok }) => ok,
          () => false,
        ),
      // It loads for seconds, and many times that on a busy machine.
      120_000,
    );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    env,
    failOn: (logicalId) =>
      logicalId === undefined ? rmSync(failFile, { force: true }) : writeFileSync(failFile, logicalId),
    close,
  };
};

/** A gateway whose server starts with the first request, once the deployment has made a key. */
const apiBehind = (env: Readonly<Record<string, string>>) => {
  let started: Promise<RunningServer> | undefined;
  const gateway = createServer(async (request, response) => {
    try {
      started ??= startServer({ MIYABI_BACKEND: 'memory', API_KEYS: await apiKeys(env) });
      const { url } = await started;
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { host: _host, connection: _connection, ...headers } = request.headers;
      const answer = await fetch(`${url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      response
        .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
        .end(body);
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  });
  return {
    listen: async () => {
      gateway.listen(0, '127.0.0.1');
      await once(gateway, 'listening');
      return `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    },
    close: async () => {
      gateway.closeAllConnections();
      gateway.close();
      const server = await started?.catch(() => undefined);
      server?.process.kill();
      await server?.ended;
    },
  };
};

const apiKeys = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const client = new SSMClient({
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region: env['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });
  const { Parameter } = await client.send(new GetParameterCommand({ Name: '/miyabi/api-keys' }));
  return Parameter?.Value ?? '';
};

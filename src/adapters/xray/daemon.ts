import { createSocket } from 'node:dgram';

const ignore = (): void => undefined;

/**
 * Sends messages to the X-Ray daemon, without acknowledgement. The address is `host:port`, or `tcp:host:port udp:host:port`,
 * of which the second is used. Undefined for any other text.
 */
export const xrayDaemon = (address: string): ((message: string) => void) | undefined => {
  const [, host, port] = /^(?:.*\budp:)?([^:\s]+):(\d+)$/.exec(address) ?? [];
  if (host === undefined) return undefined;
  const socket = createSocket('udp4').unref();
  socket.on('error', ignore);
  return (message) => socket.send(message, Number(port), host, ignore);
};
